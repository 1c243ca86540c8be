import { route } from './address.ts';
import { may, session } from './api/client.ts';
import { crateSize } from './export/draft.ts';
import { running } from './exports/watch.ts';
import { signOut } from './session/session.ts';
import { to } from './sitepath.ts';
import { texts } from './texts.ts';
import { Icon } from './ui/icon.tsx';

const t = texts.header;

export function Header() {
  const { page } = route.value;
  const { user = null, site_name: site = 'Geocrate' } = session.value ?? {};
  const current = (...pages: string[]) => (pages.includes(page) ? 'page' : undefined);
  return (
    <header class="header" data-waiting={session.value === null}>
      <a class="brand" href={to('/')}>
        <img src={to('/icon.svg')} alt="" width={28} height={28} />
        <span>{site}</span>
      </a>
      {user !== null && (
        <nav class="nav" aria-label={t.label}>
          <a href={to('/')} aria-current={current('catalogue', 'item')}>
            {t.data}
          </a>
          {may('exports:read') && (
            <a href={to('/exports/')} aria-current={current('exports', 'one-export')}>
              {t.exports}
              {running.value > 0 && (
                <span class="badge">
                  {running.value}
                  <span class="hidden"> {t.running}</span>
                </span>
              )}
            </a>
          )}
          {may('admin') && (
            <a href={to('/publish/')} aria-current={current('publish')}>
              {t.publish}
            </a>
          )}
        </nav>
      )}
      {user !== null && (
        <div class="header-end">
          <a class="button crate-button" href={to('/export/')} aria-current={current('export')}>
            <Icon name="crate" />
            <span>{t.crate}</span>
            <span class="badge badge-strong" data-empty={crateSize.value === 0}>
              {crateSize.value}
              <span class="hidden"> {t.inCrate(crateSize.value)}</span>
            </span>
          </a>
          <details class="menu" onKeyDown={closeByEscape} onFocusOut={closeWhenLeft}>
            <summary class="icon-button" aria-label={t.account(user)}>
              <Icon name="person" />
            </summary>
            <div class="menu-body">
              <p>
                {t.signedInAs} <strong>{user}</strong>
              </p>
              <button type="button" class="button" onClick={signOut}>
                {t.signOut}
              </button>
            </div>
          </details>
        </div>
      )}
    </header>
  );
}

function closeByEscape(event: KeyboardEvent & { currentTarget: HTMLDetailsElement }): void {
  if (event.key !== 'Escape' || !event.currentTarget.open) return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector('summary')?.focus();
}

function closeWhenLeft(event: FocusEvent & { currentTarget: HTMLDetailsElement }): void {
  if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) event.currentTarget.open = false;
}
