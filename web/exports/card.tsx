import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, api, dataOf, itemOf } from '../api/client.ts';
import type { Export } from '../api/resources.ts';
import { formatName } from '../export/formats.ts';
import { draftOf } from '../export/fromexport.ts';
import { details, want } from '../export/items.ts';
import { itemKey } from '../export/request.ts';
import { encodeDraft } from '../export/share.ts';
import { ago, dateTime, duration, percent, size } from '../locale.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { copyText } from '../ui/copy.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { toast } from '../ui/toasts.tsx';
import { ManifestDialog } from './manifest.tsx';
import { exportsById, known, loadExport, summaries } from './watch.ts';

const t = texts.exports;
const ICONS: Readonly<Record<Export['state'], IconName>> = {
  processing: 'clock',
  complete: 'check',
  error: 'error',
  cancelled: 'stop',
  gone: 'gone',
};

/** One export: its state, and what can be done with it. */
export function ExportCard({ id, wanted }: { id: number; wanted: boolean }) {
  const row = useRef<HTMLLIElement>(null);
  const full = exportsById.value.get(id);
  const shown = full ?? summaries.value.get(id);
  useEffect(() => {
    if (!exportsById.peek().has(id)) loadExport(id).catch(() => undefined);
  }, [id]);
  useEffect(() => {
    if (wanted) row.current?.scrollIntoView({ block: 'nearest' });
  }, [wanted, shown === undefined]);
  if (!shown) return null;
  const { state, name, created_at: created } = shown;
  return (
    <li ref={row} class={`card card-${state} ${wanted ? 'card-wanted' : ''}`} aria-labelledby={`export-${id}`}>
      <div class="card-head">
        <span class={`state state-${state}`}>
          <Icon name={ICONS[state]} size={18} /> {t.states[state]}
        </span>
        <h2 id={`export-${id}`}>
          <a href={to(`/exports/${id}/`)}>
            <bdi>{name}</bdi>
          </a>
        </h2>
        <time class="meta" datetime={created} title={dateTime(created)}>
          {ago(created)}
        </time>
      </div>
      {full && <Body full={full} />}
    </li>
  );
}

function Body({ full }: { full: Export }) {
  const { state, error, warnings } = full;
  return (
    <>
      {state === 'processing' && <Progress full={full} />}
      {error && (
        <p class="notice notice-error">
          <Icon name="error" />{' '}
          <span>
            {error.message} {t.errorHint}
          </span>
        </p>
      )}
      {state === 'gone' && <p class="meta">{t.goneHint}</p>}
      <Summary full={full} />
      {warnings.length > 0 && (
        <details class="warnings">
          <summary>
            <Icon name="warning" size={16} /> {t.warnings(warnings.length)}
          </summary>
          <ul class="bullets">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      )}
      <Actions full={full} />
    </>
  );
}

function Progress({ full }: { full: Export }) {
  const { progress, eta_seconds: eta, stages, started_at: started } = full;
  const stage = stages.findLast((one) => one.progress > 0 && one.progress < 1) ?? stages.find((one) => one.progress < 1);
  const item = stage?.item ? itemOf(stage.item) : null;
  const title = item ? details.value.get(itemKey(item))?.title : undefined;
  const doing = started === null ? t.waiting : [stage ? (t.stages[stage.name] ?? stage.name) : t.making, title].filter(Boolean).join(': ');
  return (
    <div class="progress">
      <progress max={1} value={progress ?? 0} aria-label={t.progressOf(full.name)} />
      <p class="progress-text">
        <span>{doing}</span>
        <span class="meta">{[percent(progress ?? 0), eta === null ? '' : t.left(duration(eta))].filter(Boolean).join(' · ')}</span>
      </p>
    </div>
  );
}

function Summary({ full }: { full: Export }) {
  const { items, formats, crs, extent, size_zipped: bytes, expires_at: expires, state } = full;
  useEffect(() => {
    for (const { item } of items) {
      const named = itemOf(item);
      if (named) want(named);
    }
  }, [full.id]);
  const titles = items.map(({ item }) => {
    const named = itemOf(item);
    return named ? (details.value.get(itemKey(named))?.title ?? `${texts.types[named.type]} ${named.id}`) : item;
  });
  const parts = [
    titles.length > 2 ? t.items(titles.length) : titles.join(', '),
    [...new Set(Object.entries(formats).map(([kind, mimetype]) => formatName(kind, mimetype, details.value.values())))].join(', '),
    crs ?? '',
    extent === null ? '' : t.cropped,
    bytes === null ? '' : size(bytes),
    state === 'complete' && expires !== null ? t.expires(ago(expires)) : '',
  ];
  return (
    <p class="meta card-meta">
      {parts.filter(Boolean).map((part) => (
        <span key={part}>{part}</span>
      ))}
    </p>
  );
}

function Actions({ full }: { full: Export }) {
  const { id, name, state, download_url: download } = full;
  const [busy, setBusy] = useState(false);
  const [manifest, setManifest] = useState(false);
  const again = to(`/export/#${encodeDraft(draftOf(full))}`);
  async function cancel(): Promise<void> {
    setBusy(true);
    try {
      known(await dataOf(api.DELETE('/services/api/v1/exports/{id}/', { params: { path: { id } } })));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : texts.errors.unknown, 'failed');
      loadExport(id).catch(() => undefined);
    }
    setBusy(false);
  }
  return (
    <div class="card-actions">
      {download !== null && (
        <a class="button button-primary" href={new URL(download).pathname} download={`${name}.zip`} aria-label={t.downloadOf(name)}>
          <Icon name="download" size={18} /> {t.download}
        </a>
      )}
      {state === 'processing' && (
        <button type="button" class="button" disabled={busy} aria-label={t.cancelOf(name)} onClick={cancel}>
          <Icon name="stop" size={18} /> {t.cancel}
        </button>
      )}
      {download !== null && (
        <button type="button" class="button" aria-label={t.manifestOf(name)} onClick={() => setManifest(true)}>
          <Icon name="file" size={18} /> {t.manifest}
        </button>
      )}
      <a class="button" href={again} aria-label={t.repeatOf(name)}>
        <Icon name="repeat" size={18} /> {t.repeat}
      </a>
      <button
        type="button"
        class="button"
        aria-label={t.shareOf(name)}
        onClick={() => copyText(`${location.origin}${again}`, texts.start.shared)}
      >
        <Icon name="share" size={18} /> {texts.start.share}
      </button>
      {manifest && download !== null && <ManifestDialog name={name} url={new URL(download).pathname} close={() => setManifest(false)} />}
    </div>
  );
}
