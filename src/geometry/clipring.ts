import { type Bounds, polygonBounds } from './bounds.ts';
import type { MultiPolygon } from './polygons.ts';

/**
 * The part of a ring inside a box (Sutherland and Hodgman, 1974). Where it leaves and comes back, it runs along the edge.
 * @param ring x and y of each point, without a closing one.
 */
export function clipRing(ring: readonly number[], box: Bounds): number[] {
  let part: readonly number[] = ring;
  for (const side of [0, 1, 2, 3] as const) {
    if (part.length === 0) return [];
    part = cutRing(part, side % 2 === 0 ? 0 : 1, box[side], side < 2 ? 1 : -1);
  }
  return [...part];
}

/** Cuts the same polygons to one box after the other. Where an outline leaves a box and comes back, it may run along the edge twice. */
export class BoxClipper {
  readonly #polygons: { ring: number[][]; xy: number[]; bounds: Bounds }[][];

  constructor(polygons: MultiPolygon) {
    this.#polygons = polygons.map((rings) =>
      rings.map((ring) => ({ ring, xy: ring.slice(0, -1).flatMap(([x = 0, y = 0]) => [x, y]), bounds: polygonBounds([[ring]]) })),
    );
  }

  /** What of the polygons lies inside a box. */
  inside(box: Bounds): MultiPolygon {
    return this.#polygons.flatMap(([outer, ...holes]) => {
      const kept = outer ? clipClosed(outer, box) : [];
      return kept.length === 0 ? [] : [[kept, ...holes.map((hole) => clipClosed(hole, box)).filter((hole) => hole.length > 0)]];
    });
  }
}

function clipClosed({ ring, xy, bounds }: { ring: number[][]; xy: number[]; bounds: Bounds }, box: Bounds): number[][] {
  const [west, south, east, north] = bounds;
  if (west > box[2] || east < box[0] || south > box[3] || north < box[1]) return [];
  if (west >= box[0] && east <= box[2] && south >= box[1] && north <= box[3]) return ring;
  const part = clipRing(xy, box);
  if (part.length < 6) return [];
  return Array.from({ length: part.length / 2 + 1 }, (_, i) => [part[(2 * i) % part.length] ?? 0, part[(2 * i + 1) % part.length] ?? 0]);
}

function cutRing(ring: readonly number[], axis: 0 | 1, at: number, sign: 1 | -1): number[] {
  const out: number[] = [];
  let [beforeX, beforeY] = [ring[ring.length - 2] ?? 0, ring[ring.length - 1] ?? 0];
  let before = sign * ((axis === 0 ? beforeX : beforeY) - at);
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [ring[i] ?? 0, ring[i + 1] ?? 0];
    const now = sign * ((axis === 0 ? x : y) - at);
    if (before < 0 !== now < 0) {
      const share = before / (before - now);
      out.push(beforeX + share * (x - beforeX), beforeY + share * (y - beforeY));
    }
    if (now >= 0) out.push(x, y);
    [beforeX, beforeY, before] = [x, y, now];
  }
  return out;
}
