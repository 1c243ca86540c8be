import type { ByteBuffer } from '../store/bytes.ts';
import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import { isEmpty } from '../store/shape.ts';

const COMMA = 0x2c;
const OPEN = 0x28;
const CLOSE = 0x29;
const SPACE = 0x20;

/** Writes a geometry as well-known text (OGC 06-103r4 section 7, with ISO's `Z`, `M` and `ZM`), every number in full. */
export function writeWkt(out: ByteBuffer, shape: FlatGeometry | Geometry): void {
  if (!(shape instanceof FlatGeometry)) {
    writeCollection(out, shape);
    return;
  }
  out.ascii(shape.type.toUpperCase());
  out.ascii(shape.hasZ || shape.hasM ? ` ${shape.hasZ ? 'Z' : ''}${shape.hasM ? 'M' : ''} ` : ' ');
  if (shape.count === 0) out.ascii('EMPTY');
  else writeBody(out, shape);
}

function writeCollection(out: ByteBuffer, collection: Geometry): void {
  const [hasZ, hasM] = [has(collection, 'z'), has(collection, 'm')];
  out.ascii(`GEOMETRYCOLLECTION${hasZ || hasM ? ` ${hasZ ? 'Z' : ''}${hasM ? 'M' : ''}` : ''} `);
  if (isEmpty(collection)) {
    out.ascii('EMPTY');
    return;
  }
  const flat = new FlatGeometry();
  out.uint8(OPEN);
  collection.parts.forEach((part, index) => {
    if (index > 0) out.uint8(COMMA);
    if (part.type === 'GeometryCollection') writeCollection(out, part);
    else {
      flat.set(part);
      writeWkt(out, flat);
    }
  });
  out.uint8(CLOSE);
}

function has(geometry: Geometry, values: 'z' | 'm'): boolean {
  return geometry.parts.length > 0 ? geometry.parts.some((part) => has(part, values)) : geometry[values] !== null;
}

function writeBody(out: ByteBuffer, flat: FlatGeometry): void {
  switch (flat.type) {
    case 'Point':
    case 'LineString':
      writePositions(out, flat, 0, flat.count);
      return;
    case 'MultiPoint':
      out.uint8(OPEN);
      for (let i = 0; i < flat.count; i++) {
        if (i > 0) out.uint8(COMMA);
        writePositions(out, flat, i, i + 1);
      }
      out.uint8(CLOSE);
      return;
    case 'Polygon':
    case 'MultiLineString':
      writeLines(out, flat, 0, flat.endCount);
      return;
    case 'MultiPolygon':
      out.uint8(OPEN);
      for (let i = 0, from = 0; i < flat.polygonCount; i++) {
        if (i > 0) out.uint8(COMMA);
        const to = flat.polygons[i] ?? 0;
        writeLines(out, flat, from, to);
        from = to;
      }
      out.uint8(CLOSE);
  }
}

function writeLines(out: ByteBuffer, flat: FlatGeometry, first: number, last: number): void {
  out.uint8(OPEN);
  for (let line = first; line < last; line++) {
    if (line > first) out.uint8(COMMA);
    writePositions(out, flat, line === 0 ? 0 : (flat.ends[line - 1] ?? 0), flat.ends[line] ?? 0);
  }
  out.uint8(CLOSE);
}

function writePositions(out: ByteBuffer, { xy, z, m, hasZ, hasM }: FlatGeometry, from: number, to: number): void {
  out.uint8(OPEN);
  for (let i = from; i < to; i++) {
    if (i > from) out.uint8(COMMA);
    out.numberAt(xy, 2 * i);
    out.uint8(SPACE);
    out.numberAt(xy, 2 * i + 1);
    if (hasZ) {
      out.uint8(SPACE);
      out.numberAt(z, i);
    }
    if (hasM) {
      out.uint8(SPACE);
      out.numberAt(m, i);
    }
  }
  out.uint8(CLOSE);
}
