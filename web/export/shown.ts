import { effect, type ReadonlySignal } from '@preact/signals';
import type { Feature } from 'geojson';
import { GeoJSONSource } from 'maplibre-gl';
import { type LibreMap, showBox } from '../map/create.ts';
import { accentLayers } from '../map/style.ts';
import { areaGeometry } from './areageometry.ts';
import { draft } from './draft.ts';
import { type Box, boundsOf, boxPolygon, compactBounds } from './geometry.ts';
import { details } from './items.ts';
import { itemKey } from './request.ts';

/** Shows the area and the extents of the chosen layers on a map, and goes to them. The area is hidden while it is edited. */
export function showDraft(map: LibreMap, tool: ReadonlySignal<string | null>): () => void {
  for (const id of ['extents', 'area']) map.addSource(id, { type: 'geojson', data: collection([]) });
  for (const layer of accentLayers('extents', 'area')) map.addLayer(layer);
  let wentTo = '';
  const endExtents = effect(() => {
    const boxes = draft.value.items.flatMap((item) => {
      const extent = details.value.get(itemKey(item))?.data.extent;
      return extent ? [boundsOf(extent)] : [];
    });
    setData(
      map,
      'extents',
      boxes.map((box) => ({ type: 'Feature', properties: {}, geometry: boxPolygon(box) })),
    );
    // Once, to what is there; after that the reader leads.
    const key = boxes.length === 0 ? '' : 'extents';
    if (areaGeometry.peek() === null && key !== wentTo && boxes.length > 0) showBox(map, around(boxes), false);
    wentTo = key;
  });
  let before: unknown = null;
  const endArea = effect(() => {
    const geometry = areaGeometry.value;
    const editing = tool.value === 'edit';
    setData(map, 'area', geometry && !editing ? [{ type: 'Feature', properties: {}, geometry }] : []);
    // What was drawn is in view already; what was found, pasted or typed may not be.
    if (geometry && geometry !== before && tool.value === null && !isInView(map, compactBounds(geometry)))
      showBox(map, compactBounds(geometry));
    before = geometry;
  });
  return () => {
    endExtents();
    endArea();
  };
}

function collection(features: Feature[]) {
  return { type: 'FeatureCollection' as const, features };
}

function setData(map: LibreMap, id: string, features: Feature[]): void {
  const source = map.getSource(id);
  if (source instanceof GeoJSONSource) source.setData(collection(features));
}

function around(boxes: readonly Box[]): Box {
  const [west, south, east, north] = [0, 1, 2, 3].map((side) => boxes.map((box) => box[side] ?? 0));
  return [Math.min(...(west ?? [])), Math.min(...(south ?? [])), Math.max(...(east ?? [])), Math.max(...(north ?? []))];
}

/** Whether a box is in view, and not so small there that nobody would see it. */
function isInView(map: LibreMap, [west, south, east, north]: Box): boolean {
  const view = map.getBounds();
  const isInside = west >= view.getWest() && east <= view.getEast() && south >= view.getSouth() && north <= view.getNorth();
  return isInside && east - west > (view.getEast() - view.getWest()) / 20;
}
