import { useState } from 'preact/hooks';
import { texts } from '../texts.ts';
import { FileButton, useFileDrop } from '../ui/filedrop.tsx';
import { FieldErrors } from '../ui/states.tsx';
import { toast } from '../ui/toasts.tsx';
import { areaOfFile } from './areafile.ts';
import { areaOfText } from './areatext.ts';
import { change } from './draft.ts';
import { vertexCount } from './geometry.ts';

const t = texts.area;

/** An area that the reader has already: pasted, chosen or dropped. */
export function PasteArea() {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  function take(found: ReturnType<typeof areaOfText> | 'too-large' | 'unknown-file'): void {
    if (typeof found === 'string') {
      setProblem(t.problems[found]);
      return;
    }
    setProblem(null);
    setText('');
    change({ area: { kind: 'shape', geometry: found } });
    toast(t.taken(vertexCount(found)));
  }
  async function takeFile(file: File): Promise<void> {
    setBusy(true);
    try {
      take(await areaOfFile(file));
    } catch {
      setProblem(t.problems.broken);
    }
    setBusy(false);
  }
  const drop = useFileDrop(takeFile);
  return (
    <div role="group" aria-label={t.way.file} class={`paste ${drop.over ? 'paste-over' : ''}`} {...drop.listeners}>
      <label class="field">
        <span class="label">{t.paste}</span>
        <textarea
          rows={4}
          spellcheck={false}
          dir="ltr"
          value={text}
          placeholder={t.pasteExample}
          aria-describedby="paste-hint paste-errors"
          aria-invalid={problem !== null}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setProblem(null);
          }}
          onPaste={(event) => {
            // Into an empty field: what was pasted is the area, with no further click.
            const found = text === '' ? areaOfText(event.clipboardData?.getData('text') ?? '') : 'empty';
            if (typeof found === 'string') return;
            event.preventDefault();
            take(found);
          }}
        />
      </label>
      <p id="paste-hint" class="hint">
        {t.pasteHint}
      </p>
      <FieldErrors id="paste-errors" sentences={problem === null ? [] : [problem]} />
      <div class="row">
        <button type="button" class="button" onClick={() => take(areaOfText(text))}>
          {t.usePasted}
        </button>
        <FileButton
          icon="file"
          accept=".geojson,.json,.kml,.kmz,.zip,application/geo+json,application/vnd.google-earth.kml+xml,application/zip"
          take={takeFile}
        >
          {t.file}
        </FileButton>
        <span class="meta" role="status">
          {busy && t.reading}
        </span>
      </div>
    </div>
  );
}
