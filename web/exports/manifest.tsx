import { useEffect, useRef } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { useLoading } from '../loading.ts';
import { texts } from '../texts.ts';
import { Snippet } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { Failed, Waiting } from '../ui/states.tsx';

const t = texts.exports;

/** Reads `manifest.json` out of an archive: its directory and that one entry, not the rest. */
async function readManifest(url: string): Promise<string> {
  const { HttpRangeReader, TextWriter, ZipReader, configure } = await import('@zip.js/zip.js');
  configure({ useWebWorkers: false });
  try {
    const zip = new ZipReader(new HttpRangeReader(url));
    for (const entry of await zip.getEntries()) {
      if (entry.directory || entry.filename !== 'manifest.json') continue;
      return JSON.stringify(JSON.parse(await entry.getData(new TextWriter())), null, 2);
    }
  } catch {
    throw new ApiError(0, t.manifestFailed);
  }
  throw new ApiError(404, t.noManifest);
}

export function ManifestDialog({ name, url, close }: { name: string; url: string; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const result = useLoading(() => readManifest(url), [url]);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="manifest-title" onClose={close}>
      <div class="dialog-head">
        <h2 id="manifest-title">{t.manifestOf(name)}</h2>
        <button type="button" class="icon-button" aria-label={texts.close} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      {result.state === 'loading' && <Waiting lines={6} />}
      {result.state === 'failed' && <Failed error={result.error} again={result.again} />}
      {result.state === 'done' && <Snippet code={result.value} label={t.manifest} />}
    </dialog>
  );
}
