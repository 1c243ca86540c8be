import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Icon, type IconName } from './icon.tsx';

/** While something, or a whole page, is on its way: lines where it will be. */
export function Waiting({ lines = 4, page = false }: { lines?: number; page?: boolean }) {
  return (
    <div class="waiting" role="status">
      {page ? <h1 class="hidden">{texts.loading}</h1> : <span class="hidden">{texts.loading}</span>}
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} class="waiting-line" aria-hidden="true" />
      ))}
    </div>
  );
}

/** What went wrong, and a way on. */
export function Failed({ error, again, action = texts.tryAgain }: { error: ApiError; again?: () => void; action?: string }) {
  return (
    <div class="notice notice-error" role="alert">
      <Icon name="error" />
      <div>
        <p>{error.message}</p>
        {again && error.status !== 404 && (
          <button type="button" class="button" onClick={again}>
            {action}
          </button>
        )}
        {error.status === 404 && (
          <a class="button" href={to('/')}>
            {texts.errors.toCatalogue}
          </a>
        )}
      </div>
    </div>
  );
}

/** Where there is nothing, and what to do about it. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} size={40} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** The sentences of a check, beside the field that they are about. */
export function FieldErrors({ id, sentences }: { id: string; sentences: readonly string[] }) {
  return (
    <div id={id} class="field-errors" role="status">
      {sentences.map((sentence) => (
        <p key={sentence}>
          <Icon name="error" size={16} /> <span>{sentence}</span>
        </p>
      ))}
    </div>
  );
}
