import { effect, signal } from '@preact/signals';
import { ApiError, api, dataOf, session } from '../api/client.ts';
import type { DataDetail } from '../api/resources.ts';
import { draft } from './draft.ts';
import { type Details, itemKey } from './request.ts';
import type { DraftItem } from './settings.ts';

/** What is known of layers and tables that were looked at. */
export const details = signal<Details>(new Map());
/** Why some of them cannot be had. */
export const unavailable = signal<ReadonlyMap<string, ApiError>>(new Map());
const asked = new Set<string>();

/** A layer or table, from the server. */
export function loadDetail(type: DataDetail['type'], id: number, signal?: AbortSignal): Promise<DataDetail> {
  const options = { params: { path: { id } }, ...(signal ? { signal } : {}) };
  return dataOf(type === 'layer' ? api.GET('/services/api/v1/layers/{id}/', options) : api.GET('/services/api/v1/tables/{id}/', options));
}

export function remember(detail: DataDetail): void {
  details.value = new Map(details.value).set(itemKey(detail), detail);
}

/** Asks for a layer or table that is not known and was not asked for yet. */
export function want({ type, id }: Pick<DraftItem, 'type' | 'id'>): void {
  const key = itemKey({ type, id });
  if (asked.has(key) || details.peek().has(key)) return;
  asked.add(key);
  loadDetail(type, id).then(remember, (error: unknown) => {
    asked.delete(key);
    if (error instanceof ApiError) unavailable.value = new Map(unavailable.value).set(key, error);
  });
}

/** Asks for those of the draft that are not known. */
export function loadItems(): () => void {
  return effect(() => {
    if (!session.value?.user) return;
    for (const item of draft.value.items) want(item);
  });
}
