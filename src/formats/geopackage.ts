import { ByteBuffer } from '../store/bytes.ts';
import { GEOMETRY_TYPES, type GeometryType } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import { Numbers } from '../store/numbers.ts';
import { dimensionOf, emptyBox, extendBox, isGeometryType } from '../store/shape.ts';
import { asIs, asText, EXACT_IN_FLOAT, toUtc, within } from '../vector/columns.ts';
import type { Encoder, EncoderTarget, Layout, Place, Shape } from '../vector/encoder.ts';
import type { BatchMeasure, KeptMeasure } from '../vector/measure.ts';
import { Is, type Row } from '../vector/row.ts';
import type { Column } from '../vector/rules.ts';
import type { Scratch } from '../vector/scratch.ts';
import { ANY_GEOMETRY, ANY_NAME, atMostFields, type FeatureFormat } from './format.ts';
import { GeometryBlob, toGeoPackageBinary } from './geopackage/blob.ts';
import { sortById } from './geopackage/byid.ts';
import { PAGE_SIZE } from './geopackage/pages.ts';
import { planGeoPackage, type RowBatch } from './geopackage/plan.ts';
import { type RowSink, RowSizes } from './geopackage/record.ts';
import { RowPages } from './geopackage/rows.ts';
import type { GeometryColumn, Layer } from './geopackage/schema.ts';
import { setBox, setNoBox } from './geopackage/spatialindex.ts';
import { srsOf } from './geopackage/srs.ts';
import { freeName } from './names.ts';

/** GeoPackage 1.3 (OGC 12-128r17), written page by page. Times stand in UTC, as the standard's DATETIME wants. */
export const geopackage: FeatureFormat = {
  mimetype: 'application/x-ogc-gpkg',
  aliases: ['application/geopackage+sqlite3'],
  kinds: ['vector', 'table'],
  displayName: 'GeoPackage',
  shortName: 'GPKG',
  linkNames: ['gpkg', 'geopackage'],
  extension: 'gpkg',
  driver: null,
  fixedCrs: null,
  crsOptional: false,
  // SQLite's columns, less the key and the geometry.
  refuse: atMostFields(1998, 'GeoPackage'),
  writer: {
    geometry: { ...ANY_GEOMETRY, empties: 'null' },
    names: { ...ANY_NAME, forbidden: /[\p{Cc}"]/u, caseInsensitive: true },
    carriesStyle: false,
    attributes: true,
    nullsAs: null,
    infinities: true,
    texts: null,
    blanksAreNulls: false,
    column(field) {
      if (field.type === 'time') return asText(null);
      return { ...asIs(field), width: field.type === 'string' ? field.width : 0 };
    },
    encoded: { measures: 'rows', levels: [2], encoder: (target) => new GeoPackageEncoder(target), layout },
  },
};

/** OGC 12-128r17 section 1.1.1.1.3, table 1. */
const SQL_TYPES: Record<Column['as'], string> = {
  boolean: 'BOOLEAN',
  int16: 'SMALLINT',
  integer: 'MEDIUMINT',
  integer64: 'INTEGER',
  float32: 'FLOAT',
  real: 'REAL',
  string: 'TEXT',
  json: 'TEXT',
  date: 'DATE',
  time: 'TEXT',
  datetime: 'DATETIME',
  binary: 'BLOB',
};

/** Characters of a time without fraction and offset, and what stands behind it. */
const PLAIN_TIME = 'YYYY-MM-DDTHH:MM:SS'.length;
const MILLISECONDS = Buffer.from('.000Z');

/** The single type's multi type. */
const PROMOTED: Partial<Record<GeometryType, 'MultiPoint' | 'MultiLineString' | 'MultiPolygon'>> = {
  Point: 'MultiPoint',
  LineString: 'MultiLineString',
  Polygon: 'MultiPolygon',
};

/** What is measured of a batch as a whole: the box around it, then how many features have each type, and how many rows it has. */
const COUNTS = 4;
const ROWS = COUNTS + GEOMETRY_TYPES.length;
/** What is measured of each feature: sizes as it is and as a multi type, its box, its own id, and where it is (offset, bytes, edge). */
const LISTS = { sizes: 0, promoted: 1, boxes: 2, ids: 3, places: 4 } as const;

/** The source's own feature ids stay the key where the layer has them. */
function ownKey({ columns, profile }: EncoderTarget): number {
  return columns.findIndex(
    ({ field, as }) =>
      field.name === profile.fid_column &&
      (as === 'integer' || as === 'integer64') &&
      field.null_count === 0 &&
      within(field, EXACT_IN_FLOAT),
  );
}

class GeoPackageEncoder implements Encoder {
  readonly #target: EncoderTarget;
  readonly #key: number;
  /** Whether single types may have to become multi types, because the output has both. */
  readonly #mayMix: boolean;
  #srsId = 0;
  #blob = new GeometryBlob(0);
  readonly #sizer = new RowSizes();
  readonly #pages: RowPages;
  readonly #out = new ByteBuffer(1 << 20);
  readonly #time = new ByteBuffer(64);
  readonly #extent = emptyBox();
  readonly #counts = new Float64Array(GEOMETRY_TYPES.length);
  readonly #sizes = new Numbers();
  readonly #promoted = new Numbers();
  readonly #boxes = new Numbers();
  readonly #ids = new Numbers();
  readonly #places = new Numbers();
  #nextId = 0;
  #promotes = false;

  constructor(target: EncoderTarget) {
    this.#target = target;
    this.#key = ownKey(target);
    const types = Object.keys(target.profile.geometry_types);
    this.#mayMix = target.isCut || types.some((type) => type.startsWith('Multi'));
    this.#pages = new RowPages(target.columns.length + 2, PAGE_SIZE);
  }

  measure(shape: Shape, row: Row, place: Place): void {
    if (shape) this.#measureShape(shape);
    else if (this.#target.kind === 'vector') for (const value of emptyBox()) this.#boxes.push(value);
    const size = this.#row(this.#sizer, 0, shape, row);
    this.#sizes.push(size);
    const promoted = shape && this.#mayMix ? PROMOTED[shape.type] : undefined;
    this.#promoted.push(shape && promoted ? this.#row(this.#sizer, 0, promote(shape, promoted), row) : size);
    if (this.#key < 0) return;
    this.#ids.push(row.numbers[this.#key] ?? 0);
    this.#places.push(place.offset);
    this.#places.push(place.bytes);
    this.#places.push(place.edge ? 1 : 0);
  }

  #measureShape(shape: Exclude<Shape, null>): void {
    const box = emptyBox();
    const type = GEOMETRY_TYPES.indexOf(shape.type);
    this.#counts[type] = (this.#counts[type] ?? 0) + 1;
    if (shape instanceof FlatGeometry) shape.extendBox(box);
    else extendBox(box, shape);
    for (let k = 0; k < 4; k++) {
      const value = box[k] ?? 0;
      this.#boxes.push(value);
      this.#extent[k] = k < 2 ? Math.min(this.#extent[k] ?? 0, value) : Math.max(this.#extent[k] ?? 0, value);
    }
  }

  measured(): BatchMeasure {
    const figures = Float64Array.of(...this.#extent, ...this.#counts, this.#sizes.length);
    this.#extent.splice(0, 4, ...emptyBox());
    this.#counts.fill(0);
    const boxes = this.#boxes.take();
    const rounded = new Float32Array(boxes.length);
    for (let row = 0; row < boxes.length / 4; row++) {
      const [minX = 0, minY = 0, maxX = 0, maxY = 0] = boxes.subarray(4 * row, 4 * row + 4);
      if (minX <= maxX) setBox(rounded, row, minX, minY, maxX, maxY);
      else setNoBox(rounded, row);
    }
    const lists = [
      Uint32Array.from(this.#sizes.take()),
      Uint32Array.from(this.#promoted.take()),
      rounded,
      this.#ids.take(),
      this.#places.take(),
    ];
    return { figures, lists };
  }

  begin([firstPage = 0, firstRowId = 0, promotes = 0, srsId = 0]: readonly number[]): void {
    if (srsId !== this.#srsId) {
      this.#srsId = srsId;
      this.#blob = new GeometryBlob(srsId);
    }
    this.#pages.start(firstPage);
    this.#nextId = firstRowId;
    this.#promotes = promotes === 1;
  }

  write(shape: Shape, row: Row): void {
    const id = this.#key < 0 ? this.#nextId++ : (row.numbers[this.#key] ?? 0);
    const promoted = this.#promotes && shape ? PROMOTED[shape.type] : undefined;
    this.#row(this.#pages, id, promoted && shape ? promote(shape, promoted) : shape, row);
  }

  end(): readonly ByteBuffer[] {
    this.#out.raw(this.#pages.finish());
    this.#pages.free();
    return [this.#out];
  }

  /** Hands a row to a sink; gives its record's size. */
  #row(sink: RowSink, id: number, shape: Shape, row: Row): number {
    sink.begin(id);
    if (this.#target.kind === 'vector') {
      if (shape instanceof FlatGeometry) {
        this.#blob.set(shape);
        sink.blobFrom(this.#blob);
      } else if (shape) {
        const blob = toGeoPackageBinary(shape, this.#srsId);
        sink.blob(blob, 0, blob.length);
      } else sink.null();
    }
    const { columns } = this.#target;
    for (let column = 0; column < columns.length; column++) if (column !== this.#key) this.#value(sink, row, column, columns[column]?.as);
    return sink.end();
  }

  #value(sink: RowSink, row: Row, column: number, as: Column['as'] | undefined): void {
    const value = row.numbers[column] ?? 0;
    switch (row.is[column]) {
      case Is.null:
        sink.null();
        return;
      case Is.bigint: {
        const large = row.bigints[column] ?? 0n;
        sink.int64(Number(large >> 32n), Number(large & 0xffffffffn));
        return;
      }
      case Is.number:
        if (as === 'real' || as === 'float32') sink.double(value);
        else sink.integer(value);
        return;
      case Is.boolean:
        sink.integer(value);
        return;
      case Is.bytes:
        sink.blob(row.source(column), row.from[column] ?? 0, row.to[column] ?? 0);
        return;
      default:
        if (as === 'datetime') this.#datetime(sink, row, column);
        else sink.text(row.source(column), row.from[column] ?? 0, row.to[column] ?? 0);
    }
  }

  /** `YYYY-MM-DDTHH:MM:SS.SSSZ` (section 1.1.1.1.3, table 1); a time without an offset is taken for UTC. */
  #datetime(sink: RowSink, row: Row, column: number): void {
    const [source, from, to] = [row.source(column), row.from[column] ?? 0, row.to[column] ?? 0];
    const time = this.#time;
    time.length = 0;
    if (to - from === PLAIN_TIME) {
      time.raw(source, from, to);
      time.raw(MILLISECONDS);
    } else {
      const text = Buffer.from(source.buffer, source.byteOffset + from, to - from).toString();
      const [moment = '', fraction = ''] = toUtc(text).replace(/Z$/, '').split('.');
      time.ascii(`${moment}.${fraction.padEnd(3, '0')}Z`);
    }
    sink.text(this.#time.bytes, 0, this.#time.length);
  }
}

/** A single geometry as one of the multi type; the same object. */
function promote(shape: Exclude<Shape, null>, type: 'MultiPoint' | 'MultiLineString' | 'MultiPolygon'): Shape {
  if (shape instanceof FlatGeometry) shape.type = type;
  return shape;
}

async function layout(target: EncoderTarget, measures: readonly KeptMeasure[], tempDir: string, scratch: Scratch): Promise<Layout> {
  const { columns, name, modified, kind, crs } = target;
  const key = ownKey(target);
  const keyColumn = columns[key]?.name ?? freeName(columns, 'fid');
  const { type, promotes } = typeOf(target, measures);
  const sizes = promotes ? LISTS.promoted : LISTS.sizes;
  const ordered = key < 0 ? null : sortById(measures, { ...LISTS, sizes, boxes: kind === 'vector' ? LISTS.boxes : null }, scratch);
  const batches = ordered?.rows ?? measures.map((measure) => asMeasured(measure, sizes));
  const layer: Layer = {
    table: name,
    identifier: name,
    description: '',
    keyColumn,
    geometry: kind === 'vector' && crs ? await geometryColumn(target, type, measures) : null,
    columns: columns
      .filter((_, index) => index !== key)
      .map(({ name: column, as, width }) => ({
        name: column,
        sqlType: as === 'string' && width > 0 ? `TEXT(${width})` : SQL_TYPES[as],
        mimeType: as === 'json' ? 'application/json' : null,
      })),
    lastChange: modified,
  };
  const plan = planGeoPackage(layer, batches, tempDir);
  return {
    files: [{ path: `${name}.gpkg`, head: [plan.head], tail: { [Symbol.iterator]: () => plan.tail() }, separator: null }],
    batches: plan.batches.map(({ firstPage, firstRowId }) => ({
      start: [firstPage, firstRowId, promotes ? 1 : 0, layer.geometry?.srs.id ?? 0],
      files: [0],
    })),
    reordered: ordered?.batches ?? null,
    warnings: [],
  };
}

/** The rows of a batch, in the order in which they were measured. */
function asMeasured(measure: KeptMeasure, sizesList: number): RowBatch {
  return {
    count: measure.figures[ROWS] ?? 0,
    ids: null,
    read() {
      const [sizes, boxes] = [measure.list(sizesList), measure.list(LISTS.boxes)];
      if (!(sizes instanceof Uint32Array) || !(boxes instanceof Float32Array))
        throw new Error('A batch was measured otherwise than it is read.');
      return { sizes, rowIds: null, boxes };
    },
  };
}

async function geometryColumn(
  target: EncoderTarget,
  type: GeometryColumn['type'],
  measures: readonly KeptMeasure[],
): Promise<GeometryColumn> {
  const { columns, hasZ, hasM, crs } = target;
  const extent = emptyBox();
  for (const { figures } of measures)
    for (let k = 0; k < 4; k++) extent[k] = k < 2 ? Math.min(extent[k] ?? 0, figures[k] ?? 0) : Math.max(extent[k] ?? 0, figures[k] ?? 0);
  return {
    name: freeName(columns, 'geom'),
    type,
    hasZ,
    hasM,
    srs: await srsOf(crs?.id ?? crs?.wkt ?? ''),
    extent: extent[0] <= extent[2] ? extent : null,
  };
}

/** The one type, the multi type where both are there, `Geometry` for more; the layer's own where the output is empty. */
function typeOf({ profile }: EncoderTarget, measures: readonly KeptMeasure[]): { type: GeometryColumn['type']; promotes: boolean } {
  const found = GEOMETRY_TYPES.filter((_, index) => measures.some(({ figures }) => (figures[COUNTS + index] ?? 0) > 0));
  const types = found.length > 0 ? found : Object.keys(profile.geometry_types).filter(isGeometryType);
  const [only] = types;
  if (types.length === 1 && only) return { type: only, promotes: false };
  const multi = types.find((type) => type.startsWith('Multi'));
  if (!multi || new Set(types.map(dimensionOf)).size > 1) return { type: 'Geometry', promotes: false };
  return { type: multi, promotes: true };
}
