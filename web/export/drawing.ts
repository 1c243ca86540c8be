import type { Signal } from '@preact/signals';
import type { Position } from 'geojson';
import {
  type GeoJSONStoreFeatures,
  TerraDraw,
  TerraDrawFreehandMode,
  TerraDrawPolygonMode,
  TerraDrawRectangleMode,
  TerraDrawSelectMode,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import type { LibreMap } from '../map/create.ts';
import { palette } from '../map/style.ts';
import { areaGeometry } from './areageometry.ts';
import { type AreaGeometry, boundsOf, geometryOf, polygonsOf } from './geometry.ts';

export type Tool = 'rectangle' | 'polygon' | 'freehand' | 'edit';

export interface Drawing {
  /** Takes up a tool, or puts it down. */
  use(tool: Tool | null): void;
  end(): void;
}

/** Coordinates are kept to about a centimetre. */
const round = (value: number) => Math.round(value * 1e7) / 1e7;

/**
 * Lets an area be drawn, and its vertices be moved, added in the middle of a side, and removed by a right click. `done` is called with each area that was
 * drawn or changed; a tool that has drawn is put down.
 */
export function startDrawing(map: LibreMap, tool: Signal<Tool | null>, done: (geometry: AreaGeometry) => void): Drawing {
  const { accent } = palette(matchMedia('(prefers-color-scheme: dark)').matches);
  const color = hex(accent);
  const fill = { fillColor: color, fillOpacity: 0.18, outlineColor: color, outlineWidth: 2.5 } as const;
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }),
    modes: [
      new TerraDrawRectangleMode({ drawInteraction: 'click-move-or-drag', styles: fill }),
      new TerraDrawPolygonMode({
        styles: {
          ...fill,
          closingPointColor: color,
          closingPointWidth: 6,
          closingPointOutlineColor: '#ffffff',
          closingPointOutlineWidth: 2,
        },
      }),
      new TerraDrawFreehandMode({ drawInteraction: 'click-move-or-drag', minDistance: 8, styles: fill }),
      new TerraDrawSelectMode({
        allowManualDeselection: false,
        flags: {
          polygon: { feature: { draggable: true, coordinates: { midpoints: { draggable: true }, draggable: true, deletable: true } } },
        },
        styles: {
          selectedPolygonColor: color,
          selectedPolygonFillOpacity: 0.18,
          selectedPolygonOutlineColor: color,
          selectedPolygonOutlineWidth: 2.5,
          selectionPointColor: '#ffffff',
          selectionPointOutlineColor: color,
          selectionPointOutlineWidth: 2.5,
          selectionPointWidth: 6,
          midPointColor: color,
          midPointOutlineColor: '#ffffff',
          midPointOutlineWidth: 1.5,
          midPointWidth: 4,
        },
      }),
    ],
  });
  draw.start();
  draw.setMode('static');
  draw.on('finish', (id, { action }) => {
    if (tool.peek() === 'edit') {
      if (action !== 'draw') done(edited(draw.getSnapshot()));
      return;
    }
    const polygon = draw.getSnapshotFeature(id)?.geometry;
    if (polygon?.type !== 'Polygon') return;
    const [west, south, east, north] = boundsOf(polygon);
    // Out of its own event.
    queueMicrotask(() => {
      // Two clicks at one place have drawn nothing yet.
      if (west === east || south === north) {
        use(tool.peek());
        return;
      }
      tool.value = null;
      done({ type: 'Polygon', coordinates: polygon.coordinates.map((ring) => ring.map(rounded)) });
    });
  });
  function use(next: Tool | null): void {
    if (!draw.enabled) return;
    draw.setMode('static');
    draw.clear();
    if (next === null) return;
    if (next !== 'edit') {
      draw.setMode(next);
      return;
    }
    const geometry = areaGeometry.peek();
    if (!geometry) return;
    draw.addFeatures(ringsToEdit(geometry));
    draw.setMode('select');
    const [first] = draw.getSnapshot();
    if (first?.id !== undefined) draw.selectFeature(first.id);
  }
  return {
    use,
    end() {
      if (draw.enabled) draw.stop();
    },
  };
}

const rounded = ([x = 0, y = 0]: Position): Position => [round(x), round(y)];

/** Every ring as a polygon of its own: the library edits no holes. */
function ringsToEdit(geometry: AreaGeometry): GeoJSONStoreFeatures[] {
  return polygonsOf(geometry).flatMap((rings, polygon) =>
    rings.map((ring, index) => ({
      type: 'Feature',
      properties: { mode: 'polygon', polygon, ring: index },
      geometry: { type: 'Polygon', coordinates: [ring.map(rounded)] },
    })),
  );
}

/** The rings as they are now, where they were. */
function edited(features: readonly GeoJSONStoreFeatures[]): AreaGeometry {
  const polygons: Position[][][] = [];
  for (const { properties, geometry } of features) {
    const { polygon, ring } = properties;
    if (geometry.type !== 'Polygon' || typeof polygon !== 'number' || typeof ring !== 'number') continue;
    const rings = polygons[polygon] ?? [];
    rings[ring] = (geometry.coordinates[0] ?? []).map(rounded);
    polygons[polygon] = rings;
  }
  return geometryOf(polygons.filter((rings) => rings.length > 0).map((rings) => rings.filter((ring) => ring.length >= 4)));
}

function hex(color: string): `#${string}` {
  return `#${color.replace(/^#/, '')}`;
}
