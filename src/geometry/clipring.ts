import type { Bounds } from './bounds.ts';

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
