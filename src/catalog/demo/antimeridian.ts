import type { Geometry, Position } from 'geojson';
import { boundsPolygon } from '../../geometry/bounds.ts';
import { type Geos, loadGeos } from '../../geometry/geos.ts';

/**
 * Cuts polygons at the antimeridian. The atlases tell them on the sphere, where an edge from 179° to -179° is a short one; on a map it would
 * run around the world (RFC 7946, section 3.1.9).
 */
export async function cutAtAntimeridian(geometry: Geometry): Promise<Geometry> {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  if (!polygons.some(crosses)) return geometry;
  const geos = await loadGeos();
  return { type: 'MultiPolygon', coordinates: polygons.flatMap((polygon) => (crosses(polygon) ? cut(geos, polygon) : [polygon])) };
}

function crosses(polygon: readonly Position[][]): boolean {
  return polygon.some((ring) => ring.some(([x = 0], index) => Math.abs(x - (ring[index - 1]?.[0] ?? x)) > 180));
}

function cut(geos: Geos, [outer = [], ...holes]: readonly Position[][]): Position[][][] {
  const whole = unwrapped(outer);
  const longitudes = whole.map(([x = 0]) => x);
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const onTurn = (ring: Position[]) => {
    const turn = 360 * Math.ceil((west - Math.min(...ring.map(([x = 0]) => x))) / 360);
    return ring.map(([x = 0, y = 0]) => [x + turn, y]);
  };
  using polygon = geos.fromPolygons([[whole, ...holes.map((hole) => onTurn(unwrapped(hole)))]]);
  using valid = polygon.makeValid();
  const parts: Position[][][] = [];
  for (let turn = Math.floor((west + 180) / 360); turn <= Math.floor((east + 180) / 360); turn++) {
    using map = geos.fromPolygons([boundsPolygon([-180 + 360 * turn, -90, 180 + 360 * turn, 90])]);
    using part = valid.intersection(map);
    parts.push(...part.toPolygons().map((rings) => rings.map((ring) => ring.map(([x = 0, y = 0]) => [x - 360 * turn, y]))));
  }
  return parts;
}

/** A ring whose longitudes go on past 180°; one around a pole is closed along it. */
function unwrapped(ring: readonly Position[]): Position[] {
  let turn = 0;
  const made = ring.map(([x = 0, y = 0], index): Position => {
    turn -= 360 * Math.round((x - (ring[index - 1]?.[0] ?? x)) / 360);
    return [x + turn, y];
  });
  const [first, last] = [made[0] ?? [], made.at(-1) ?? []];
  if (Math.abs((last[0] ?? 0) - (first[0] ?? 0)) < 180) return made;
  const pole = (first[1] ?? 0) < 0 ? -90 : 90;
  return [...made, [last[0] ?? 0, pole], [first[0] ?? 0, pole], [...first]];
}
