import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet-writer';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { definitionText } from '../crs/definition.ts';
import type { Geometry, GeometryType, Value } from '../store/feature.ts';
import type { FieldType } from '../store/profile.ts';
import { emptyBox, extendBox, isEmpty } from '../store/shape.ts';
import { toWkb } from '../store/wkb.ts';
import { asIs } from '../vector/columns.ts';
import type { OutputFeature, Sink, Target, Written } from '../vector/writer.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, neverRefuse } from './format.ts';
import { freeName } from './names.ts';

/** A row group ends with so many rows, or bytes of geometry and text. */
const GROUP_ROWS = 65_536;
const GROUP_BYTES = 64 << 20;

/** GeoParquet 1.1 (WKB and the `geo` metadata), and plain Parquet for tables. */
const parquet: FeatureFormat = {
  mimetype: 'application/vnd.apache.parquet',
  aliases: ['application/x-parquet'],
  kinds: ['vector', 'table'],
  displayName: 'GeoParquet',
  shortName: 'PARQUET',
  linkNames: ['parquet', 'geoparquet'],
  extension: 'parquet',
  driver: null,
  fixedCrs: null,
  crsOptional: false,
  refuse: neverRefuse,
  writer: {
    geometry: { ...ANY_GEOMETRY, m: false },
    names: ANY_NAME,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column: (field) => (field.type === 'datetime' ? { ...asIs(field), toUtc: true } : asIs(field)),
    open: async (target) => new ParquetSink(target, await projJson(target)),
  },
};

/** The same for tables, under the name that a table's users know. */
export const tableParquet: FeatureFormat = { ...parquet, kinds: ['table'], displayName: 'Parquet' };
export const geoParquet: FeatureFormat = { ...parquet, kinds: ['vector'] };

/** Parquet's types (parquet-format, LogicalTypes.md) for ours. Times alone stay text. */
const TYPES: Record<FieldType, Omit<SchemaElement, 'name'>> = {
  boolean: { type: 'BOOLEAN' },
  int16: { type: 'INT32', converted_type: 'INT_16' },
  integer: { type: 'INT32' },
  integer64: { type: 'INT64' },
  float32: { type: 'FLOAT' },
  real: { type: 'DOUBLE' },
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  date: { type: 'INT32', converted_type: 'DATE' },
  time: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  datetime: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
  binary: { type: 'BYTE_ARRAY' },
};

class ParquetSink implements Sink {
  readonly #writer: ParquetWriter;
  readonly #names: string[];
  readonly #target: Target;
  readonly #crs: unknown;
  readonly #types = new Set<string>();
  readonly #extent = emptyBox();
  #group: unknown[][];
  #bytes = 0;

  constructor(target: Target, crs: unknown) {
    this.#target = target;
    this.#crs = crs;
    const columns: SchemaElement[] = target.columns.map(({ name, as }) => ({ name, ...TYPES[as], repetition_type: 'OPTIONAL' }));
    if (target.kind === 'vector')
      columns.push({ name: freeName(target.columns, 'geometry'), type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' });
    this.#names = columns.map(({ name }) => name);
    this.#group = this.#names.map(() => []);
    const schema: SchemaElement[] = [{ name: 'schema', num_children: columns.length }, ...columns];
    const writer = fileWriter(join(target.outDir, `${target.name}.parquet`));
    this.#writer = new ParquetWriter({ writer, schema, createdBy: 'geocrate' });
  }

  write({ geometry, values }: OutputFeature): void {
    const { columns, kind } = this.#target;
    columns.forEach(({ as }, index) => {
      const value = values[index] ?? null;
      if (typeof value === 'string' || value instanceof Uint8Array) this.#bytes += value.length;
      this.#group[index]?.push(cell(value, as));
    });
    if (kind === 'vector') {
      const wkb = geometry && toWkb(geometry);
      if (geometry) this.#measure(geometry);
      this.#bytes += wkb?.length ?? 0;
      this.#group[columns.length]?.push(wkb);
    }
    if ((this.#group[0]?.length ?? 0) >= GROUP_ROWS || this.#bytes >= GROUP_BYTES) this.#flush();
  }

  #flush(): void {
    const rows = this.#group[0]?.length ?? 0;
    if (rows > 0)
      this.#writer.write({ columnData: this.#names.map((name, index) => ({ name, data: this.#group[index] ?? [] })), rowGroupSize: rows });
    this.#group = this.#names.map(() => []);
    this.#bytes = 0;
  }

  #measure(geometry: Geometry): void {
    this.#types.add(geometryType(geometry.type, geometry));
    extendBox(this.#extent, geometry);
  }

  async close(): Promise<Written> {
    this.#flush();
    if (this.#target.kind === 'vector') this.#writer.kvMetadata = [{ key: 'geo', value: JSON.stringify(this.#metadata()) }];
    await this.#writer.finish();
    return { layers: [], warnings: [] };
  }

  /** The `geo` key (GeoParquet 1.1.0, "File metadata"). */
  #metadata(): object {
    const name = this.#names.at(-1) ?? 'geometry';
    const bbox = this.#extent[0] <= this.#extent[2] ? { bbox: this.#extent } : {};
    const column = { encoding: 'WKB', geometry_types: [...this.#types].sort(), crs: this.#crs, ...bbox };
    return { version: '1.1.0', primary_column: name, columns: { [name]: column } };
  }

  async abort(): Promise<void> {}
}

function geometryType(type: GeometryType, geometry: Geometry): string {
  const first = (one: Geometry): Geometry => (one.parts[0] ? first(one.parts[0]) : one);
  return !isEmpty(geometry) && first(geometry).z ? `${type} Z` : type;
}

const DAY_MS = 86_400_000;

function cell(value: Value, as: FieldType): unknown {
  if (value === null) return null;
  if (as === 'date') return Math.round(Date.parse(`${value}T00:00:00Z`) / DAY_MS);
  if (as !== 'datetime') return value;
  const [, moment = '', fraction = ''] = /^(.*?)(?:\.(\d+))?$/.exec(String(value)) ?? [];
  return BigInt(Date.parse(`${moment}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6) || '0');
}

/** The CRS as PROJJSON, which GeoParquet wants. */
async function projJson({ crs }: Target): Promise<unknown> {
  if (!crs) return null;
  return JSON.parse(await definitionText(crs.id ?? crs.wkt, 'projjson'));
}
