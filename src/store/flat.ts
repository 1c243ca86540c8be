import { GEOMETRY_TYPES, type Geometry, type GeometryType } from './feature.ts';
import type { Bounds } from './profile.ts';

/** What a flat geometry may be: all but collections. */
export type FlatType = Exclude<GeometryType, 'GeometryCollection'>;

/**
 * A geometry in arrays that are used again for the next one, so that going through a layer allocates nothing per feature. Arrays may be longer
 * than what they hold.
 */
export class FlatGeometry {
  type: FlatType = 'Point';
  /** Number of positions. */
  count = 0;
  /** x and y of each position. */
  xy: Float64Array<ArrayBuffer> = new Float64Array(2 << 10);
  /** Of each position, where `hasZ` and `hasM` say so. */
  z: Float64Array<ArrayBuffer> = new Float64Array(1 << 10);
  m: Float64Array<ArrayBuffer> = new Float64Array(1 << 10);
  hasZ = false;
  hasM = false;
  /** The number of positions up to the end of each ring or line. Points have none. */
  ends: Uint32Array<ArrayBuffer> = new Uint32Array(1 << 8);
  endCount = 0;
  /** The number of rings up to the end of each polygon. Only polygons have them. */
  polygons: Uint32Array<ArrayBuffer> = new Uint32Array(1 << 6);
  polygonCount = 0;
  /** Its own, while `xy` is borrowed. */
  #own: Float64Array<ArrayBuffer> | null = null;

  clear(type: FlatType, hasZ: boolean, hasM: boolean): void {
    if (this.#own) this.xy = this.#own;
    this.#own = null;
    this.type = type;
    this.count = 0;
    this.endCount = 0;
    this.polygonCount = 0;
    this.hasZ = hasZ;
    this.hasM = hasM;
  }

  /** Uses somebody else's positions, which it may change, until it is cleared; more cannot be added. */
  borrow(xy: Float64Array<ArrayBuffer>): void {
    this.#own ??= this.xy;
    this.xy = xy;
  }

  get isBorrowed(): boolean {
    return this.#own !== null;
  }

  /** Makes room for so many positions more. */
  reserve(positions: number): void {
    const needed = this.count + positions;
    if (2 * needed > this.xy.length) this.xy = grown(this.xy, 2 * needed);
    if (this.hasZ && needed > this.z.length) this.z = grown(this.z, needed);
    if (this.hasM && needed > this.m.length) this.m = grown(this.m, needed);
  }

  /** Gives the memory of a large geometry back at once; nothing of it is left. */
  free(): void {
    this.clear(this.type, false, false);
    if (this.xy.length > KEPT) this.xy = freed(this.xy);
    if (this.z.length > KEPT) this.z = freed(this.z);
    if (this.m.length > KEPT) this.m = freed(this.m);
  }

  endRing(): void {
    if (this.endCount === this.ends.length) {
      const more = new Uint32Array(this.ends.length * 2);
      more.set(this.ends);
      this.ends = more;
    }
    this.ends[this.endCount++] = this.count;
  }

  endPolygon(): void {
    if (this.polygonCount === this.polygons.length) {
      const more = new Uint32Array(this.polygons.length * 2);
      more.set(this.polygons);
      this.polygons = more;
    }
    this.polygons[this.polygonCount++] = this.endCount;
  }

  /** Takes over a geometry that is no collection. */
  set(geometry: Geometry): void {
    const { type } = geometry;
    if (type === 'GeometryCollection') throw new Error('A collection has no flat form.');
    const first = geometry.parts[0] ?? geometry;
    this.clear(type, first.z !== null, first.m !== null);
    const parts = geometry.type === 'MultiPolygon' ? geometry.parts : [geometry];
    for (const part of parts) this.#add(part);
  }

  #add({ type, xy, z, m, ends }: Geometry): void {
    const points = xy.length / 2;
    this.reserve(points);
    const before = this.count;
    this.xy.set(xy, 2 * before);
    if (z) this.z.set(z, before);
    if (m) this.m.set(m, before);
    this.count += points;
    if (type === 'Point' || type === 'MultiPoint' || points === 0) return;
    const last = this.count;
    for (const end of ends && ends.length > 0 ? ends : [points]) {
      this.count = before + end;
      this.endRing();
    }
    this.count = last;
    if (type === 'Polygon' || type === 'MultiPolygon') this.endPolygon();
  }

  /**
   * Adds a polygon of one ring.
   * @param xy x and y of positions, of which the ring has those from one to before another, backwards where `step` is -1.
   */
  addRing(xy: Float64Array, from: number, to: number, step: 1 | -1): void {
    const points = to - from;
    this.reserve(points);
    const own = this.xy;
    let at = 2 * this.count;
    let source = 2 * (step > 0 ? from : to - 1);
    for (let i = 0; i < points; i++, source += 2 * step) {
      own[at++] = xy[source] ?? 0;
      own[at++] = xy[source + 1] ?? 0;
    }
    this.count += points;
    this.endRing();
    this.endPolygon();
  }

  /** Extends a box by all positions. */
  extendBox(box: Bounds): void {
    const { xy, count } = this;
    for (let i = 0; i < 2 * count; i += 2) {
      const x = xy[i] ?? 0;
      const y = xy[i + 1] ?? 0;
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
  }

  /** The same as a geometry of its own. */
  toGeometry(): Geometry {
    const { type, polygonCount } = this;
    if (type !== 'MultiPolygon') return this.#slice(type, 0, this.count, 0, this.endCount);
    const parts: Geometry[] = [];
    let firstRing = 0;
    for (let i = 0; i < polygonCount; i++) {
      const lastRing = this.polygons[i] ?? 0;
      const from = firstRing === 0 ? 0 : (this.ends[firstRing - 1] ?? 0);
      parts.push(this.#slice('Polygon', from, lastRing === 0 ? 0 : (this.ends[lastRing - 1] ?? 0), firstRing, lastRing));
      firstRing = lastRing;
    }
    return { type, xy: new Float64Array(), z: null, m: null, ends: null, parts };
  }

  /** A polygon as a geometry over the same memory, which holds until another takes its place. */
  polygonView(): Geometry {
    const { count, hasZ, hasM } = this;
    return {
      type: 'Polygon',
      xy: this.xy.subarray(0, 2 * count),
      z: hasZ ? this.z.subarray(0, count) : null,
      m: hasM ? this.m.subarray(0, count) : null,
      ends: this.endCount > 0 ? this.ends.subarray(0, this.endCount) : null,
      parts: [],
    };
  }

  #slice(type: GeometryType, from: number, to: number, firstRing: number, lastRing: number): Geometry {
    const ends = this.ends.slice(firstRing, lastRing).map((end) => end - from);
    return {
      type,
      xy: this.xy.slice(2 * from, 2 * to),
      z: this.hasZ ? this.z.slice(from, to) : null,
      m: this.hasM ? this.m.slice(from, to) : null,
      ends: ends.length > 0 && type !== 'LineString' ? ends : null,
      parts: [],
    };
  }
}

/** Whether a type has a flat form; null is none. */
export function isFlat(type: GeometryType | null): type is FlatType {
  return type !== null && type !== 'GeometryCollection';
}

/** Numbers of an array that is kept for the next geometry. */
const KEPT = 1 << 17;

/** An array with room for so many numbers, and for more where it grows little by little. What it was before is gone. */
function grown(array: Float64Array<ArrayBuffer>, needed: number): Float64Array<ArrayBuffer> {
  const bytes = 8 * Math.max(needed, Math.ceil(array.length * GROWTH));
  return new Float64Array(array.buffer.transfer(bytes));
}

const GROWTH = 1.5;

function freed(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  array.buffer.transfer(0);
  return new Float64Array(2 << 10);
}

/** The number that FlatGeobuf and WKB have for a type. */
export function typeNumber(type: GeometryType): number {
  return GEOMETRY_TYPES.indexOf(type) + 1;
}
