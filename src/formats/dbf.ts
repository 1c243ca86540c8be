import type { ByteBuffer } from '../store/bytes.ts';
import type { Encoder, EncoderTarget, Layout, Shape } from '../vector/encoder.ts';
import type { BatchMeasure } from '../vector/measure.ts';
import type { Row } from '../vector/row.ts';
import { DBASE_FIELDS, DBASE_NAMES, dbaseColumn, TWO_GIB } from './dbase.ts';
import { DbfRecords, dbfHeader, dbfRecordBytes, FILE_END } from './dbfrecords.ts';
import { ANY_GEOMETRY, atMostFields, type FeatureFormat } from './format.ts';

/** A table as a dBASE file, UTF-8 as its .cpg says. It shares the Shapefile's mimetype. */
export const dbf: FeatureFormat = {
  mimetype: 'application/x-zipped-shp',
  aliases: ['application/x-dbf', 'application/dbf'],
  kinds: ['table'],
  displayName: 'dBASE (DBF)',
  shortName: 'DBF',
  linkNames: ['dbf', 'shp'],
  extension: 'dbf',
  driver: null,
  fixedCrs: null,
  crsOptional: false,
  refuse: atMostFields(DBASE_FIELDS, 'dBASE'),
  writer: {
    geometry: ANY_GEOMETRY,
    names: DBASE_NAMES,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: null,
    blanksAreNulls: true,
    column: dbaseColumn,
    encoded: {
      measures: 'shapes',
      levels: [2],
      encoder: (target) => new DbfEncoder(target),
      layout: async (target, measures) => layout(target, measures),
    },
  },
};

/** Counts records, and writes them. */
class DbfEncoder implements Encoder {
  readonly #records: DbfRecords;
  #count = 0;

  constructor({ columns }: EncoderTarget) {
    this.#records = new DbfRecords(columns);
  }

  measure(): void {
    this.#count++;
  }

  measured(): BatchMeasure {
    const figures = Float64Array.of(this.#count);
    this.#count = 0;
    return { figures, lists: [] };
  }

  begin([records = 0]: readonly number[]): void {
    this.#records.begin(records);
  }

  write(_shape: Shape, row: Row): void {
    this.#records.write(row);
  }

  end(): readonly ByteBuffer[] {
    return [this.#records.out];
  }
}

function layout({ columns, name, modified }: EncoderTarget, measures: readonly Pick<BatchMeasure, 'figures'>[]): Layout {
  const recordSize = dbfRecordBytes(columns);
  const headerSize = dbfHeader(columns, 0, modified).length;
  const tables = [0];
  const batches = measures.map(({ figures: [count = 0] }) => {
    let records = tables.at(-1) ?? 0;
    if (records > 0 && headerSize + (records + count) * recordSize + 1 > TWO_GIB) {
      tables.push(0);
      records = 0;
    }
    const number = tables.length - 1;
    tables[number] = records + count;
    return { start: [records], files: [number] };
  });
  const names = tables.map((_, index) => (index === 0 ? name : `${name}-${index + 1}`));
  const files = [
    ...tables.map((records, index) => ({
      path: `${names[index]}.dbf`,
      head: [dbfHeader(columns, records, modified)],
      tail: [Uint8Array.of(FILE_END)],
      separator: null,
    })),
    ...names.map((table) => ({ path: `${table}.cpg`, head: [Buffer.from('UTF-8')], tail: [], separator: null })),
  ];
  const split = `A dBASE table holds at most 2 GiB, so this was split into ${tables.length} of them; their numbers continue in order.`;
  return { files, batches, reordered: null, warnings: tables.length > 1 ? [split] : [] };
}
