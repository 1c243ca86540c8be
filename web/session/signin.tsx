import { useState } from 'preact/hooks';
import { go, route } from '../address.ts';
import { ApiError, sessionEnded } from '../api/client.ts';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { PageTitle } from '../ui/page.tsx';
import { FieldErrors } from '../ui/states.tsx';
import { signIn } from './session.ts';

const t = texts.signIn;

/** Asks for a token; shown in the place of whatever page needs one. */
export function SignIn() {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (token.trim() === '') {
      setError(t.missing);
      return;
    }
    setBusy(true);
    try {
      await signIn(token.trim());
      if (route.value.page === 'sign-in') go('/');
    } catch (reason) {
      setError(reason instanceof ApiError ? reason.message : texts.errors.unknown);
      setBusy(false);
    }
  }
  return (
    <div class="narrow">
      <PageTitle title={t.title} />
      {sessionEnded.value ? (
        <p class="notice notice-warning">
          <Icon name="warning" /> {t.ended}
        </p>
      ) : (
        <p class="lead">{t.lead}</p>
      )}
      <form class="panel stack" onSubmit={submit} noValidate>
        <label class="field" for="token">
          <span class="label">{t.token}</span>
          <input
            id="token"
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            value={token}
            aria-describedby="token-hint token-errors"
            aria-invalid={error !== null}
            onInput={(event) => {
              setToken(event.currentTarget.value);
              setError(null);
            }}
          />
        </label>
        <p id="token-hint" class="hint">
          {t.hint}
        </p>
        <FieldErrors id="token-errors" sentences={error === null ? [] : [error]} />
        <div>
          <button type="submit" class="button button-primary" disabled={busy}>
            {busy ? t.busy : t.action}
          </button>
        </div>
      </form>
      <h2>{t.noToken}</h2>
      <ul class="bullets">
        {t.ways.map((way) => (
          <li key={way.text}>
            {way.text} {way.code && <code class="inline-code">{way.code}</code>}
          </li>
        ))}
      </ul>
    </div>
  );
}
