import { computed, effect, signal } from '@preact/signals';
import type { ItemType } from '../api/resources.ts';
import { vertexCount } from './geometry.ts';
import { type Draft, EMPTY } from './settings.ts';
import { decodeDraft, encodeDraft } from './share.ts';

const KEY = 'geocrate-draft';
/** About a megabyte of text, of the five that browsers keep for a site. */
const MOST_KEPT_VERTICES = 50_000;
export const draft = signal<Draft>(decodeDraft(stored(KEY) ?? '') ?? EMPTY);
export const crateSize = computed(() => draft.value.items.length);
let last = encodeDraft(draft.value);
effect(() => {
  const text = encodeDraft(storable(draft.value));
  if (text === last) return;
  last = text;
  store(KEY, text);
});
// One crate for all windows of a browser: what is added in one is in the others, too.
window.addEventListener('storage', ({ key, newValue }) => {
  if (key !== KEY || newValue === last) return;
  last = newValue ?? '';
  draft.value = decodeDraft(last) ?? EMPTY;
});

/** A shape that is too large to be kept is left out. */
function storable(now: Draft): Draft {
  const isLarge = now.area?.kind === 'shape' && vertexCount(now.area.geometry) > MOST_KEPT_VERTICES;
  return isLarge ? { ...now, area: null } : now;
}

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
