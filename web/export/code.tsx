import { useState } from 'preact/hooks';
import { API } from '../api/client.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Snippet } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { isTooComplex } from './areageometry.ts';
import { draft } from './draft.ts';
import { details } from './items.ts';
import { requestOf } from './request.ts';
import { cliSnippet, curlSnippet, pythonSnippet } from './snippets.ts';

const t = texts.code;
const LANGUAGES = ['curl', 'python', 'cli'] as const;
type Language = (typeof LANGUAGES)[number];

/** The same request for those who write programs. */
export function RequestAsCode() {
  const [open, setOpen] = useState(false);
  return (
    <details class="code step" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="code" /> {t.title}
      </summary>
      {open && <Code />}
    </details>
  );
}

function Code() {
  const [language, setLanguage] = useState<Language>('curl');
  if (isTooComplex.value) return <p class="hint">{texts.area.simplifyFirst}</p>;
  const site = location.origin + to('');
  const api = site + API;
  const body = requestOf(draft.value, details.value, api);
  const snippets: Record<Language, () => string> = {
    curl: () => curlSnippet(body, api),
    python: () => pythonSnippet(body, api),
    cli: () => cliSnippet(body, site),
  };
  return (
    <div class="step-body">
      <p class="hint">{t.hint}</p>
      <fieldset class="chips">
        <legend class="hidden">{t.language}</legend>
        {LANGUAGES.map((one) => (
          <label key={one} class="chip">
            <input type="radio" name="language" checked={language === one} onChange={() => setLanguage(one)} />
            <span>{t.languages[one]}</span>
          </label>
        ))}
      </fieldset>
      <Snippet code={snippets[language]()} label={t.languages[language]} />
    </div>
  );
}
