import type { Position } from 'geojson';
import { type AreaGeometry, boxPolygon, geometryOf } from './geometry.ts';

/** Why a text is no area; `texts.area.problems` has a sentence for each. */
export type AreaProblem = 'empty' | 'not-json' | 'no-polygon' | 'not-degrees' | 'broken';

/** The polygons of a pasted text: GeoJSON of any kind, or west, south, east, north as numbers. */
export function areaOfText(text: string): AreaGeometry | AreaProblem {
  const trimmed = text.trim();
  if (trimmed === '') return 'empty';
  // Where semicolons part the numbers, a comma is a decimal point.
  const parts = trimmed.includes(';') ? trimmed.replaceAll(',', '.').split(/[\s;]+/) : trimmed.split(/[\s,]+/);
  const numbers = parts.map((part) => (part === '' ? Number.NaN : Number(part.replace('−', '-'))));
  if (numbers.length === 4 && numbers.every(Number.isFinite)) {
    const [west = 0, south = 0, east = 0, north = 0] = numbers;
    return checked([boxPolygon([west, south, east < west ? east + 360 : east, north]).coordinates]);
  }
  try {
    return areaOfGeoJson(JSON.parse(trimmed));
  } catch {
    return 'not-json';
  }
}

/** All polygons of a GeoJSON object, whatever is around them (RFC 7946). */
export function areaOfGeoJson(value: unknown): AreaGeometry | AreaProblem {
  const polygons: Position[][][] = [];
  if (!collect(value, polygons, 0)) return 'broken';
  return polygons.length === 0 ? 'no-polygon' : checked(polygons);
}

/** Whether all that was met is as GeoJSON has it; what is no polygon is passed over. */
function collect(value: unknown, polygons: Position[][][], depth: number): boolean {
  if (depth > 20) return false;
  if (Array.isArray(value)) return value.every((one) => collect(one, polygons, depth + 1));
  const { type, coordinates, geometry, geometries, features }: Record<string, unknown> = Object(value);
  switch (type) {
    case 'FeatureCollection':
      return collect(features, polygons, depth + 1);
    case 'GeometryCollection':
      return collect(geometries, polygons, depth + 1);
    case 'Feature':
      return geometry === null || collect(geometry, polygons, depth + 1);
    case 'Polygon':
      return addPolygon(coordinates, polygons);
    case 'MultiPolygon':
      return Array.isArray(coordinates) && coordinates.every((one) => addPolygon(one, polygons));
    default:
      return true;
  }
}

function addPolygon(coordinates: unknown, polygons: Position[][][]): boolean {
  if (!Array.isArray(coordinates)) return false;
  const rings: Position[][] = [];
  for (const ring of coordinates) {
    if (!Array.isArray(ring)) return false;
    const positions: Position[] = [];
    for (const position of ring) {
      if (!Array.isArray(position) || typeof position[0] !== 'number' || typeof position[1] !== 'number') return false;
      // Heights mean nothing to a crop.
      positions.push([position[0], position[1]]);
    }
    rings.push(closed(positions));
  }
  if (rings.length > 0) polygons.push(rings);
  return rings.every((ring) => ring.length >= 4);
}

/** A ring ends where it began, also where whoever wrote it left that out. */
function closed(ring: Position[]): Position[] {
  const [first, last] = [ring[0], ring.at(-1)];
  if (!first || !last || (first[0] === last[0] && first[1] === last[1])) return ring;
  return [...ring, first];
}

/** Coordinates of a projected system are no degrees. */
function checked(polygons: Position[][][]): AreaGeometry | AreaProblem {
  const isDegrees = polygons.flat(2).every(([x = NaN, y = NaN]) => Math.abs(x) <= 540 && Math.abs(y) <= 90);
  return isDegrees ? geometryOf(polygons) : 'not-degrees';
}
