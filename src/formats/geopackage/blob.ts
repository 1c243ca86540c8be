import { GEOMETRY_TYPES, type Geometry, type GeometryType } from '../../store/feature.ts';
import type { FlatGeometry } from '../../store/flat.ts';
import { emptyBox, extendBox, isEmpty, withDimensions } from '../../store/shape.ts';
import { toWkb } from '../../store/wkb.ts';
import type { BlobSource } from './record.ts';

/** Flags of the header (OGC 12-128r19, section 2.1.3, "GeoPackageBinary flags bit layout"): little-endian; no points; the kind of envelope. */
const LITTLE_ENDIAN = 1;
const EMPTY = 1 << 4;
const ENVELOPE_XY = 1 << 1;
const ENVELOPE_XYZ = 2 << 1;

function flagsOf(isPoint: boolean, empty: boolean, hasZ: boolean): number {
  // GDAL's choice: a point is its own envelope.
  if (empty) return LITTLE_ENDIAN | EMPTY;
  return LITTLE_ENDIAN | (isPoint ? 0 : hasZ ? ENVELOPE_XYZ : ENVELOPE_XY);
}

function headerBytes(flags: number): number {
  return 8 + (flags & ENVELOPE_XY ? 32 : flags & ENVELOPE_XYZ ? 48 : 0);
}

function writeMagic(view: DataView, at: number, flags: number, srsId: number): void {
  view.setUint16(at, 0x4750); // GP
  view.setUint8(at + 2, 0); // version 1
  view.setUint8(at + 3, flags);
  view.setInt32(at + 4, srsId, true);
}

/**
 * Writes geometries as GeoPackageBinary (OGC 12-128r19, section 2.1.3): a header with the envelope, then ISO WKB. It takes one geometry at a
 * time and allocates nothing.
 */
export class GeometryBlob implements BlobSource {
  readonly #srsId: number;
  #geometry: FlatGeometry | null = null;
  #flags = 0;
  /** Of the geometry it was given last. */
  length = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  /** Of ISO WKB's codes: 1000 for Z and 2000 for M. */
  #dimensions = 0;

  constructor(srsId: number) {
    this.#srsId = srsId;
  }

  set(geometry: FlatGeometry): void {
    const { type, count, hasZ, hasM } = geometry;
    this.#geometry = geometry;
    const empty = count === 0;
    this.#flags = flagsOf(type === 'Point', empty, hasZ);
    // An empty point is two not-a-numbers.
    this.#dimensions = empty && type === 'Point' ? 0 : (hasZ ? 1000 : 0) + (hasM ? 2000 : 0);
    this.length = headerBytes(this.#flags) + wkbBytes(geometry);
  }

  write(view: DataView, at: number): void {
    const geometry = this.#geometry;
    if (!geometry) return;
    this.#view = view;
    this.#at = at + 8;
    writeMagic(view, at, this.#flags, this.#srsId);
    if (this.#flags & (ENVELOPE_XY | ENVELOPE_XYZ)) this.#envelope(geometry);
    this.#body(geometry);
  }

  #body(geometry: FlatGeometry): void {
    const { type, count, endCount } = geometry;
    this.#code(type);
    switch (type) {
      case 'Point':
        this.#point(geometry);
        break;
      case 'LineString':
        this.#line(geometry, 0, count);
        break;
      case 'Polygon':
        this.#rings(geometry, 0, 0, endCount);
        break;
      case 'MultiPoint':
        this.#uint(count);
        for (let i = 0; i < count; i++) {
          this.#code('Point');
          this.#points(geometry, i, i + 1);
        }
        break;
      case 'MultiLineString':
        this.#lines(geometry);
        break;
      case 'MultiPolygon':
        this.#polygons(geometry);
        break;
    }
  }

  #point(geometry: FlatGeometry): void {
    if (geometry.count > 0) this.#points(geometry, 0, 1);
    else {
      this.#float(NaN);
      this.#float(NaN);
    }
  }

  #lines(geometry: FlatGeometry): void {
    const { ends, endCount } = geometry;
    this.#uint(endCount);
    let from = 0;
    for (let i = 0; i < endCount; i++) {
      const to = ends[i] ?? from;
      this.#code('LineString');
      this.#line(geometry, from, to);
      from = to;
    }
  }

  #polygons(geometry: FlatGeometry): void {
    const { polygons, polygonCount } = geometry;
    this.#uint(polygonCount);
    let point = 0;
    let ring = 0;
    for (let i = 0; i < polygonCount; i++) {
      const end = polygons[i] ?? ring;
      this.#code('Polygon');
      point = this.#rings(geometry, point, ring, end);
      ring = end;
    }
  }

  /** Gives the point after the last ring. */
  #rings(geometry: FlatGeometry, firstPoint: number, firstRing: number, endRing: number): number {
    this.#uint(endRing - firstRing);
    let from = firstPoint;
    for (let i = firstRing; i < endRing; i++) {
      const to = geometry.ends[i] ?? from;
      this.#line(geometry, from, to);
      from = to;
    }
    return from;
  }

  #line(geometry: FlatGeometry, from: number, to: number): void {
    this.#uint(to - from);
    this.#points(geometry, from, to);
  }

  #points({ xy, z, m, hasZ, hasM }: FlatGeometry, from: number, to: number): void {
    const view = this.#view;
    let at = this.#at;
    for (let i = from; i < to; i++) {
      view.setFloat64(at, xy[2 * i] ?? NaN, true);
      view.setFloat64(at + 8, xy[2 * i + 1] ?? NaN, true);
      at += 16;
      if (hasZ) {
        view.setFloat64(at, z[i] ?? NaN, true);
        at += 8;
      }
      if (hasM) {
        view.setFloat64(at, m[i] ?? NaN, true);
        at += 8;
      }
    }
    this.#at = at;
  }

  /** min x, max x, min y, max y, and with Z min z, max z. */
  #envelope({ xy, z, count, hasZ }: FlatGeometry): void {
    let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      const x = xy[2 * i] ?? NaN;
      const y = xy[2 * i + 1] ?? NaN;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
    this.#float(minX);
    this.#float(maxX);
    this.#float(minY);
    this.#float(maxY);
    if (!hasZ) return;
    let [minZ, maxZ] = [Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      const value = z[i] ?? NaN;
      if (value < minZ) minZ = value;
      if (value > maxZ) maxZ = value;
    }
    this.#float(minZ);
    this.#float(maxZ);
  }

  #code(type: GeometryType): void {
    this.#view.setUint8(this.#at++, 1);
    this.#uint(GEOMETRY_TYPES.indexOf(type) + 1 + this.#dimensions);
  }

  #uint(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  #float(value: number): void {
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }
}

function wkbBytes({ type, count, hasZ, hasM, endCount, polygonCount }: FlatGeometry): number {
  const coordinates = count * (16 + (hasZ ? 8 : 0) + (hasM ? 8 : 0));
  switch (type) {
    case 'Point':
      return 5 + (count === 0 ? 16 : coordinates);
    case 'MultiPoint':
      return 9 + 5 * count + coordinates;
    case 'LineString':
      return 9 + coordinates;
    case 'MultiLineString':
      return 9 + 9 * endCount + coordinates;
    case 'Polygon':
      return 9 + 4 * endCount + coordinates;
    case 'MultiPolygon':
      return 9 + 9 * polygonCount + 4 * endCount + coordinates;
  }
}

/** Any geometry, also a collection, as GeoPackageBinary. */
export function toGeoPackageBinary(geometry: Geometry, srsId: number): Uint8Array {
  const empty = isEmpty(geometry);
  const heights = empty ? [] : heightsOf(geometry);
  const flags = flagsOf(geometry.type === 'Point', empty, heights.length > 0);
  const header = headerBytes(flags);
  // A collection has the dimensions of its members.
  const wkb = toWkb(empty ? geometry : withDimensions(geometry, heights.length > 0, hasMeasures(geometry)));
  const bytes = new Uint8Array(header + wkb.length);
  const view = new DataView(bytes.buffer);
  writeMagic(view, 0, flags, srsId);
  if (header > 8) {
    const box = emptyBox();
    extendBox(box, geometry);
    const [minX, minY, maxX, maxY] = box;
    [minX, maxX, minY, maxY, ...rangeOf(heights)].forEach((value, i) => {
      view.setFloat64(8 + 8 * i, value, true);
    });
  }
  bytes.set(wkb, header);
  return bytes;
}

function hasMeasures({ m, parts }: Geometry): boolean {
  return (m !== null && m.length > 0) || parts.some(hasMeasures);
}

/** The heights of all points that have one, part by part. */
function heightsOf({ z, parts }: Geometry): Float64Array[] {
  return [...(z && z.length > 0 ? [z] : []), ...parts.flatMap(heightsOf)];
}

function rangeOf(heights: readonly Float64Array[]): number[] {
  if (heights.length === 0) return [];
  let [min, max] = [Infinity, -Infinity];
  for (const values of heights) {
    for (const value of values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return [min, max];
}
