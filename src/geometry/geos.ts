import { type MultiPolygon, polygonsToWkb, wkbToPolygons } from './polygons.ts';

type Library = Awaited<ReturnType<typeof import('geos-wasm').default>>;

/** What GEOS refuses to do, in its own words. */
export class GeosError extends Error {}

/** GEOS is needed, and not there. */
export class GeosMissing extends Error {}

/** GEOS calls this before a function returns its error value. */
let lastError = '';
let loading: Promise<Geos> | undefined;
let loaded: Geos | null = null;

/** Loads GEOS (WebAssembly) once a thread, which takes a tenth of a second and 30 MB; later calls give the same. */
export function loadGeos(): Promise<Geos> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Geos> {
  const { default: initGeosJs } = await import('geos-wasm');
  const library = await initGeosJs({
    errorHandler: (message) => {
      lastError = message;
    },
    noticeHandler: () => {},
  });
  library.GEOS_setWKBOutputDims(4); // Z and M are written where a geometry has them
  loaded = new Geos(library);
  return loaded;
}

/** GEOS where this thread has it. */
export function loadedGeos(): Geos | null {
  return loaded;
}

/** A polygon without heights: x, y of the positions of its rings, one ring after the other, and the position after the last of each. */
export interface Rings {
  xy: Float64Array;
  ends: ArrayLike<number>;
}

/** Makes geometries. They live in GEOS's own memory, so each is held by `using` or disposed of. */
export class Geos {
  readonly #library: Library;

  constructor(library: Library) {
    this.#library = library;
  }

  /**
   * @param wkb ISO or extended WKB of any type.
   * @throws {GeosError} when it is no WKB, or a ring is open or has fewer than 4 positions.
   */
  fromWkb(wkb: Uint8Array): GeosGeometry {
    const { Module } = this.#library;
    const buffer = Module._malloc(wkb.byteLength);
    try {
      Module.HEAPU8.set(wkb, buffer);
      return new GeosGeometry(this.#library, this.#library.GEOSGeomFromWKB_buf(buffer, wkb.byteLength));
    } finally {
      Module._free(buffer);
    }
  }

  /** @throws {GeosError} when a ring is open or has fewer than 4 positions. */
  fromPolygons(polygons: MultiPolygon): GeosGeometry {
    return this.fromWkb(polygonsToWkb(polygons));
  }

  /**
   * A polygon; three times as fast as by WKB.
   * @throws {GeosError} when a ring is open or has fewer than 4 positions.
   */
  fromRings({ xy, ends }: Rings): GeosGeometry {
    const library = this.#library;
    const { Module } = library;
    const buffer = Module._malloc(Math.max(8, xy.byteLength));
    const rings: number[] = [];
    try {
      Module.HEAPF64.set(xy, buffer / 8);
      let from = 0;
      for (let i = 0; i < ends.length; i++) {
        const to = ends[i] ?? from;
        const sequence = library.GEOSCoordSeq_copyFromBuffer(buffer + 16 * from, to - from, 0, 0);
        const ring = sequence === 0 ? 0 : library.GEOSGeom_createLinearRing(sequence);
        if (ring === 0) {
          for (const made of rings) library.GEOSGeom_destroy(made);
          throw new GeosError(lastError);
        }
        rings.push(ring);
        from = to;
      }
      const [shell, ...holes] = rings;
      if (shell === undefined) throw new GeosError('A polygon has no rings.');
      // Their coordinates are no longer needed, and pointers are smaller.
      Module.HEAPU32.set(holes, buffer / 4);
      return new GeosGeometry(library, library.GEOSGeom_createPolygon(shell, buffer, holes.length));
    } finally {
      Module._free(buffer);
    }
  }

  rectangle(minX: number, minY: number, maxX: number, maxY: number): GeosGeometry {
    return new GeosGeometry(this.#library, this.#library.GEOSGeom_createRectangle(minX, minY, maxX, maxY));
  }

  /** The size of GEOS's memory, which grows but never shrinks. */
  memoryBytes(): number {
    return this.#library.Module.HEAPU8.byteLength;
  }
}

/** A geometry in GEOS's memory, until it is disposed of. Every method throws {GeosError} where GEOS does. */
export class GeosGeometry implements Disposable {
  readonly #library: Library;
  #pointer: number;

  constructor(library: Library, pointer: number) {
    if (pointer === 0) throw new GeosError(lastError);
    this.#library = library;
    this.#pointer = pointer;
  }

  [Symbol.dispose](): void {
    if (this.#pointer !== 0) this.#library.GEOSGeom_destroy(this.#pointer);
    this.#pointer = 0;
  }

  isEmpty(): boolean {
    return answer(this.#library.GEOSisEmpty(this.#pointer));
  }

  isValid(): boolean {
    return answer(this.#library.GEOSisValid(this.#pointer));
  }

  /** Null when it is valid, or GEOS's reason and the place: `Self-intersection` at x, y. */
  invalidity(): { reason: string; x: number; y: number } | null {
    const text = this.#library.GEOSisValidReason(this.#pointer);
    if (text === 0) throw new GeosError(lastError);
    const reason = this.#library.Module.UTF8ToString(text);
    this.#library.GEOSFree(text);
    const [, what, x, y] = /^(.*?)\[(\S+) (\S+)[^\]]*\]$/.exec(reason) ?? [];
    if (what !== undefined) return { reason: what, x: Number(x), y: Number(y) };
    return reason === 'Valid Geometry' ? null : { reason, x: Number.NaN, y: Number.NaN };
  }

  /**
   * A valid geometry of the same positions; may be a collection with the lines and points that polygons collapsed to.
   * @param method `linework` keeps all lines and makes what they enclose an odd number of times inside; `structure` first mends each
   * ring, then unites the outer rings and takes the holes out, and gives up what collapses.
   */
  makeValid(method: 'linework' | 'structure' = 'linework'): GeosGeometry {
    const library = this.#library;
    const params = library.GEOSMakeValidParams_create();
    try {
      library.GEOSMakeValidParams_setMethod(params, method === 'structure' ? 1 : 0);
      library.GEOSMakeValidParams_setKeepCollapsed(params, method === 'structure' ? 0 : 1);
      return this.#made(library.GEOSMakeValidWithParams(this.#pointer, params));
    } finally {
      library.GEOSMakeValidParams_destroy(params);
    }
  }

  /** All its parts united, without seams. */
  union(): GeosGeometry {
    return this.#made(this.#library.GEOSUnaryUnion(this.#pointer));
  }

  /** @param gridSize all coordinates are rounded to its multiples, where it is given; that never fails. */
  intersection(other: GeosGeometry, gridSize?: number): GeosGeometry {
    const library = this.#library;
    if (gridSize !== undefined) return this.#made(library.GEOSIntersectionPrec(this.#pointer, other.#pointer, gridSize));
    return this.#made(library.GEOSIntersection(this.#pointer, other.#pointer));
  }

  /** Whether no point of the other lies outside. */
  covers(other: GeosGeometry): boolean {
    return answer(this.#library.GEOSCovers(this.#pointer, other.#pointer));
  }

  intersects(other: GeosGeometry): boolean {
    return answer(this.#library.GEOSIntersects(this.#pointer, other.#pointer));
  }

  /** In squared units of its coordinates. */
  area(): number {
    const { Module } = this.#library;
    const result = Module._malloc(8);
    try {
      if (this.#library.GEOSArea(this.#pointer, result) === 0) throw new GeosError(lastError);
      return Module.getValue(result, 'double');
    } finally {
      Module._free(result);
    }
  }

  /** Little-endian WKB, with Z and M where it has them. */
  toWkb(): Uint8Array {
    const { Module } = this.#library;
    const size = Module._malloc(4);
    try {
      const buffer = this.#library.GEOSGeomToWKB_buf(this.#pointer, size);
      if (buffer === 0) throw new GeosError(lastError);
      const wkb = Module.HEAPU8.slice(buffer, buffer + Module.getValue(size, 'i32'));
      this.#library.GEOSFree(buffer);
      return wkb;
    } finally {
      Module._free(size);
    }
  }

  vertexCount(): number {
    return this.#library.GEOSGetNumCoordinates(this.#pointer);
  }

  /** Its polygons, without heights, and without the points and lines that it may have beside them. */
  polygonRings(): { xy: Float64Array; ends: Uint32Array }[] {
    const polygons: { xy: Float64Array; ends: Uint32Array }[] = [];
    collectRings(this.#library, this.#pointer, polygons);
    return polygons;
  }

  /** Its polygons, without the points and lines that it may have beside them. */
  toPolygons(): MultiPolygon {
    return wkbToPolygons(this.toWkb());
  }

  #made(pointer: number): GeosGeometry {
    return new GeosGeometry(this.#library, pointer);
  }
}

/** GEOSGeomTypes of geos_c.h. */
const POLYGON = 3;
const MULTI_POLYGON = 6;
const GEOMETRY_COLLECTION = 7;

function collectRings(library: Library, pointer: number, polygons: { xy: Float64Array; ends: Uint32Array }[]): void {
  const type = library.GEOSGeomTypeId(pointer);
  if (type === MULTI_POLYGON || type === GEOMETRY_COLLECTION) {
    const count = library.GEOSGetNumGeometries(pointer);
    for (let i = 0; i < count; i++) collectRings(library, library.GEOSGetGeometryN(pointer, i), polygons);
  }
  const vertices = type === POLYGON ? library.GEOSGetNumCoordinates(pointer) : 0;
  if (vertices === 0) return;
  const { Module } = library;
  const ends = new Uint32Array(1 + library.GEOSGetNumInteriorRings(pointer));
  const buffer = Module._malloc(16 * vertices);
  try {
    let at = 0;
    for (let i = 0; i < ends.length; i++) {
      const ring = i === 0 ? library.GEOSGetExteriorRing(pointer) : library.GEOSGetInteriorRingN(pointer, i - 1);
      library.GEOSCoordSeq_copyToBuffer(library.GEOSGeom_getCoordSeq(ring), buffer + 16 * at, 0, 0);
      at += library.GEOSGetNumCoordinates(ring);
      ends[i] = at;
    }
    polygons.push({ xy: Module.HEAPF64.slice(buffer / 8, buffer / 8 + 2 * vertices), ends });
  } finally {
    Module._free(buffer);
  }
}

/** GEOS's predicates give 0, 1, or 2 for an exception. */
function answer(value: number | boolean): boolean {
  if (value === 2) throw new GeosError(lastError);
  return value === 1 || value === true;
}
