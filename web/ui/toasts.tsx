import { signal } from '@preact/signals';
import { texts } from '../texts.ts';
import { Icon } from './icon.tsx';

interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'failed';
  link?: { href: string; text: string } | undefined;
}

const toasts = signal<Toast[]>([]);
let last = 0;
const SHOWN_MS = 8000;

/** Tells what has just happened, in the corner and to screen readers. */
export function toast(text: string, kind: Toast['kind'] = 'done', link?: Toast['link']): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-2), { id, text, kind, link }];
  setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, kind, link }) => (
        <div key={id} class={`toast toast-${kind}`}>
          <Icon name={kind === 'done' ? 'check' : 'error'} />
          <span>{text}</span>
          {link && <a href={link.href}>{link.text}</a>}
          <button type="button" class="icon-button" aria-label={texts.close} onClick={() => dismiss(id)}>
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
