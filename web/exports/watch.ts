import { computed, effect, signal, untracked } from '@preact/signals';
import { API, ApiError, answerOf, api, dataOf, totalOf } from '../api/client.ts';
import type { Export, ExportSummary } from '../api/resources.ts';
import { to } from '../sitepath.ts';
import { ended } from './ended.ts';

const PAGE_SIZE = 20;
/** Browsers keep six connections to a server: streams of all exports would leave none for anything else. */
const MOST_STREAMS = 2;
const POLL_MS = 2500;

/** What is known of the reader's exports, newest first. */
export const exportIds = signal<readonly number[]>([]);
export const exportsById = signal<ReadonlyMap<number, Export>>(new Map());
export const summaries = signal<ReadonlyMap<number, ExportSummary>>(new Map());
/** How many there are on the server. */
export const exportTotal = signal<number | null>(null);
export const listFailed = signal<ApiError | null>(null);
/** Whether the server has stopped telling of exports that are in the making. */
export const cutOff = signal(false);

const processing = computed(() => exportIds.value.filter((id) => stateOf(id) === 'processing'));
export const running = computed(() => processing.value.length);

function stateOf(id: number): Export['state'] | undefined {
  return (exportsById.value.get(id) ?? summaries.value.get(id))?.state;
}

/** Loads the newest exports, or the page after those that are there. */
export async function loadExports(more = false): Promise<void> {
  const page = more ? Math.floor(exportIds.value.length / PAGE_SIZE) + 1 : 1;
  try {
    const { data, response } = await answerOf(api.GET('/services/api/v1/exports/', { params: { query: { page, page_size: PAGE_SIZE } } }));
    listFailed.value = null;
    exportTotal.value = totalOf(response);
    // What has another state than before, as its end or its removal elsewhere, is asked for in full, so that the reader is told of it.
    const changed = data.filter(({ id, state }) => stateOf(id) !== undefined && stateOf(id) !== state);
    const rest = data.filter((one) => !changed.includes(one));
    summaries.value = new Map([...summaries.value, ...rest.map((one) => [one.id, one] as const)]);
    addIds(data.map(({ id }) => id));
    for (const { id } of changed) loadExport(id).catch(() => undefined);
  } catch (error) {
    if (error instanceof ApiError) listFailed.value = error;
  }
}

/** An export in full. */
export async function loadExport(id: number): Promise<void> {
  known(await dataOf(api.GET('/services/api/v1/exports/{id}/', { params: { path: { id } } })));
}

/** Takes in what the server said of an export. */
export function known(now: Export): void {
  const before = stateOf(now.id);
  // An answer that was long on its way: what has ended does not begin again.
  if (now.state === 'processing' && before !== undefined && before !== 'processing') return;
  exportsById.value = new Map(exportsById.value).set(now.id, now);
  addIds([now.id]);
  if (before === 'processing' && now.state !== 'processing') ended(now);
}

function addIds(ids: readonly number[]): void {
  const all = new Set([...exportIds.value, ...ids]);
  if (all.size > exportIds.value.length) exportIds.value = [...all].sort((a, b) => b - a);
}

/** Follows what is in the making for as long as somebody is signed in: some by server-sent events, what is more than these by asking. */
export function followExports(): () => void {
  const streams = new Map<number, () => void>();
  void loadExports();
  const end = effect(() => {
    const wanted = processing.value.slice(0, MOST_STREAMS);
    for (const [id, close] of streams) {
      if (wanted.includes(id)) continue;
      close();
      streams.delete(id);
    }
    for (const id of wanted)
      if (!streams.has(id))
        streams.set(
          id,
          untracked(() => follow(id)),
        );
  });
  const timer = setInterval(() => {
    for (const id of processing.peek().slice(MOST_STREAMS)) loadExport(id).catch(() => undefined);
  }, POLL_MS);
  // What was done meanwhile in another window.
  const look = () => {
    if (document.visibilityState === 'visible') void loadExports();
  };
  document.addEventListener('visibilitychange', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    clearInterval(timer);
    end();
    for (const close of streams.values()) close();
    exportIds.value = [];
    exportsById.value = new Map();
    summaries.value = new Map();
    exportTotal.value = null;
  };
}

function follow(id: number): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  const open = () => {
    source = new EventSource(to(`${API}/exports/${id}/events/`));
    source.addEventListener('open', () => {
      cutOff.value = false;
      // What came before the first event.
      if (!exportsById.peek().has(id)) loadExport(id).catch(() => undefined);
    });
    source.addEventListener('progress', ({ data }: MessageEvent<string>) => progressed(id, JSON.parse(data)));
    source.addEventListener('state', ({ data }: MessageEvent<string>) => {
      close();
      known(JSON.parse(data));
    });
    source.addEventListener('error', () => {
      if (closed) return;
      cutOff.value = true;
      if (source?.readyState !== EventSource.CLOSED) return;
      // A browser tries again by itself, but not after an answer that is none; why there was none, the export itself may say.
      loadExport(id).catch(() => undefined);
      timer = setTimeout(open, POLL_MS);
    });
  };
  const close = () => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };
  loadExport(id).catch(() => undefined);
  open();
  return close;
}

function progressed(id: number, { progress, eta_seconds, stages }: Pick<Export, 'progress' | 'eta_seconds' | 'stages'>): void {
  const before = exportsById.value.get(id);
  if (before?.state !== 'processing') return;
  // Events name no items; the stages stand in the order of before.
  const merged = stages.map((stage, index) => ({ ...stage, item: before.stages[index]?.item ?? null }));
  exportsById.value = new Map(exportsById.value).set(id, { ...before, progress, eta_seconds, stages: merged });
}
