import type { Signal } from '@preact/signals';
import type { ExpressionSpecification, MapLayerMouseEvent } from 'maplibre-gl';
import type { components } from '../api/schema.d.ts';
import { type LibreMap, showBox } from '../map/create.ts';
import { palette } from '../map/style.ts';

/** Properties of a feature that was clicked on, by name. */
export type Picked = [name: string, value: string][];

const POINTS: ExpressionSpecification = ['==', ['geometry-type'], 'Point'];
const POLYGONS: ExpressionSpecification = ['==', ['geometry-type'], 'Polygon'];

/** Puts a layer on a map, goes to it, and tells what the reader clicks on, until what it gives back is called. */
export function showLayer(map: LibreMap, preview: components['schemas']['Preview'], picked: Signal<Picked | null>): () => void {
  const { type, tiles, tile_size: tileSize, bounds, minzoom, maxzoom } = preview;
  const [west = -180, south = -85, east = 180, north = 85] = bounds;
  const source = {
    tiles: tiles.map(here),
    minzoom,
    maxzoom,
    bounds: [west, south, Math.min(east, 180), north] as [number, number, number, number],
  };
  // Across the antimeridian a box of MapLibre's would leave out what lies behind it.
  const { bounds: _, ...unbounded } = source;
  const shown = east > 180 ? unbounded : source;
  if (type === 'raster') {
    map.addSource('layer', { type: 'raster', tileSize, ...shown });
    map.addLayer({ id: 'pixels', type: 'raster', source: 'layer', paint: { 'raster-fade-duration': 0 } }, 'borders');
  } else {
    map.addSource('layer', { type: 'vector', ...shown });
    const { accent, sea } = palette(matchMedia('(prefers-color-scheme: dark)').matches);
    const common = { source: 'layer', 'source-layer': 'features' } as const;
    map.addLayer(
      { id: 'fill', type: 'fill', ...common, filter: POLYGONS, paint: { 'fill-color': accent, 'fill-opacity': 0.25 } },
      'places',
    );
    map.addLayer(
      { id: 'line', type: 'line', ...common, filter: ['!', POINTS], paint: { 'line-color': accent, 'line-width': 1.1 } },
      'places',
    );
    map.addLayer({
      id: 'point',
      type: 'circle',
      ...common,
      filter: POINTS,
      paint: {
        'circle-color': accent,
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 0, 1.6, 6, 3.5, 12, 6],
        'circle-stroke-color': sea,
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 3, 0, 6, 1],
      },
    });
    const pick = ({ features }: MapLayerMouseEvent) => {
      const properties = Object.entries(features?.[0]?.properties ?? {});
      picked.value = properties.length === 0 ? null : properties.map(([name, value]) => [name, String(value)]);
    };
    map.on('click', ['fill', 'line', 'point'], pick);
    map.on('mouseenter', ['fill', 'line', 'point'], () => {
      map.getCanvas().style.cursor = 'pointer';
    });
    map.on('mouseleave', ['fill', 'line', 'point'], () => {
      map.getCanvas().style.cursor = '';
    });
  }
  showBox(map, [west, south, east, north], false);
  return () => {
    picked.value = null;
  };
}

/** An address as this page reaches it, whatever host the site is called by elsewhere. */
function here(address: string): string {
  return (
    location.origin +
    new URL(address.replace(/[{}]/g, (brace) => (brace === '{' ? '%7B' : '%7D'))).pathname.replaceAll('%7B', '{').replaceAll('%7D', '}')
  );
}
