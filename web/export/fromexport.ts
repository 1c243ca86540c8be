import { itemOf } from '../api/client.ts';
import { type Export, KINDS } from '../api/resources.ts';
import type { Area, Draft } from './settings.ts';

/** An export as a draft, to be repeated with changes. Items take the newest version unless one was named. */
export function draftOf({ items, extent, crs, formats, options }: Export): Draft {
  return {
    items: items.flatMap(({ item, color, tile_id: tile }) => {
      const named = itemOf(item);
      return named ? [{ ...named, color: color ?? null, tile: tile ?? null }] : [];
    }),
    area: areaOf(extent),
    crs,
    formats: Object.fromEntries(KINDS.flatMap((kind) => (formats[kind] === undefined ? [] : [[kind, formats[kind]]]))),
    options: Object.fromEntries(
      Object.entries(options).flatMap(([name, value]) =>
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [],
      ),
    ),
    name: '',
  };
}

function areaOf(extent: Export['extent']): Area | null {
  if (extent === null) return null;
  if (typeof extent !== 'string') return { kind: 'shape', geometry: extent };
  const [, cropLayer, cropFeature] = /croplayers\/(\d+)\/cropfeatures\/(\d+)\/$/.exec(extent) ?? [];
  if (cropLayer === undefined || cropFeature === undefined) return null;
  return { kind: 'feature', cropLayer: Number(cropLayer), cropFeature: Number(cropFeature), name: '' };
}
