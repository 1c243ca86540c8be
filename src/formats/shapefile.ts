import { WORDS } from '../archive/deflated.ts';
import { definitionText } from '../crs/definition.ts';
import type { ByteBuffer } from '../store/bytes.ts';
import { FlatGeometry } from '../store/flat.ts';
import { type Dimension, dimensionOf, mainDimension } from '../store/shape.ts';
import type { Encoder, EncoderTarget, FileLayout, Layout, Shape } from '../vector/encoder.ts';
import type { BatchMeasure } from '../vector/measure.ts';
import type { Row } from '../vector/row.ts';
import { expresses } from '../vector/verify.ts';
import { DBASE_FIELDS, DBASE_NAMES, dbaseColumn, TWO_GIB } from './dbase.ts';
import { DbfRecords, dbfHeader, dbfRecordBytes, FILE_END } from './dbfrecords.ts';
import { ANY_GEOMETRY, atMostFields, type FeatureFormat } from './format.ts';
import { fileHeader, HEADER_BYTES, Ranges, RECORD_HEADER_BYTES, recordBytes, type ShapeKind, ShapeRecords } from './shp.ts';

/** Shapefile (ESRI Shapefile Technical Description, July 1998): one file each for points, lines and polygons, attributes as dBASE, UTF-8. */
export const shapefile: FeatureFormat = {
  mimetype: 'application/x-zipped-shp',
  aliases: ['application/x-shapefile', 'application/vnd.shp'],
  kinds: ['vector'],
  displayName: 'Shapefile',
  shortName: 'SHP',
  linkNames: ['shp', 'shapefile'],
  extension: 'shp',
  driver: null,
  fixedCrs: null,
  crsOptional: false,
  refuse: atMostFields(DBASE_FIELDS, 'Shapefile'),
  writer: {
    geometry: { ...ANY_GEOMETRY, perFile: 'dimension', collections: 'apart', empties: 'null' },
    names: DBASE_NAMES,
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: null,
    blanksAreNulls: true,
    column: dbaseColumn,
    encoded: { measures: 'shapes', levels: [WORDS, 2, 2], encoder: (target) => new ShapefileEncoder(target), layout },
  },
};

const DIMENSIONS = [0, 1, 2] as const;
const SUFFIXES = ['point', 'line', 'polygon'] as const;
const PARTS = ['shp', 'shx', 'dbf'] as const;

/**
 * What is measured of a batch, for each dimension: records, bytes of the .shp with single points and with MultiPoints, MultiPoints, and 8 ranges.
 * Only points differ in the two sizes.
 */
const FIGURES = 12;
/** What the encoder begins with: whether points are MultiPoints, and for each dimension the records before and where the next one begins. */
const STARTS = 1 + 2 * DIMENSIONS.length;

/** Where each dimension has a file of its own, what has no geometry goes with the layer's main one. */
function dimensionOfShape(shape: Shape, main: Dimension): Dimension {
  return shape ? (dimensionOf(shape.type) ?? main) : main;
}

function kindOf({ hasZ, hasM }: EncoderTarget, dimension: Dimension, multi: boolean): ShapeKind {
  return { dimension, multi: dimension === 0 && multi, hasZ, hasM };
}

class ShapefileEncoder implements Encoder {
  readonly #target: EncoderTarget;
  readonly #main: Dimension;
  readonly #figures = new Float64Array(FIGURES * DIMENSIONS.length);
  readonly #ranges = DIMENSIONS.map(() => new Ranges());
  readonly #kinds: { single: ShapeKind; multi: ShapeKind }[];
  #records: { shapes: ShapeRecords; rows: DbfRecords }[] = [];
  #multi = false;

  constructor(target: EncoderTarget) {
    this.#target = target;
    this.#main = mainDimension(target.profile) ?? 0;
    this.#kinds = DIMENSIONS.map((dimension) => ({ single: kindOf(target, dimension, false), multi: kindOf(target, dimension, true) }));
  }

  measure(shape: Shape): void {
    const dimension = dimensionOfShape(shape, this.#main);
    const flat = shape instanceof FlatGeometry ? shape : null;
    const kinds = this.#kinds[dimension];
    if (!kinds) return;
    const at = FIGURES * dimension;
    const figures = this.#figures;
    figures[at] = (figures[at] ?? 0) + 1;
    figures[at + 1] = (figures[at + 1] ?? 0) + recordBytes(kinds.single, flat);
    figures[at + 2] = (figures[at + 2] ?? 0) + recordBytes(kinds.multi, flat);
    if (flat?.type === 'MultiPoint') figures[at + 3] = (figures[at + 3] ?? 0) + 1;
    if (flat) this.#ranges[dimension]?.add(flat);
  }

  measured(): BatchMeasure {
    this.#ranges.forEach((ranges, dimension) => {
      this.#figures.set(ranges.values, FIGURES * dimension + 4);
      ranges.clear();
    });
    const figures = this.#figures.slice();
    this.#figures.fill(0);
    return { figures, lists: [] };
  }

  begin(start: readonly number[]): void {
    const multi = start[0] === 1;
    if (this.#records.length === 0 || multi !== this.#multi) {
      this.#multi = multi;
      this.#records = DIMENSIONS.map((dimension) => ({
        shapes: new ShapeRecords(kindOf(this.#target, dimension, multi)),
        rows: new DbfRecords(this.#target.columns),
      }));
    }
    this.#records.forEach(({ shapes, rows }, dimension) => {
      const records = start[1 + 2 * dimension] ?? 0;
      shapes.begin(records, start[2 + 2 * dimension] ?? 0);
      rows.begin(records);
    });
  }

  write(shape: Shape, row: Row): void {
    const records = this.#records[dimensionOfShape(shape, this.#main)];
    records?.shapes.write(shape instanceof FlatGeometry ? shape : null);
    records?.rows.write(row);
  }

  end(): readonly ByteBuffer[] {
    return this.#records.flatMap(({ shapes, rows }) => [shapes.shapes, shapes.index, rows.out]);
  }
}

/** One Shapefile of an output: its batches' records, as far as it goes. */
interface Piece {
  dimension: Dimension;
  records: number;
  bytes: number;
  ranges: Ranges;
}

async function layout(target: EncoderTarget, measures: readonly Pick<BatchMeasure, 'figures'>[]): Promise<Layout> {
  const { columns, name, crs, modified, profile } = target;
  const of = (measure: Pick<BatchMeasure, 'figures'>, dimension: number, figure: number) =>
    measure.figures[FIGURES * dimension + figure] ?? 0;
  const multi = measures.some((measure) => of(measure, 0, 3) > 0);
  const singles = measures.some((measure) => of(measure, 0, 0) > of(measure, 0, 3));
  const recordSize = dbfRecordBytes(columns);
  const headerSize = dbfHeader(columns, 0, modified).length;
  const pieces: Piece[] = [];
  const last = new Map<Dimension, number>();
  const open = (dimension: Dimension): Piece => {
    const piece = { dimension, records: 0, bytes: HEADER_BYTES, ranges: new Ranges() };
    last.set(dimension, pieces.push(piece) - 1);
    return piece;
  };
  const batches = measures.map((measure) => {
    const start = new Array<number>(STARTS).fill(0);
    start[0] = multi ? 1 : 0;
    const files: number[] = [];
    for (const dimension of DIMENSIONS) {
      const records = of(measure, dimension, 0);
      const bytes = of(measure, dimension, multi ? 2 : 1);
      let piece = pieces[last.get(dimension) ?? -1];
      if (records > 0) {
        const full = piece && (piece.bytes + bytes > TWO_GIB || headerSize + (piece.records + records) * recordSize + 1 > TWO_GIB);
        if (!piece || full) piece = open(dimension);
        start[1 + 2 * dimension] = piece.records;
        start[2 + 2 * dimension] = piece.bytes;
        piece.records += records;
        piece.bytes += bytes;
        piece.ranges.extend(measure.figures.subarray(FIGURES * dimension + 4, FIGURES * (dimension + 1)));
      }
      const number = last.get(dimension) ?? 0;
      files.push(...PARTS.map((_, part) => number * PARTS.length + part));
    }
    return { start, files };
  });
  if (pieces.length === 0) open(mainDimension(profile) ?? 0);
  const projection = crs && (await definitionText(crs.id ?? crs.wkt, 'wkt_esri'));
  const names = pieceNames(name, pieces);
  const files: FileLayout[] = pieces.flatMap(({ dimension, records, bytes, ranges }, index) => {
    const kind = kindOf(target, dimension, multi);
    const heads = {
      shp: fileHeader(kind, bytes, ranges),
      shx: fileHeader(kind, HEADER_BYTES + records * RECORD_HEADER_BYTES, ranges),
      dbf: dbfHeader(columns, records, modified),
    };
    return PARTS.map((part) => file(`${names[index]}.${part}`, heads[part], part === 'dbf' ? [Uint8Array.of(FILE_END)] : undefined));
  });
  for (const piece of names) {
    files.push(file(`${piece}.cpg`, Buffer.from('UTF-8')));
    if (projection) files.push(file(`${piece}.prj`, Buffer.from(projection)));
  }
  const warnings = projection && crs ? await expresses(`ESRI::${projection}`, crs, profile) : [];
  return {
    files,
    batches,
    reordered: null,
    warnings: [...warnings, ...piecesInWords(pieces), ...(multi && singles ? [MIXED_POINTS] : [])],
  };
}

const MIXED_POINTS = 'Points were written as MultiPoints, because the layer has both and a Shapefile holds one of them.';

function file(path: string, head: Uint8Array, tail: Uint8Array[] = []): FileLayout {
  return { path, head: [head], tail, separator: null };
}

/** `name`, with the kind of geometry where there is more than one, and a number from the second of a kind on. */
function pieceNames(name: string, pieces: readonly Piece[]): string[] {
  const several = new Set(pieces.map(({ dimension }) => dimension)).size > 1;
  const counts = [0, 0, 0];
  return pieces.map(({ dimension }) => {
    const number = (counts[dimension] ?? 0) + 1;
    counts[dimension] = number;
    return `${name}${several ? `-${SUFFIXES[dimension]}` : ''}${number > 1 ? `-${number}` : ''}`;
  });
}

function piecesInWords(pieces: readonly Piece[]): string[] {
  const kinds = [...new Set(pieces.map(({ dimension }) => dimension))].sort();
  const warnings: string[] = [];
  if (kinds.length > 1)
    warnings.push(
      `The layer has more than one kind of geometry, so each has its own file or table (${kinds.map((kind) => SUFFIXES[kind]).join(', ')}).`,
    );
  if (pieces.length > kinds.length)
    warnings.push(
      `A Shapefile holds at most 2 GiB, so the layer was split into ${pieces.length} of them; their numbers continue in order.`,
    );
  return warnings;
}
