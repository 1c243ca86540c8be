import { type Geos, GeosError, loadGeos } from '../geometry/geos.ts';
import { mended } from '../geometry/mended.ts';
import type { Geometry } from './feature.ts';
import { dimensionOf, isEmpty, keepDimension, lineEnds } from './shape.ts';
import { fromWkb, toWkb } from './wkb.ts';

/** Makes geometries valid as OGC 06-103r4 (section 6.1.11) wants them. */
export class Mender {
  readonly #geos: Geos;

  private constructor(geos: Geos) {
    this.#geos = geos;
  }

  static async load(): Promise<Mender> {
    return new Mender(await loadGeos());
  }

  /** The geometry itself where it is valid; else one made of the same lines. Null when too few positions of it are numbers. */
  mend(geometry: Geometry): Geometry | null {
    if (isEmpty(geometry)) return geometry;
    const finite = isFine(geometry) ? geometry : finiteOnly(geometry);
    if (!finite || isEmpty(finite)) return null;
    if (finite.type === 'GeometryCollection') {
      const parts = finite.parts.flatMap((part) => this.mend(part) ?? []);
      const changed = parts.length < finite.parts.length || parts.some((part, index) => part !== finite.parts[index]);
      return changed ? { ...finite, parts } : finite;
    }
    return dimensionOf(finite.type) === 2 ? this.#polygon(finite) : finite;
  }

  #polygon(geometry: Geometry): Geometry {
    const closed = closeRings(geometry);
    using polygon = this.#geos.fromWkb(toWkb(closed));
    if (polygon.isValid()) return closed;
    try {
      using valid = mended(this.#geos, polygon);
      const made = fromWkb(valid.toWkb());
      // What collapsed to lines or points is kept only where nothing else is left of the feature.
      return keepDimension(made, 2) ?? made;
    } catch (error) {
      if (!(error instanceof GeosError)) throw error;
      using valid = polygon.makeValid('structure');
      return fromWkb(valid.toWkb());
    }
  }
}

/**
 * The geometry without positions that have no place, without lines of fewer than two, and with 0 for a Z or M that is no number, which many formats
 * cannot hold. Null when nothing is left.
 */
function finiteOnly(geometry: Geometry): Geometry | null {
  const { parts } = geometry;
  if (parts.length > 0) {
    const left = parts.flatMap((part) => finiteOnly(part) ?? []);
    return left.length === 0 ? null : { ...geometry, parts: left };
  }
  if (isEmpty(geometry)) return geometry;
  const placed = withPlaces(geometry);
  return placed && { ...placed, z: finiteOrZero(placed.z), m: finiteOrZero(placed.m) };
}

function isFine(geometry: Geometry): boolean {
  const { type, xy, z, m, parts } = geometry;
  if (parts.length > 0) return parts.every(isFine);
  if (isEmpty(geometry)) return true;
  if (!xy.every(Number.isFinite) || !(z?.every(Number.isFinite) ?? true) || !(m?.every(Number.isFinite) ?? true)) return false;
  if (dimensionOf(type) !== 1) return true;
  let from = 0;
  for (const to of lineEnds(geometry)) {
    if (to - from < 2) return false;
    from = to;
  }
  return true;
}

function withPlaces(geometry: Geometry): Geometry | null {
  const { xy, z, m } = geometry;
  const fewest = dimensionOf(geometry.type) === 1 ? 2 : 1;
  const keep: number[] = [];
  const ends: number[] = [];
  let from = 0;
  for (const to of lineEnds(geometry)) {
    const before = keep.length;
    for (let i = from; i < to; i++) if (Number.isFinite(xy[2 * i]) && Number.isFinite(xy[2 * i + 1])) keep.push(i);
    if (keep.length - before < fewest) keep.length = before;
    else ends.push(keep.length);
    from = to;
  }
  if (keep.length === 0) return null;
  const pick = (values: Float64Array | null) => values && Float64Array.from(keep, (i) => values[i] ?? 0);
  const places = Float64Array.from(keep.flatMap((i) => [xy[2 * i] ?? 0, xy[2 * i + 1] ?? 0]));
  return { ...geometry, xy: places, z: pick(z), m: pick(m), ends: geometry.ends && Uint32Array.from(ends) };
}

function finiteOrZero(values: Float64Array | null): Float64Array | null {
  return values?.map((value) => (Number.isFinite(value) ? value : 0)) ?? null;
}

/** Polygons whose rings end where they began and have at least four positions, which GEOS needs to read them at all. */
function closeRings(geometry: Geometry): Geometry {
  if (geometry.parts.length > 0) {
    const parts = geometry.parts.map(closeRings);
    return parts.every((part, index) => part === geometry.parts[index]) ? geometry : { ...geometry, parts };
  }
  const { xy, z, m } = geometry;
  const order: number[] = [];
  const ends: number[] = [];
  let from = 0;
  let open = false;
  for (const to of lineEnds(geometry)) {
    for (let i = from; i < to; i++) order.push(i);
    const closed = xy[2 * from] === xy[2 * to - 2] && xy[2 * from + 1] === xy[2 * to - 1];
    let missing = to === from ? 0 : Math.max(closed ? 0 : 1, 4 - (to - from));
    open ||= missing > 0;
    for (; missing > 0; missing--) order.push(from);
    ends.push(order.length);
    from = to;
  }
  if (!open) return geometry;
  const pick = (values: Float64Array | null) => values && Float64Array.from(order, (i) => values[i] ?? 0);
  const positions = Float64Array.from(order.flatMap((i) => [xy[2 * i] ?? 0, xy[2 * i + 1] ?? 0]));
  return { ...geometry, xy: positions, z: pick(z), m: pick(m), ends: geometry.ends && Uint32Array.from(ends) };
}
