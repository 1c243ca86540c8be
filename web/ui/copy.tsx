import { texts } from '../texts.ts';
import { Icon } from './icon.tsx';
import { toast } from './toasts.tsx';

export async function copyText(text: string, said: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast(texts.copyFailed, 'failed');
  }
}

/** Code to take along. */
export function Snippet({ code, label }: { code: string; label: string }) {
  return (
    <div class="snippet">
      <pre tabIndex={0} role="group" aria-label={label}>
        <code dir="ltr">{code}</code>
      </pre>
      <button type="button" class="button button-small" onClick={() => copyText(code, texts.copied)}>
        <Icon name="copy" size={16} /> {texts.copy}
      </button>
    </div>
  );
}
