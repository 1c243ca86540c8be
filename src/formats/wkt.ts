import type { Geometry } from '../store/feature.ts';
import { isEmpty, lineEnds } from '../store/shape.ts';

/** A geometry as well-known text (OGC 06-103r4 section 7, with ISO's `Z`, `M` and `ZM`), every number in full. */
export function toWkt(geometry: Geometry): string {
  const { z, m } = firstWithPoints(geometry);
  const dimensions = `${z ? 'Z' : ''}${m ? 'M' : ''}`;
  const head = `${geometry.type.toUpperCase()}${dimensions ? ` ${dimensions}` : ''} `;
  return head + (isEmpty(geometry) ? 'EMPTY' : body(geometry));
}

function firstWithPoints(geometry: Geometry): Geometry {
  return geometry.parts[0] ? firstWithPoints(geometry.parts[0]) : geometry;
}

function body(geometry: Geometry): string {
  const { type, xy, parts } = geometry;
  const points = xy.length / 2;
  switch (type) {
    case 'Point':
    case 'LineString':
      return `(${positions(geometry, 0, points)})`;
    case 'MultiPoint':
      return `(${Array.from({ length: points }, (_, i) => `(${positions(geometry, i, i + 1)})`).join(',')})`;
    case 'Polygon':
    case 'MultiLineString': {
      const lines: string[] = [];
      let from = 0;
      for (const to of lineEnds(geometry)) {
        lines.push(`(${positions(geometry, from, to)})`);
        from = to;
      }
      return `(${lines.join(',')})`;
    }
    case 'MultiPolygon':
      return `(${parts.map(body).join(',')})`;
    case 'GeometryCollection':
      return `(${parts.map(toWkt).join(',')})`;
  }
}

function positions({ xy, z, m }: Geometry, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    text += `${i > from ? ',' : ''}${xy[2 * i]} ${xy[2 * i + 1]}`;
    if (z) text += ` ${z[i]}`;
    if (m) text += ` ${m[i]}`;
  }
  return text;
}
