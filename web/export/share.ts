import type { MultiPolygon, Polygon } from 'geojson';
import type { ItemType, Kind } from '../api/resources.ts';
import { decodeRings, encodeRings } from './rings.ts';
import type { Area, Draft, DraftItem } from './settings.ts';

const KINDS: readonly Kind[] = ['vector', 'table', 'raster', 'grid', 'rat'];

/** The settings of an export as the part of an address behind `#`, which browsers keep to themselves. */
export function encodeDraft(draft: Draft): string {
  const words = new URLSearchParams();
  for (const item of draft.items) words.append('item', itemText(item));
  if (draft.area?.kind === 'feature') words.set('feature', `${draft.area.cropLayer}/${draft.area.cropFeature}/${draft.area.name}`);
  if (draft.area?.kind === 'shape') words.set('area', polygonsOf(draft.area.geometry).map(encodeRings).join('!'));
  if (draft.crs !== null) words.set('crs', draft.crs);
  for (const kind of KINDS) {
    const format = draft.formats[kind];
    if (format !== undefined) words.set(kind, format);
  }
  for (const [name, value] of Object.entries(draft.options)) words.set(`option.${name}`, JSON.stringify(value));
  if (draft.name !== '') words.set('name', draft.name);
  return words.toString();
}

/** What `encodeDraft` wrote; null where it names nothing. What cannot be read is left out: an address may have been cut. */
export function decodeDraft(text: string): Draft | null {
  const words = new URLSearchParams(text.replace(/^#/, ''));
  if ([...words].length === 0) return null;
  const draft: Draft = { items: [], area: readArea(words), crs: words.get('crs'), formats: {}, options: {}, name: words.get('name') ?? '' };
  for (const item of words.getAll('item')) {
    const read = readItem(item);
    if (read) draft.items.push(read);
  }
  for (const kind of KINDS) {
    const format = words.get(kind);
    if (format !== null) draft.formats[kind] = format;
  }
  for (const [key, value] of words) {
    const name = /^option\.(\w+)$/.exec(key)?.[1];
    const option = name === undefined ? undefined : readOption(value);
    if (name !== undefined && option !== undefined) draft.options[name] = option;
  }
  return draft;
}

function itemText({ type, id, version, tile, color }: DraftItem): string {
  const more = [version === null ? '' : `version:${version}`, color === null ? '' : `color:${color}`, tile === null ? '' : `tile:${tile}`];
  return [`${type}:${id}`, ...more].filter(Boolean).join(' ');
}

function readItem(text: string): DraftItem | null {
  // A tile's id may hold spaces, and so stands last.
  const [, type, id, version, color, tile] =
    /^(layer|table):(\d{1,9})(?: version:(\d{1,9}))?(?: color:(#[0-9a-fA-F]{6}))?(?: tile:(.+))?$/.exec(text) ?? [];
  if (id === undefined) return null;
  const itemType: ItemType = type === 'table' ? 'table' : 'layer';
  return {
    type: itemType,
    id: Number(id),
    version: version === undefined ? null : Number(version),
    color: color ?? null,
    tile: tile ?? null,
  };
}

function readArea(words: URLSearchParams): Area | null {
  const [, cropLayer, cropFeature, name] = /^(\d{1,9})\/(\d{1,9})\/(.*)$/s.exec(words.get('feature') ?? '') ?? [];
  if (cropLayer !== undefined && cropFeature !== undefined)
    return { kind: 'feature', cropLayer: Number(cropLayer), cropFeature: Number(cropFeature), name: name ?? '' };
  const polygons = (words.get('area') ?? '').split('!').map(decodeRings);
  const [first] = polygons;
  if (!first || polygons.some((rings) => rings === null || rings.length === 0)) return null;
  if (polygons.length === 1) return { kind: 'shape', geometry: { type: 'Polygon', coordinates: first } };
  return { kind: 'shape', geometry: { type: 'MultiPolygon', coordinates: polygons.filter((rings) => rings !== null) } };
}

function readOption(text: string): string | number | boolean | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
  } catch {
    return undefined;
  }
}

function polygonsOf(geometry: Polygon | MultiPolygon) {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
}
