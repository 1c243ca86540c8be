import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runGdal } from '../gdal/process.ts';
import type { Geometry, GeometryType, Value } from '../store/feature.ts';
import type { ColumnType } from '../store/flatgeobuf.ts';
import type { Bounds, FieldType } from '../store/profile.ts';
import { type Dimension, dimensionOf, extendBox, isGeometryType, lineEnds, mainDimension } from '../store/shape.ts';
import { FlatGeobufWriter } from '../store/writer.ts';
import { xml } from '../store/xml.ts';
import type { Column } from './rules.ts';
import { ExportFailure, type OutputFeature, type Sink, type Target, type Written } from './writer.ts';

/** What of an output goes to one file or table, and what was met in it. */
export interface Part {
  /** Null when a part holds any. */
  dimension: Dimension | null;
  /** What tells its file from the other parts' (`point`, `line`, `polygon`); empty when there is one part only. */
  suffix: string;
  featureCount: number;
  types: ReadonlySet<GeometryType>;
  /** Of what is in it; null when there is no geometry. */
  bounds: Bounds | null;
  /** Of the geometries: points and rings or lines, for sizes. */
  pointCount: number;
  ringCount: number;
  /** Characters beyond ASCII in its texts. */
  characters: ReadonlySet<string>;
}

/** What a format says of the ogr2ogr that writes one part. */
export interface OgrOutput {
  driver: string;
  /** Relative to the output folder. Parts may share one dataset and then have different layers. */
  dataset: string;
  layer: string;
  /** Creation options and such. */
  args: readonly string[];
  /** False where one feature becomes several entities, so that they cannot be counted again. */
  countable: boolean;
  hasCrs: boolean;
  warnings: readonly string[];
}

export interface OgrFormat {
  /** `dimension`: one part for points, one for lines, one for polygons. */
  perFile: 'any' | 'dimension';
  /** Columns besides the layer's own, such as DXF's `Layer`. */
  extraColumns?: readonly { name: string; value: string }[];
  /** OGR feature style for a geometry of a dimension (OGR feature style specification). */
  style?: (dimension: Dimension | null) => string | null;
  /** Called when all features are known. */
  output: (part: Part, target: Target) => OgrOutput;
  /** Called when the files are there, for what GDAL does not write. */
  finish?: (target: Target, parts: readonly Part[]) => Promise<void>;
}

const SUFFIXES = ['point', 'line', 'polygon'] as const;
/** In the intermediate file; read by the VRT alone. */
const STYLE = 'geocrate_style';

interface OpenPart {
  dimension: Dimension | null;
  path: string;
  writer: FlatGeobufWriter;
  featureCount: number;
  types: Set<GeometryType>;
  bounds: Bounds;
  pointCount: number;
  ringCount: number;
  characters: Set<string>;
}

/**
 * A sink that gathers each part in an unindexed FlatGeobuf and then has ogr2ogr write it, through an OGR VRT that declares
 * each field's name, type and width.
 */
export function ogrSink(target: Target, format: OgrFormat): Sink {
  return new OgrSink(target, format);
}

class OgrSink implements Sink {
  readonly #target: Target;
  readonly #format: OgrFormat;
  readonly #parts = new Map<Dimension | null, OpenPart>();
  readonly #main: Dimension | null;

  constructor(target: Target, format: OgrFormat) {
    this.#target = target;
    this.#format = format;
    this.#main = format.perFile === 'any' ? null : mainDimension(target.profile);
  }

  async write(feature: OutputFeature): Promise<void> {
    // Where each dimension has a file, what has no geometry goes with the layer's main one.
    const dimension = this.#format.perFile === 'any' ? null : (feature.dimension ?? this.#main);
    const part = this.#parts.get(dimension) ?? (await this.#open(dimension));
    part.featureCount++;
    if (feature.geometry) {
      part.types.add(feature.geometry.type);
      measure(feature.geometry, part);
    }
    for (const value of feature.values) if (typeof value === 'string') addCharacters(value, part.characters);
    const { extraColumns = [], style } = this.#format;
    const extra: Value[] = extraColumns.map(({ value }) => value);
    if (style) extra.push(style(feature.dimension));
    await part.writer.write(feature.geometry, [...feature.values, ...extra]);
  }

  async #open(dimension: Dimension | null): Promise<OpenPart> {
    const path = join(this.#target.tempDir, `part${dimension ?? ''}.fgb`);
    const { extraColumns = [], style } = this.#format;
    const columns = [
      ...this.#target.columns.map(({ as }, index) => ({ name: `c${index}`, type: STORED[as] })),
      ...extraColumns.map((_, index) => ({ name: `x${index}`, type: 'String' as const })),
      ...(style ? [{ name: STYLE, type: 'String' as const }] : []),
    ];
    const { hasZ, hasM } = this.#target;
    const writer = await FlatGeobufWriter.create(path, {
      name: 'part',
      geometryType: null,
      hasZ,
      hasM,
      columns,
      featureCount: 0,
      crs: null,
    });
    const bounds: Bounds = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const part = {
      dimension,
      path,
      writer,
      featureCount: 0,
      types: new Set<GeometryType>(),
      bounds,
      pointCount: 0,
      ringCount: 0,
      characters: new Set<string>(),
    };
    this.#parts.set(dimension, part);
    return part;
  }

  async close(): Promise<Written> {
    if (this.#parts.size === 0) await this.#open(this.#main);
    const open = [...this.#parts.values()].sort((a, b) => (a.dimension ?? 0) - (b.dimension ?? 0));
    const parts = open.map((part) => ({
      ...part,
      suffix: open.length > 1 && part.dimension !== null ? (SUFFIXES[part.dimension] ?? '') : '',
    }));
    for (const { writer } of parts) await writer.close();
    const written: Written = { layers: [], warnings: [] };
    const target = this.#target;
    const all = parts.reduce((sum, { featureCount }) => sum + featureCount, 0);
    let done = 0;
    for (const part of parts) {
      const known: Part = { ...part, bounds: part.bounds[0] <= part.bounds[2] ? part.bounds : null };
      const output = this.#format.output(known, target);
      const share = all === 0 ? 1 / parts.length : part.featureCount / all;
      const before = done;
      const update = written.layers.some(({ dataset }) => dataset === join(target.outDir, output.dataset));
      await this.#run(part, output, update, (fraction) => target.onProgress(before + share * fraction));
      done += share;
      written.warnings.push(...output.warnings);
      const dataset = join(target.outDir, output.dataset);
      written.layers.push({
        dataset,
        layer: output.layer,
        featureCount: output.countable ? part.featureCount : null,
        hasCrs: output.hasCrs,
      });
    }
    if (parts.length > 1) {
      const names = parts.map(({ suffix }) => suffix).join(', ');
      written.warnings.push(`The layer has more than one kind of geometry, so each has its own file or table (${names}).`);
    }
    await this.#format.finish?.(target, parts);
    return written;
  }

  async #run(part: OpenPart, output: OgrOutput, update: boolean, onProgress: (fraction: number) => void): Promise<void> {
    const target = this.#target;
    const vrt = `${part.path}.vrt`;
    await writeFile(vrt, this.#vrt(part));
    // The SQLite and other drivers that can, write in large transactions.
    const args = ['-f', output.driver, ...(update ? ['-update'] : []), '-progress', '-nln', output.layer, '-gt', '65536', ...output.args];
    if (target.columns.length === 0 && !this.#format.extraColumns) args.push('-select', '');
    args.push(join(target.outDir, output.dataset), vrt, 'part');
    let error: string | null = null;
    const onErrorLine = (line: string) => {
      // Some drivers go on after an error that lost something, and end with code 0.
      if (/^ERROR \d+: /.test(line)) error ??= line.replace(/^ERROR \d+: /, '');
    };
    // VRT's schema knows fewer subtypes than its reader.
    const config = { GDAL_XML_VALIDATION: 'NO' };
    await runGdal('ogr2ogr', args, { signal: target.signal, onProgress, onErrorLine, config });
    if (error !== null) throw new ExportFailure('write-failed', error);
  }

  #vrt(part: OpenPart): string {
    const target = this.#target;
    const { extraColumns = [], style } = this.#format;
    const crs = target.crs ? `<LayerSRS>${xml(target.crs.id ?? target.crs.wkt)}</LayerSRS>` : '';
    const fields = [
      ...target.columns.map((column, index) => vrtField(column, `c${index}`)),
      ...extraColumns.map(({ name }, index) => `<Field name="${xml(name)}" src="x${index}" type="String"/>`),
    ];
    return [
      '<OGRVRTDataSource><OGRVRTLayer name="part">',
      `<SrcDataSource>${xml(part.path)}</SrcDataSource><SrcLayer>part</SrcLayer>`,
      target.kind === 'table' ? '<GeometryType>wkbNone</GeometryType>' : '',
      crs,
      style ? `<Style>${STYLE}</Style>` : '',
      ...fields,
      '</OGRVRTLayer></OGRVRTDataSource>',
    ].join('\n');
  }

  async abort(): Promise<void> {
    for (const { writer } of this.#parts.values()) await writer.close().catch(() => {});
  }
}

/**
 * ogr2ogr's `-nlt` for a part: its one type, the multi type where both are there, `GEOMETRY` for more; the layer's own type
 * where the part is empty.
 */
export function geometryTypeOf(part: Part, target: Target, unknown = 'Geometry'): string {
  if (target.kind === 'table') return 'NONE';
  const known = part.types.size > 0 ? [...part.types] : Object.keys(target.profile.geometry_types).filter(isGeometryType);
  const types = part.types.size > 0 || part.dimension === null ? known : known.filter((type) => dimensionOf(type) === part.dimension);
  const dimensions = new Set(types.map(dimensionOf));
  const [only] = types;
  let name = unknown;
  if (types.length === 1 && only) name = only;
  else if (types.length > 0 && dimensions.size === 1) name = types.find((type) => type.startsWith('Multi')) ?? unknown;
  return `${name.toUpperCase()}${target.hasZ ? 'Z' : ''}${target.hasM ? 'M' : ''}`;
}

/** The column type in the intermediate file. Dates are texts there, which GDAL reads without loss by the VRT's type. */
const STORED: Record<FieldType, ColumnType> = {
  boolean: 'Bool',
  int16: 'Short',
  integer: 'Int',
  integer64: 'Long',
  float32: 'Float',
  real: 'Double',
  string: 'String',
  json: 'String',
  date: 'String',
  time: 'String',
  datetime: 'String',
  binary: 'Binary',
};

const DECLARED: Record<FieldType, [type: string, subType: string | null]> = {
  boolean: ['Integer', 'Boolean'],
  int16: ['Integer', 'Int16'],
  integer: ['Integer', null],
  integer64: ['Integer64', null],
  float32: ['Real', 'Float32'],
  real: ['Real', null],
  string: ['String', null],
  json: ['String', 'JSON'],
  date: ['Date', null],
  time: ['Time', null],
  datetime: ['DateTime', null],
  binary: ['Binary', null],
};

function vrtField({ name, as, width, precision }: Column, source: string): string {
  const [type, subType] = DECLARED[as];
  const attributes = [`name="${xml(name)}"`, `src="${source}"`, `type="${type}"`];
  if (subType) attributes.push(`subtype="${subType}"`);
  if (width > 0) attributes.push(`width="${width}"`);
  if (precision > 0) attributes.push(`precision="${precision}"`);
  return `<Field ${attributes.join(' ')}/>`;
}

function measure(geometry: Geometry, part: OpenPart): void {
  part.pointCount += extendBox(part.bounds, geometry);
  part.ringCount += countRings(geometry);
}

function countRings(geometry: Geometry): number {
  return lineEnds(geometry).length + geometry.parts.reduce((sum, part) => sum + countRings(part), 0);
}

function addCharacters(text: string, characters: Set<string>): void {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) < 0x80) continue;
    for (const character of text.slice(i)) if (character > '\x7f') characters.add(character);
    return;
  }
}
