import type { Geometry } from '../store/feature.ts';
import type { Bounds } from '../store/profile.ts';
import { emptyBox } from '../store/shape.ts';

/** A line or ring made of a geometry's own positions, of places between two of them, and of positions that are not its own. */
export class Trail {
  readonly x: number[] = [];
  readonly y: number[] = [];
  /** Numbers of the geometry's positions that each lies between; -1 where it is not the geometry's own. Only of geometries with Z or M, which are found by them. */
  readonly from: number[] = [];
  readonly to: number[] = [];
  /** How far it is on the way from the one to the other: 0 at the first, 1 at the second. */
  readonly part: number[] = [];

  readonly #isMeasured: boolean;

  /** @param geometry that it is made of. */
  constructor({ z, m }: Pick<Geometry, 'z' | 'm'>) {
    this.#isMeasured = z !== null || m !== null;
  }

  /** A position of the geometry's own. */
  own({ xy }: Geometry, index: number): void {
    this.between(xy[2 * index] ?? Number.NaN, xy[2 * index + 1] ?? Number.NaN, index, index, 0);
  }

  between(x: number, y: number, from: number, to: number, part: number): void {
    this.x.push(x);
    this.y.push(y);
    if (!this.#isMeasured) return;
    this.from.push(from);
    this.to.push(to);
    this.part.push(part);
  }

  foreign(x: number, y: number): void {
    this.between(x, y, -1, -1, 0);
  }

  /** Ends where it began. */
  close(): void {
    const { x, y, from, to, part } = this;
    this.between(x[0] ?? Number.NaN, y[0] ?? Number.NaN, from[0] ?? -1, to[0] ?? -1, part[0] ?? 0);
  }

  reverse(): void {
    for (const values of [this.x, this.y, this.from, this.to, this.part]) values.reverse();
  }

  /** [min x, min y, max x, max y] */
  box(): Bounds {
    const { x, y } = this;
    const box = emptyBox();
    for (let i = 0; i < x.length; i++) {
      const [ownX = Number.NaN, ownY = Number.NaN] = [x[i], y[i]];
      if (ownX < box[0]) box[0] = ownX;
      if (ownY < box[1]) box[1] = ownY;
      if (ownX > box[2]) box[2] = ownX;
      if (ownY > box[3]) box[3] = ownY;
    }
    return box;
  }

  /** Twice the area of a ring, above 0 where it is counter-clockwise. */
  doubleArea(): number {
    const { x, y } = this;
    const [originX = 0, originY = 0] = [x[0], y[0]];
    let area = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      area += ((x[i] ?? 0) - originX) * ((y[i + 1] ?? 0) - originY) - ((x[i + 1] ?? 0) - originX) * ((y[i] ?? 0) - originY);
    }
    return area;
  }
}

/** The trails of a geometry as the lines or rings of a new one. Z and M go straight from each of the geometry's positions to the next. */
export function trailsGeometry(type: Geometry['type'], trails: readonly Trail[], { z, m }: Pick<Geometry, 'z' | 'm'>): Geometry {
  const points = trails.reduce((sum, { x }) => sum + x.length, 0);
  const xy = new Float64Array(2 * points);
  const ends = new Uint32Array(trails.length);
  let at = 0;
  trails.forEach(({ x, y }, index) => {
    for (let i = 0; i < x.length; i++, at++) {
      xy[2 * at] = x[i] ?? 0;
      xy[2 * at + 1] = y[i] ?? 0;
    }
    ends[index] = at;
  });
  return {
    type,
    xy,
    z: z && measures(trails, points, z),
    m: m && measures(trails, points, m),
    ends: type === 'LineString' ? null : ends,
    parts: [],
  };
}

function measures(trails: readonly Trail[], points: number, source: Float64Array): Float64Array {
  const values = new Float64Array(points);
  let start = 0;
  for (const trail of trails) {
    const { x, from, to, part } = trail;
    for (let i = 0; i < x.length; i++) {
      const [first, second] = [source[from[i] ?? 0] ?? 0, source[to[i] ?? 0] ?? 0];
      values[start + i] = part[i] === 0 ? first : first + (second - first) * (part[i] ?? 0);
    }
    if (from.includes(-1)) fillForeign(trail, values.subarray(start, start + x.length), source);
    start += x.length;
  }
  return values;
}

/**
 * Gives the foreign positions of a ring values between those of its own on both sides, by length along the ring; where it has none of its own, the
 * mean of the source's.
 */
function fillForeign({ x, y, from }: Trail, values: Float64Array, source: Float64Array): void {
  const count = x.length - 1;
  const first = from.findIndex((index) => index !== -1);
  if (first === -1) {
    values.fill(source.reduce((sum, value) => sum + value, 0) / source.length);
    return;
  }
  const length = (i: number) =>
    Math.hypot((x[(i + 1) % count] ?? 0) - (x[i % count] ?? 0), (y[(i + 1) % count] ?? 0) - (y[i % count] ?? 0));
  for (let start = first; start < first + count; ) {
    let end = start + 1;
    let whole = length(start);
    for (; from[end % count] === -1; end++) whole += length(end);
    const [a, b] = [values[start % count] ?? 0, values[end % count] ?? 0];
    let gone = 0;
    for (let i = start + 1; i < end; i++) {
      gone += length(i - 1);
      values[i % count] = a + ((b - a) * gone) / whole;
    }
    start = end;
  }
  values[count] = values[0] ?? 0;
}
