import { effect, signal } from '@preact/signals';
import { ApiError, api, dataOf, session } from '../api/client.ts';
import type { DataDetail } from '../api/resources.ts';
import { texts } from '../texts.ts';
import { draft } from './draft.ts';
import { type Details, itemKey } from './request.ts';
import type { DraftItem } from './settings.ts';

/** What is known of layers and tables that were looked at. */
export const details = signal<Details>(new Map());
/** Why some of them cannot be had, or not yet. */
export const unavailable = signal<ReadonlyMap<string, ApiError>>(new Map());
const RETRY_MS = 4000;
const asked = new Set<string>();

/** A layer or table, from the server. */
export function loadDetail(type: DataDetail['type'], id: number, signal?: AbortSignal): Promise<DataDetail> {
  const options = { params: { path: { id } }, ...(signal ? { signal } : {}) };
  return dataOf(type === 'layer' ? api.GET('/services/api/v1/layers/{id}/', options) : api.GET('/services/api/v1/tables/{id}/', options));
}

export function remember(detail: DataDetail): void {
  details.value = new Map(details.value).set(itemKey(detail), detail);
}

/** Whether it is known what an item is, or that there is no such layer or table for this reader. */
export function isSettled(item: Pick<DraftItem, 'type' | 'id'>): boolean {
  const key = itemKey(item);
  const why = unavailable.value.get(key);
  return details.value.has(key) || (why !== undefined && !isPassing(why));
}

/** What a server that is away or busy answers says nothing of a layer. */
function isPassing({ status }: ApiError): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** What an item is called; until that is known, what its address says of it. */
export function titleOf({ type, id }: Pick<DraftItem, 'type' | 'id'>): string {
  return details.value.get(itemKey({ type, id }))?.title ?? `${texts.types[type]} ${id}`;
}

/** Asks for a layer or table that is not known and was not asked for yet. */
export function want({ type, id }: Pick<DraftItem, 'type' | 'id'>): void {
  const key = itemKey({ type, id });
  if (asked.has(key) || details.peek().has(key)) return;
  asked.add(key);
  loadDetail(type, id).then(remember, (error: unknown) => {
    asked.delete(key);
    if (!(error instanceof ApiError)) return;
    unavailable.value = new Map(unavailable.value).set(key, error);
    if (isPassing(error)) setTimeout(() => want({ type, id }), RETRY_MS);
  });
}

/** Asks for those of the draft that are not known. */
export function loadItems(): () => void {
  return effect(() => {
    if (!session.value?.user) return;
    for (const item of draft.value.items) want(item);
  });
}
