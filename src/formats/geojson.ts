import { join } from 'node:path';
import type { Geometry, Value } from '../store/feature.ts';
import { isEmpty, lineEnds } from '../store/shape.ts';
import { asIs, asText, EXACT_IN_FLOAT, within } from '../vector/columns.ts';
import type { Column, OutputFeature, Sink, Target, Written } from '../vector/writer.ts';
import { ANY_GEOMETRY, ANY_NAME, type Format, neverRefuse } from './format.ts';
import { area } from './rings.ts';
import { TextFile } from './textfile.ts';

/** About a centimetre: what RFC 7946 section 11.2 calls enough is 6. */
const DECIMALS = 7;
const FACTOR = 10 ** DECIMALS;

/** GeoJSON (RFC 7946): EPSG:4326, outer rings counter-clockwise, cut at the antimeridian, 7 decimals. */
export const geojson: Format = {
  mimetype: 'application/geo+json',
  aliases: ['application/vnd.geo+json'],
  kinds: ['vector'],
  displayName: 'GeoJSON',
  shortName: 'GEOJSON',
  linkNames: ['geojson', 'json'],
  extension: 'geojson',
  driver: null,
  fixedCrs: 'EPSG:4326',
  crsOptional: false,
  refuse: neverRefuse,
  writer: {
    geometry: { ...ANY_GEOMETRY, m: false },
    names: ANY_NAME,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: null,
    blanksAreNulls: false,
    column(field) {
      if (field.type === 'integer64' && !within(field, EXACT_IN_FLOAT)) {
        return {
          ...asIs(field),
          warning: `Field “${field.name}” has whole numbers past 2^53; they are written in full, but many programs read them rounded.`,
        };
      }
      if (field.type === 'binary') return asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
      return asIs(field);
    },
    open: async (target) => new GeoJsonSink(target, await TextFile.create(join(target.outDir, `${target.name}.geojson`))),
  },
};

class GeoJsonSink implements Sink {
  readonly #file: TextFile;
  readonly #columns: readonly (Column & { key: string })[];
  #before = '{"type":"FeatureCollection","features":[\n';

  constructor(target: Target, file: TextFile) {
    this.#file = file;
    this.#columns = target.columns.map((column) => ({ ...column, key: JSON.stringify(column.name) }));
  }

  write({ geometry, values }: OutputFeature): void | Promise<void> {
    const properties = this.#columns.map(({ key, as }, index) => `${key}:${json(values[index] ?? null, as === 'json')}`).join(',');
    const text = `${this.#before}{"type":"Feature","properties":{${properties}},"geometry":${geometry ? geometryText(geometry) : 'null'}}`;
    this.#before = ',\n';
    return this.#file.write(text);
  }

  async close(): Promise<Written> {
    await this.#file.write(this.#before === ',\n' ? '\n]}\n' : `${this.#before}]}\n`);
    await this.#file.close();
    return { layers: [], warnings: [] };
  }

  abort(): Promise<void> {
    return this.#file.abandon();
  }
}

function json(value: Value, isJson: boolean): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string' && isJson && isJsonText(value)) return value;
  // JSON has no numbers that are not finite.
  return JSON.stringify(value);
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function geometryText(geometry: Geometry): string {
  if (geometry.type === 'GeometryCollection')
    return `{"type":"GeometryCollection","geometries":[${geometry.parts.map(geometryText).join(',')}]}`;
  return `{"type":"${geometry.type}","coordinates":${isEmpty(geometry) ? '[]' : coordinates(geometry)}}`;
}

function coordinates(geometry: Geometry): string {
  const { type, xy, parts } = geometry;
  const points = xy.length / 2;
  switch (type) {
    case 'Point':
      return position(geometry, 0);
    case 'LineString':
    case 'MultiPoint':
      return positions(geometry, 0, points, false);
    case 'MultiLineString':
      return `[${lines(geometry, () => false)}]`;
    case 'Polygon':
      // RFC 7946 section 3.1.6: outer rings run counter-clockwise, holes clockwise.
      return `[${lines(geometry, (from, to, index) => area(xy, from, to) > 0 !== (index === 0))}]`;
    case 'MultiPolygon':
    case 'GeometryCollection':
      return `[${parts.map(coordinates).join(',')}]`;
  }
}

function lines(geometry: Geometry, reversed: (from: number, to: number, index: number) => boolean): string {
  const texts: string[] = [];
  let from = 0;
  for (const to of lineEnds(geometry)) {
    texts.push(positions(geometry, from, to, reversed(from, to, texts.length)));
    from = to;
  }
  return texts.join(',');
}

function positions(geometry: Geometry, from: number, to: number, reversed: boolean): string {
  const texts: string[] = [];
  if (reversed) for (let i = to - 1; i >= from; i--) texts.push(position(geometry, i));
  else for (let i = from; i < to; i++) texts.push(position(geometry, i));
  return `[${texts.join(',')}]`;
}

function position({ xy, z }: Geometry, i: number): string {
  const [x, y] = [rounded(xy[2 * i]), rounded(xy[2 * i + 1])];
  return z ? `[${x},${y},${z[i]}]` : `[${x},${y}]`;
}

function rounded(value = 0): number {
  return Math.round(value * FACTOR) / FACTOR;
}
