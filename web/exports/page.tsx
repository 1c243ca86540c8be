import { useEffect, useState } from 'preact/hooks';
import { route } from '../address.ts';
import { ApiError } from '../api/client.ts';
import { count } from '../locale.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { PageTitle } from '../ui/page.tsx';
import { Empty, Failed, Waiting } from '../ui/states.tsx';
import { ExportCard } from './card.tsx';
import { canNotify, notifies, setNotifies } from './ended.ts';
import { cutOff, exportIds, exportsById, exportTotal, listFailed, loadExport, loadExports } from './watch.ts';

const t = texts.exports;

/** It is on once the reader has given leave, and not before. */
function switchNotifies(box: HTMLInputElement): void {
  void setNotifies(box.checked);
  box.checked = notifies.value;
}

/** The reader's exports, the newest first. */
export function ExportsPage() {
  const here = route.value;
  const wanted = here.page === 'one-export' ? here.id : null;
  const [missing, setMissing] = useState<ApiError | null>(null);
  useEffect(() => {
    void loadExports();
  }, []);
  useEffect(() => {
    setMissing(null);
    if (wanted === null || exportsById.peek().has(wanted)) return;
    loadExport(wanted).catch((error: unknown) => {
      if (error instanceof ApiError) setMissing(error);
    });
  }, [wanted]);
  const ids = exportIds.value;
  const total = exportTotal.value;
  return (
    <div class="exports">
      <div class="exports-head">
        <div>
          <PageTitle title={t.title} />
          <p class="lead">{t.lead}</p>
        </div>
        {canNotify() && (
          <label class="switch">
            <input type="checkbox" checked={notifies.value} onChange={({ currentTarget }) => switchNotifies(currentTarget)} />
            <Icon name="bell" size={18} />
            <span>{t.notify}</span>
          </label>
        )}
      </div>
      {cutOff.value && (
        <p class="notice notice-warning" role="status">
          <Icon name="warning" /> {t.cutOff}
        </p>
      )}
      {missing && <Failed error={missing} />}
      {listFailed.value && <Failed error={listFailed.value} again={() => void loadExports()} />}
      {total === null && !listFailed.value && <Waiting lines={4} />}
      {total === 0 && ids.length === 0 && (
        <Empty icon="crate" title={t.none}>
          <p>{t.noneHint}</p>
          <a class="button button-primary" href={to('/')}>
            <Icon name="search" size={18} /> {texts.export.find}
          </a>
        </Empty>
      )}
      <ul class="cards">
        {ids.map((id) => (
          <ExportCard key={id} id={id} wanted={id === wanted} />
        ))}
      </ul>
      {total !== null && ids.length < total && (
        <div class="more">
          <button type="button" class="button" onClick={() => void loadExports(true)}>
            {texts.catalogue.more}
          </button>
          <span class="meta">{texts.catalogue.shown(count(ids.length), count(total))}</span>
        </div>
      )}
    </div>
  );
}
