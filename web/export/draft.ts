import { computed, effect, signal } from '@preact/signals';
import type { ItemType } from '../api/resources.ts';
import { type Draft, EMPTY } from './settings.ts';
import { decodeDraft, encodeDraft } from './share.ts';

const KEY = 'geocrate-draft';
export const draft = signal<Draft>(decodeDraft(stored(KEY) ?? '') ?? EMPTY);
export const crateSize = computed(() => draft.value.items.length);
effect(() => store(KEY, encodeDraft(draft.value)));

export function change(changes: Partial<Draft>): void {
  draft.value = { ...draft.value, ...changes };
}

export function isChosen(type: ItemType, id: number): boolean {
  return draft.value.items.some((item) => item.type === type && item.id === id);
}

export function addItem(type: ItemType, id: number): void {
  if (!isChosen(type, id)) change({ items: [...draft.value.items, { type, id, version: null, color: null, tile: null }] });
}

export function removeItem(type: ItemType, id: number): void {
  change({ items: draft.value.items.filter((item) => item.type !== type || item.id !== id) });
}

/** What the reader chose last, for the next export. Storage may be full or forbidden, and then nothing is kept. */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Kept for this page alone.
  }
}
