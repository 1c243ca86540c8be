import { join } from 'node:path';
import type { Geometry, Value } from '../store/feature.ts';
import { asIs, asText } from '../vector/columns.ts';
import type { Column, OutputFeature, Sink, Target, Written } from '../vector/writer.ts';
import { ANY_GEOMETRY, ANY_NAME, type Format, neverRefuse } from './format.ts';
import { freeName } from './names.ts';
import { TextFile } from './textfile.ts';
import { toWkt } from './wkt.ts';

/** CSV (RFC 4180, with LF), UTF-8 without a byte order mark. Layers have a column of WKT, and layers of points X, Y and Z besides. */
export const csv: Format = {
  mimetype: 'text/csv',
  aliases: [],
  kinds: ['vector', 'table'],
  displayName: 'CSV',
  shortName: 'CSV',
  linkNames: ['csv'],
  extension: 'csv',
  driver: null,
  fixedCrs: null,
  crsOptional: false,
  refuse: neverRefuse,
  writer: {
    geometry: ANY_GEOMETRY,
    names: ANY_NAME,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column: (field) =>
      field.type === 'boolean'
        ? asIs(field)
        : field.type === 'binary'
          ? asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`)
          : asIs(field),
    open: async (target) => new CsvSink(target, await TextFile.create(join(target.outDir, `${target.name}.csv`))),
  },
};

class CsvSink implements Sink {
  readonly #file: TextFile;
  readonly #target: Target;
  /** Null where the layer has other geometry than single points. */
  readonly #pointAxes: number | null;
  #head: string | null;

  constructor(target: Target, file: TextFile) {
    this.#file = file;
    this.#target = target;
    const isLayer = target.kind === 'vector';
    const types = Object.keys(target.profile.geometry_types);
    const pointsOnly = isLayer && types.length === 1 && types[0] === 'Point';
    this.#pointAxes = pointsOnly ? (target.hasZ ? 3 : 2) : null;
    this.#head = row(
      [...geometryNames(target.columns, isLayer, this.#pointAxes ?? 0), ...target.columns.map(({ name }) => name)].map(cell),
    );
  }

  write({ geometry, values }: OutputFeature): void | Promise<void> {
    const cells = values.map(cell);
    return this.#write(row(this.#target.kind === 'vector' ? [...this.#geometryCells(geometry), ...cells] : cells));
  }

  #write(text: string): void | Promise<void> {
    const head = this.#head ?? '';
    this.#head = null;
    return this.#file.write(head + text);
  }

  #geometryCells(geometry: Geometry | null): string[] {
    const wkt = geometry ? `"${toWkt(geometry)}"` : '';
    if (this.#pointAxes === null) return [wkt];
    const [x = '', y = ''] = geometry ? geometry.xy : [];
    const axes = [String(x), String(y), String(geometry?.z?.[0] ?? '')];
    return [wkt, ...axes.slice(0, this.#pointAxes)];
  }

  async close(): Promise<Written> {
    await this.#write('');
    await this.#file.close();
    return { layers: [], warnings: [] };
  }

  abort(): Promise<void> {
    return this.#file.abandon();
  }
}

function geometryNames(columns: readonly Column[], isLayer: boolean, axes: number): string[] {
  return isLayer ? ['WKT', ...['X', 'Y', 'Z'].slice(0, axes)].map((name) => freeName(columns, name)) : [];
}

function row(cells: readonly string[]): string {
  return `${cells.join(',')}\n`;
}

/** Null is nothing, an empty text a pair of quotes. */
function cell(value: Value): string {
  if (value === null) return '';
  if (typeof value !== 'string') return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
  return value === '' || /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
