import initGeosJs from 'geos-wasm';
import { type MultiPolygon, polygonsToWkb, wkbToPolygons } from './polygons.ts';

type Library = Awaited<ReturnType<typeof initGeosJs>>;

/** What GEOS refuses to do, in its own words. */
export class GeosError extends Error {}

/** GEOS calls this before a function returns its error value. */
let lastError = '';
let loaded: Promise<Geos> | undefined;

/** Loads GEOS (WebAssembly) once a process; later calls give the same. */
export function loadGeos(): Promise<Geos> {
  loaded ??= initGeosJs({
    errorHandler: (message) => {
      lastError = message;
    },
    noticeHandler: () => {},
  }).then((library) => {
    library.GEOS_setWKBOutputDims(4); // Z and M are written where a geometry has them
    return new Geos(library);
  });
  return loaded;
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

  intersection(other: GeosGeometry): GeosGeometry {
    return this.#made(this.#library.GEOSIntersection(this.#pointer, other.#pointer));
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

  /** Its polygons, without the points and lines that it may have beside them. */
  toPolygons(): MultiPolygon {
    return wkbToPolygons(this.toWkb());
  }

  #made(pointer: number): GeosGeometry {
    return new GeosGeometry(this.#library, pointer);
  }
}

/** GEOS's predicates give 0, 1, or 2 for an exception. */
function answer(value: number | boolean): boolean {
  if (value === 2) throw new GeosError(lastError);
  return value === 1 || value === true;
}
