import { GEOMETRY_TYPES, type Geometry, type GeometryType } from './feature.ts';

const MEMBER: Partial<Record<GeometryType, GeometryType>> = { MultiPoint: 'Point', MultiLineString: 'LineString', MultiPolygon: 'Polygon' };

/** A geometry as little-endian ISO WKB (OGC 06-103r4 section 8.2), with Z and M where it has them. */
export function toWkb(geometry: Geometry): Uint8Array {
  const bytes = new Uint8Array(wkbBytes(geometry));
  new WkbWriter(new DataView(bytes.buffer)).geometry(geometry);
  return bytes;
}

function wkbBytes(geometry: Geometry): number {
  const { type, xy, z, m, ends, parts } = geometry;
  const points = xy.length / 2;
  const coordinateBytes = 8 * (2 + Number(z !== null) + Number(m !== null));
  const coordinates = points * coordinateBytes;
  switch (type) {
    case 'Point':
      // One without a place has not-a-number for all of its coordinates.
      return 5 + (points > 0 ? coordinates : coordinateBytes);
    case 'MultiPoint':
      return 9 + 5 * points + coordinates;
    case 'LineString':
      return 9 + coordinates;
    case 'MultiLineString':
      return 9 + 9 * lineCount(ends, points) + coordinates;
    case 'Polygon':
      return 9 + 4 * lineCount(ends, points) + coordinates;
    default:
      return 9 + parts.reduce((sum, part) => sum + wkbBytes(part), 0);
  }
}

function lineCount(ends: Uint32Array | null, points: number): number {
  return ends && ends.length > 0 ? ends.length : Number(points > 0);
}

class WkbWriter {
  readonly #view: DataView;
  #at = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  geometry(geometry: Geometry): void {
    const { type, xy, ends, parts } = geometry;
    const points = xy.length / 2;
    this.#header(geometry, type);
    if (type === 'Point') {
      this.#points(geometry, 0, 1);
      return;
    }
    if (type === 'LineString') {
      this.#line(geometry, 0, points);
      return;
    }
    const member = MEMBER[type];
    if (type === 'MultiPoint') {
      this.#uint(points);
      for (let i = 0; i < points; i++) {
        this.#header(geometry, 'Point');
        this.#points(geometry, i, i + 1);
      }
    } else if (type === 'Polygon' || type === 'MultiLineString') {
      const lines = ends && ends.length > 0 ? ends : Uint32Array.of(...(points > 0 ? [points] : []));
      this.#uint(lines.length);
      let from = 0;
      for (const to of lines) {
        if (member) this.#header(geometry, member);
        this.#line(geometry, from, to);
        from = to;
      }
    } else {
      this.#uint(parts.length);
      for (const part of parts) this.geometry(part);
    }
  }

  #header({ z, m }: Geometry, type: GeometryType): void {
    this.#view.setUint8(this.#at++, 1);
    this.#uint(GEOMETRY_TYPES.indexOf(type) + 1 + (z ? 1000 : 0) + (m ? 2000 : 0));
  }

  #line(geometry: Geometry, from: number, to: number): void {
    this.#uint(to - from);
    this.#points(geometry, from, to);
  }

  #points({ xy, z, m }: Geometry, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      this.#floats(xy[2 * i] ?? NaN, xy[2 * i + 1] ?? NaN);
      if (z) this.#floats(z[i] ?? NaN);
      if (m) this.#floats(m[i] ?? NaN);
    }
  }

  #uint(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  #floats(...values: number[]): void {
    for (const value of values) {
      this.#view.setFloat64(this.#at, value, true);
      this.#at += 8;
    }
  }
}

/** Reads little-endian ISO or extended WKB of any type but curves. */
export function fromWkb(wkb: Uint8Array): Geometry {
  return new WkbReader(new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength)).geometry();
}

class WkbReader {
  readonly #view: DataView;
  #at = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  geometry(): Geometry {
    this.#at++;
    const code = this.#uint();
    const thousands = Math.floor((code & 0xffff) / 1000);
    const hasZ = (code & 0x80000000) !== 0 || thousands === 1 || thousands === 3;
    const hasM = (code & 0x40000000) !== 0 || thousands >= 2;
    const number = (code & 0xffff) % 1000;
    // Polyhedral surfaces (15) and TINs (16) are polygons side by side, triangles (17) polygons of three corners.
    const type = number === 15 || number === 16 ? 'MultiPolygon' : number === 17 ? 'Polygon' : GEOMETRY_TYPES[number - 1];
    if (!type) throw new Error(`WKB of an unknown type (${code}).`);
    const points = new Points(hasZ, hasM);
    if (type === 'Point') {
      this.#points(points, 1);
      return points.geometry(type, null);
    }
    const count = this.#uint();
    if (type === 'LineString') {
      this.#points(points, count);
      return points.geometry(type, null);
    }
    if (type === 'MultiPolygon' || type === 'GeometryCollection') {
      const parts = Array.from({ length: count }, () => this.geometry());
      return { ...points.geometry(type, null), parts };
    }
    const ends: number[] = [];
    for (let i = 0; i < count; i++) {
      if (type !== 'Polygon') this.#at += 5;
      this.#points(points, type === 'MultiPoint' ? 1 : this.#uint());
      ends.push(points.count);
    }
    return points.geometry(type, type === 'MultiPoint' ? null : Uint32Array.from(ends));
  }

  #points(points: Points, count: number): void {
    const size = 8 * points.dimensions;
    for (let i = 0; i < count; i++, this.#at += size) points.add(this.#view, this.#at);
  }

  #uint(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }
}

/** Positions as they are read. */
class Points {
  readonly #xy: number[] = [];
  readonly #z: number[] | null;
  readonly #m: number[] | null;

  constructor(hasZ: boolean, hasM: boolean) {
    this.#z = hasZ ? [] : null;
    this.#m = hasM ? [] : null;
  }

  get dimensions(): number {
    return 2 + Number(this.#z !== null) + Number(this.#m !== null);
  }

  get count(): number {
    return this.#xy.length / 2;
  }

  add(view: DataView, at: number): void {
    this.#xy.push(view.getFloat64(at, true), view.getFloat64(at + 8, true));
    this.#z?.push(view.getFloat64(at + 16, true));
    this.#m?.push(view.getFloat64(at + (this.#z ? 24 : 16), true));
  }

  geometry(type: GeometryType, ends: Uint32Array | null): Geometry {
    // A point without a place is not-a-number in all dimensions.
    const isEmpty = type === 'Point' && Number.isNaN(this.#xy[0]);
    const array = (values: number[]) => Float64Array.from(isEmpty ? [] : values);
    return { type, xy: array(this.#xy), z: this.#z && array(this.#z), m: this.#m && array(this.#m), ends, parts: [] };
  }
}
