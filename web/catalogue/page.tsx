import { useEffect, useRef, useState } from 'preact/hooks';
import { replaceAddress, search } from '../address.ts';
import { ApiError, answerOf, api, totalOf } from '../api/client.ts';
import type { Data } from '../api/resources.ts';
import { crateSize } from '../export/draft.ts';
import { useLoading } from '../loading.ts';
import { count } from '../locale.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { PageTitle } from '../ui/page.tsx';
import { Empty, Failed, Waiting } from '../ui/states.tsx';
import { toast } from '../ui/toasts.tsx';
import { AreaFilter } from './areafilter.tsx';
import { Entry } from './entry.tsx';
import { Filters } from './filters.tsx';
import { type Query, readQuery, writeQuery } from './query.ts';

const t = texts.catalogue;
const PAGE_SIZE = 40;
const PAUSE_MS = 180;

export function Catalogue() {
  const query = readQuery(search.value);
  const [mapShown, setMapShown] = useState(query.bbox !== '');
  // What comes later from a map or a timer changes the query as it is by then.
  const change = (changes: Partial<Query>) => replaceAddress(`/${writeQuery({ ...readQuery(search.value), ...changes })}`);
  function toggleMap(): void {
    if (mapShown) change({ bbox: '' });
    setMapShown(!mapShown);
  }
  function clear(): void {
    setMapShown(false);
    replaceAddress('/');
  }
  return (
    <div class="catalogue">
      <div class="catalogue-head">
        <PageTitle title={t.title} />
        <p class="lead">{t.lead}</p>
        <Search value={query.q} change={(q) => change({ q })} />
        <Filters query={query} change={change}>
          <button type="button" class="button button-small button-round" aria-expanded={mapShown} onClick={toggleMap}>
            <Icon name="map" size={18} /> {mapShown ? t.areaOff : t.area}
          </button>
        </Filters>
      </div>
      <div class={`catalogue-body ${mapShown ? 'with-map' : ''}`}>
        {mapShown && <AreaFilter bbox={query.bbox} change={(bbox) => change({ bbox })} />}
        <Results query={query} clear={clear} />
      </div>
      {crateSize.value > 0 && (
        <aside class="crate-bar" aria-label={t.crateBar}>
          <span>{t.inCrate(crateSize.value)}</span>
          <a class="button button-primary" href={to('/export/')}>
            {t.exportThese}
            <Icon name="forward" size={18} />
          </a>
        </aside>
      )}
    </div>
  );
}

function Search({ value, change }: { value: string; change: (q: string) => void }) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    // The address may have changed by itself, with the browser's back.
    if (value !== sent.current) setText(value);
    sent.current = value;
  }, [value]);
  useEffect(() => {
    if (text.trim() === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text.trim();
      change(text.trim());
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="search" role="search">
      <Icon name="search" size={22} />
      <input
        type="search"
        dir="auto"
        aria-label={t.search}
        placeholder={t.searchHint}
        value={text}
        maxLength={200}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </div>
  );
}

async function loadPage(query: Query, page: number, signal: AbortSignal) {
  const { q, kind, license, geometry, bbox } = query;
  const { data, response } = await answerOf(
    api.GET('/services/api/v1/data/', {
      params: {
        query: {
          page,
          page_size: PAGE_SIZE,
          ...(q === '' ? {} : { q }),
          ...(kind === '' ? {} : { kind }),
          ...(license === '' ? {} : { 'license.type': license }),
          ...(geometry === '' ? {} : { 'data.geometry_type': geometry }),
          ...(bbox === '' ? {} : { bbox }),
        },
      },
      signal,
    }),
  );
  return { entries: data, total: totalOf(response) };
}

interface More {
  key: string;
  entries: Data[];
  busy: boolean;
}
/** What was shown beyond the first page of the last search: whoever comes back finds it there. */
let kept: More = { key: '', entries: [], busy: false };

function Results({ query, clear }: { query: Query; clear: () => void }) {
  const key = writeQuery(query);
  const [more, setMore] = useState<More>(kept);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    kept = { ...more, busy: false };
  }, [more]);
  const result = useLoading((signal) => loadPage(query, 1, signal), [key]);
  if (result.state === 'failed') return <Failed error={result.error} again={result.again} />;
  if (result.state === 'loading') return <Waiting lines={8} />;
  const { total } = result.value;
  const added = more.key === key ? more.entries : [];
  const entries = [...result.value.entries, ...added];
  async function showMore(): Promise<void> {
    setMore({ key, entries: added, busy: true });
    const page = Math.floor(entries.length / PAGE_SIZE) + 1;
    try {
      const next = await loadPage(query, page, new AbortController().signal);
      setMore({ key, entries: [...added, ...next.entries], busy: false });
      // The button moves on, and so goes the focus: to the first that is new.
      requestAnimationFrame(() => list.current?.children[entries.length]?.querySelector('a')?.focus());
    } catch (error) {
      setMore({ key, entries: added, busy: false });
      toast(error instanceof ApiError ? error.message : texts.errors.unknown, 'failed');
    }
  }
  const filtered = key !== '';
  return (
    <section class="results" aria-labelledby="results" aria-busy={result.stale}>
      <h2 id="results" class="results-count">
        <span role="status">{filtered ? t.found(total) : t.all(total)}</span>
        {filtered && (
          <button type="button" class="link-button" onClick={clear}>
            {t.clear}
          </button>
        )}
      </h2>
      {total === 0 && (
        <Empty icon={filtered ? 'search' : 'layers'} title={filtered ? t.nothingFound : t.nothingHere}>
          <p>{filtered ? t.nothingFoundHint : t.nothingHereHint}</p>
          {filtered && (
            <button type="button" class="button" onClick={clear}>
              {t.clear}
            </button>
          )}
        </Empty>
      )}
      <ul ref={list} class="entries">
        {entries.map((entry) => (
          <Entry key={`${entry.type}${entry.id}`} entry={entry} />
        ))}
      </ul>
      {entries.length < total && (
        <div class="more">
          <button type="button" class="button" disabled={more.busy} onClick={showMore}>
            {t.more}
          </button>
          <span class="meta">{t.shown(count(entries.length), count(total))}</span>
        </div>
      )}
    </section>
  );
}
