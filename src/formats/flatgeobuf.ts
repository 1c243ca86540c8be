import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnType } from '../store/flatgeobuf.ts';
import type { FieldType, GeometryType } from '../store/profile.ts';
import { emptyBox, extendBox, isEmpty } from '../store/shape.ts';
import { FeatureSorter } from '../store/sort.ts';
import { asIs } from '../vector/columns.ts';
import type { OutputFeature, Sink, Target, Written } from '../vector/writer.ts';
import { ANY_GEOMETRY, ANY_NAME, type Format, neverRefuse } from './format.ts';

/** FlatGeobuf 3 with its R-tree. Features without geometry come last. */
export const flatgeobuf: Format = {
  mimetype: 'application/flatgeobuf',
  aliases: ['application/vnd.flatgeobuf'],
  kinds: ['vector'],
  displayName: 'FlatGeobuf',
  shortName: 'FGB',
  linkNames: ['fgb', 'flatgeobuf'],
  extension: 'fgb',
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
    column: asIs,
    open: async (target) => new FlatGeobufSink(target),
  },
};

/** The format has one type for dates and times together; a time alone is none. */
const COLUMNS: Record<FieldType, ColumnType> = {
  boolean: 'Bool',
  int16: 'Short',
  integer: 'Int',
  integer64: 'Long',
  float32: 'Float',
  real: 'Double',
  string: 'String',
  json: 'Json',
  date: 'DateTime',
  time: 'String',
  datetime: 'DateTime',
  binary: 'Binary',
};

class FlatGeobufSink implements Sink {
  readonly #target: Target;
  readonly #sorter: FeatureSorter;
  readonly #extent = emptyBox();
  readonly #types = new Set<GeometryType>();

  constructor(target: Target) {
    this.#target = target;
    const { columns, hasZ, hasM, crs, name } = target;
    const [org = '', code = '0'] = crs?.id?.split(':') ?? [];
    this.#sorter = new FeatureSorter(join(target.tempDir, 'spool'), {
      name,
      hasZ,
      hasM,
      columns: columns.map((column) => ({ name: column.name, type: COLUMNS[column.as] })),
      crs: crs && { org, code: Number(code), wkt: crs.wkt },
    });
  }

  write({ geometry, values }: OutputFeature): void {
    const box = emptyBox();
    if (geometry) {
      this.#types.add(geometry.type);
      extendBox(box, geometry);
      extendBox(this.#extent, geometry);
    }
    this.#sorter.add(geometry, geometry && !isEmpty(geometry) ? box : null, values);
  }

  async close(): Promise<Written> {
    const { outDir, name, onProgress } = this.#target;
    const [only] = this.#types;
    const extent = this.#extent[0] <= this.#extent[2] ? this.#extent : null;
    const geometryType = this.#types.size === 1 && only ? only : null;
    this.#sorter.finish(join(outDir, `${name}.fgb`), { geometryType, indexed: true, extent, onProgress });
    await this.abort();
    return { layers: [], warnings: [] };
  }

  async abort(): Promise<void> {
    rmSync(this.#sorter.close(), { force: true });
  }
}
