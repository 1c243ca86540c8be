import type { MultiPolygon, Polygon, Position } from 'geojson';

export type AreaGeometry = Polygon | MultiPolygon;

export function polygonsOf(geometry: AreaGeometry): Position[][][] {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
}

/** One polygon as a Polygon, several as a MultiPolygon. */
export function geometryOf(polygons: Position[][][]): AreaGeometry {
  const [first, ...others] = polygons;
  return first && others.length === 0 ? { type: 'Polygon', coordinates: first } : { type: 'MultiPolygon', coordinates: polygons };
}

/** Vertices over all rings, as the site's limit counts them: without the repeated last one of each. */
export function vertexCount(geometry: AreaGeometry): number {
  return polygonsOf(geometry)
    .flat()
    .reduce((sum, ring) => sum + Math.max(0, ring.length - 1), 0);
}

/** A box in degrees: west, south, east, north. West of `east` by up to 360°. */
export type Box = [west: number, south: number, east: number, north: number];

export function boxPolygon([west, south, east, north]: Box): Polygon {
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return { type: 'Polygon', coordinates: [ring] };
}

export function boundsOf(geometry: AreaGeometry): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x = 0, y = 0] of polygonsOf(geometry).flat(2)) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/**
 * The smallest box around an area on the globe: where that is across the antimeridian, `east` passes 180. A country with islands on both sides of it is not as wide
 * as the earth.
 */
export function compactBounds(geometry: AreaGeometry): Box {
  const [west, south, east, north] = boundsOf(geometry);
  const spans = polygonsOf(geometry)
    .flatMap(([ring]) => (ring ? [boundsOf({ type: 'Polygon', coordinates: [ring] })] : []))
    .sort((a, b) => a[0] - b[0]);
  // The widest empty stretch between the parts is what the box leaves out.
  let [gap, start] = [west + 360 - east, west];
  let reached = west;
  let end = east;
  for (const [from, , to] of spans) {
    if (from - reached > gap) [gap, start, end] = [from - reached, from, reached + 360];
    reached = Math.max(reached, to);
  }
  return [start, south, end, north];
}

/** The box that a polygon is, when it is one; what the coordinates form shows. */
export function boxOf(geometry: AreaGeometry): Box | null {
  const [ring, ...others] = polygonsOf(geometry).flat();
  if (!ring || others.length > 0 || ring.length !== 5) return null;
  const box = boundsOf(geometry);
  const [west, south, east, north] = box;
  const corners = new Set(ring.filter(([x, y]) => (x === west || x === east) && (y === south || y === north)).map(String));
  // A ring that goes from corner to corner across is a bow tie.
  const isStraight = ring.slice(1).every(([x, y], index) => (x === ring[index]?.[0]) !== (y === ring[index]?.[1]));
  return corners.size === 4 && isStraight ? box : null;
}
