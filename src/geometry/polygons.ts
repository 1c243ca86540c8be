/**
 * The coordinates of a GeoJSON MultiPolygon (RFC 7946 section 3.1.7): polygons, each its outer ring and then its holes, each ring
 * its positions, the first repeated as the last. Positions are x, y: longitude and latitude, or easting and northing.
 */
export type MultiPolygon = number[][][][];

/** OGC 06-103r4 section 8.2: the codes of geometry types; thousands say Z, M and ZM. */
const POLYGON = 3;
const MULTI_POLYGON = 6;
const GEOMETRY_COLLECTION = 7;

/** Polygons as little-endian WKB, two numbers a position (OGC 06-103r4 section 8.2). */
export function polygonsToWkb(polygons: MultiPolygon): Uint8Array {
  let size = 9;
  for (const rings of polygons) {
    size += 9;
    for (const ring of rings) size += 4 + ring.length * 16;
  }
  const wkb = new Uint8Array(size);
  const view = new DataView(wkb.buffer);
  let at = 0;
  const uint = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const header = (type: number, count: number) => {
    view.setUint8(at++, 1);
    uint(type);
    uint(count);
  };
  header(MULTI_POLYGON, polygons.length);
  for (const rings of polygons) {
    header(POLYGON, rings.length);
    for (const ring of rings) {
      uint(ring.length);
      for (const [x = Number.NaN, y = Number.NaN] of ring) {
        view.setFloat64(at, x, true);
        view.setFloat64(at + 8, y, true);
        at += 16;
      }
    }
  }
  return wkb;
}

/**
 * The polygons of a geometry, as x and y; the points and lines of a collection are left out, and so is what is empty.
 * @param wkb little-endian WKB without SRID.
 */
export function wkbToPolygons(wkb: Uint8Array): MultiPolygon {
  const view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
  const polygons: MultiPolygon = [];
  let at = 0;
  const uint = () => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  // One geometry at a time; the members of a collection follow its header, so counting down is enough to walk any nesting.
  for (let left = 1; left > 0; left--) {
    at++;
    const type = uint();
    const base = (type & 0xffff) % 1000;
    if (base >= 4 && base <= GEOMETRY_COLLECTION) {
      left += uint();
      continue;
    }
    const bytes = 8 * dimensions(type);
    if (base === POLYGON) {
      const rings: number[][][] = [];
      for (let count = uint(); count > 0; count--) {
        const ring: number[][] = [];
        for (let points = uint(); points > 0; points--) {
          ring.push([view.getFloat64(at, true), view.getFloat64(at + 8, true)]);
          at += bytes;
        }
        rings.push(ring);
      }
      if (rings.length > 0) polygons.push(rings);
      continue;
    }
    const points = base === 1 ? 1 : uint();
    at += points * bytes;
  }
  return polygons;
}

/** Numbers a position, of a type in ISO's (thousands) or the extended (high bits) form. */
function dimensions(type: number): number {
  const thousands = Math.floor((type & 0xffff) / 1000);
  const z = thousands === 1 || thousands === 3 || (type & 0x80000000) !== 0;
  const m = thousands >= 2 || (type & 0x40000000) !== 0;
  return 2 + Number(z) + Number(m);
}
