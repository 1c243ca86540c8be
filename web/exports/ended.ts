import { signal } from '@preact/signals';
import type { Export } from '../api/resources.ts';
import { store, stored } from '../export/draft.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { toast } from '../ui/toasts.tsx';

const t = texts.exports;
const KEY = 'geocrate-notify';

/** Whether the reader wants to be told by the browser, and the browser lets us. */
export const notifies = signal(canNotify() && Notification.permission === 'granted' && stored(KEY) === '1');

export function canNotify(): boolean {
  return 'Notification' in window;
}

/** Turns browser notifications on, which asks the reader for leave, or off. */
export async function setNotifies(on: boolean): Promise<void> {
  const granted = on && (await Notification.requestPermission()) === 'granted';
  store(KEY, granted ? '1' : '0');
  notifies.value = granted;
  if (on && !granted) toast(t.notifyDenied, 'failed');
}

/** Tells that an export has ended: here, and by the browser where the page is not looked at. */
export function ended({ id, name, state }: Export): void {
  const text = t.ended[state](name);
  toast(text, state === 'error' ? 'failed' : 'done', { href: to(`/exports/${id}/`), text: t.look });
  if (!notifies.value || document.visibilityState === 'visible') return;
  try {
    new Notification(text, { tag: `export-${id}`, icon: to('/icon.svg') });
  } catch {
    // Some phones allow it to service workers alone.
  }
}
