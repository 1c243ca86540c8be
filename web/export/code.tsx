import { useState } from 'preact/hooks';
import { API } from '../api/client.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Snippet } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { draft } from './draft.ts';
import { details } from './items.ts';
import { requestOf } from './request.ts';
import { cliSnippet, curlSnippet, pythonSnippet } from './snippets.ts';

const t = texts.code;
const LANGUAGES = ['curl', 'python', 'cli'] as const;
type Language = (typeof LANGUAGES)[number];

/** The same request for those who write programs. */
export function RequestAsCode() {
  const [language, setLanguage] = useState<Language>('curl');
  const site = location.origin + to('');
  const api = site + API;
  const body = requestOf(draft.value, details.value, api);
  const snippets: Record<Language, () => string> = {
    curl: () => curlSnippet(body, api),
    python: () => pythonSnippet(body, api),
    cli: () => cliSnippet(body, site),
  };
  return (
    <details class="code step">
      <summary>
        <Icon name="code" /> {t.title}
      </summary>
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
    </details>
  );
}
