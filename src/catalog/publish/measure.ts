import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { layerModel } from '../../crs/layer.ts';
import { horizontalCrs } from '../../crs/wkt.ts';
import { sampleDeflated } from '../../store/deflated.ts';
import type { Geometry, GeometryType } from '../../store/feature.ts';
import { Mender } from '../../store/mend.ts';
import { type Bounds, FEATURES_FILE, type FieldType, type Profile, type ProfileCrs } from '../../store/profile.ts';
import { FlatGeobufFile } from '../../store/reader.ts';
import { emptyBox, extendBox, isEmpty, withDimensions } from '../../store/shape.ts';
import { FeatureSorter } from '../../store/sort.ts';
import { layerCrs } from './crs.ts';
import { PublishError } from './failure.ts';
import { TypeInference } from './inference.ts';
import { boundsInDegrees, LongitudeCoverage, shiftDatum } from './lonlat.ts';
import { type Rows, readRows } from './rows.ts';
import { keyColumn, type SourceLayer } from './source.ts';
import { COLUMN_OF, FieldMeasure, fieldType, readValue, type StoredValue } from './values.ts';

/** A source's layer as it will lie in the store. */
export interface Measured {
  /** The folder that holds `features.fgb` and `profile.json`, to be moved to the store. */
  dir: string;
  /** SHA-256 of what is in it, hex: its name in the store. */
  content: string;
  profile: Profile;
  warnings: string[];
}

export interface MeasureOptions {
  tempDir: string;
  /** `EPSG:n`, in place of the source's own. */
  crs: string | undefined;
  signal: AbortSignal | undefined;
  onProgress: (fraction: number) => void;
}

/** Shares of the work: GDAL reading the source, measuring, and writing in order. */
const READING = 0.4;
const MEASURING = 0.5;
/** Bytes of text and binary values in one row: written out, even escaped, they are no longer than a text of JavaScript's may be. */
const MOST_ATTRIBUTES = 64 << 20;
/** Features between two looks at the signal. */
const BATCH = 4096;

/**
 * Brings a layer to the store's form (DESIGN.md, "The store"): every geometry valid, features in Hilbert order behind an R-tree, and everything
 * measured that exporting will want to know. The same source gives the same bytes.
 * @throws {PublishError} when the source is damaged or has no CRS.
 */
export async function measureLayer(source: SourceLayer, options: MeasureOptions): Promise<Measured> {
  const { tempDir, signal, onProgress } = options;
  const isTable = source.layer.geometryType === null;
  const crs = isTable ? null : await layerCrs({ ...source, crs: source.layer.crs }, options.crs, signal);
  const rows = await readRows(source, { ...options, onProgress: (fraction) => onProgress(READING * fraction) });
  try {
    const types = fieldTypes(source, rows);
    const sayMeasured = (fraction: number) => onProgress(READING + MEASURING * fraction);
    let pass = await new Measurement(source, rows, types, crs, tempDir).run({ hasZ: false, hasM: false }, signal, sayMeasured);
    const { z, m } = pass.seen;
    if (z || m) {
      // Only now is it known that every position needs a height or a measure.
      pass.discard();
      pass = await new Measurement(source, rows, types, crs, tempDir).run({ hasZ: z, hasM: m }, signal, sayMeasured);
    }
    return await pass.finish(signal, (fraction) => onProgress(READING + MEASURING + (1 - READING - MEASURING) * fraction));
  } finally {
    rows.close();
    rmSync(join(tempDir, 'rows.gpkg'), { force: true });
  }
}

/** OGR's types, or, where the source has none, the types that all its values have. */
function fieldTypes({ layer, untyped }: SourceLayer, rows: Rows): FieldType[] {
  const types = layer.fields.map(fieldType);
  if (!untyped) return types;
  const inferences = types.map((type) => (type === 'string' ? new TypeInference() : null));
  for (const { values } of rows.read()) {
    inferences.forEach((inference, index) => {
      const value = values[index];
      if (inference && typeof value === 'string') inference.add(value);
    });
  }
  return types.map((type, index) => inferences[index]?.type ?? type);
}

/** One pass over all features. */
class Measurement {
  readonly #rows: Rows;
  readonly #source: SourceLayer;
  readonly #types: readonly FieldType[];
  readonly #crs: ProfileCrs | null;
  readonly #tempDir: string;
  readonly #fields: FieldMeasure[];
  readonly #idName: string | null;
  readonly #ids: FieldMeasure | null;
  readonly #coverage = new LongitudeCoverage();
  readonly #geometryTypes: Partial<Record<GeometryType, number>> = {};
  readonly #extent = emptyBox();
  /** Whether a feature has Z or M, though this pass writes none. */
  readonly seen = { z: false, m: false };
  #dimensions = { hasZ: false, hasM: false };
  #sorter: FeatureSorter | undefined;
  #empties = 0;
  #mended = 0;
  #lost = 0;
  #vertices = 0;

  constructor(source: SourceLayer, rows: Rows, types: readonly FieldType[], crs: ProfileCrs | null, tempDir: string) {
    this.#source = source;
    this.#rows = rows;
    this.#types = types;
    this.#crs = crs;
    this.#tempDir = tempDir;
    const { fields } = source.layer;
    this.#fields = fields.map(({ name, width, precision }, index) => {
      const type = types[index] ?? 'string';
      const untouched = fieldType(fields[index] ?? { type: 'String', subType: null }) === type;
      return new FieldMeasure({ name, type, width: untouched ? width : 0, precision: untouched ? precision : 0 });
    });
    this.#idName = keyColumn(source.layer);
    this.#ids = this.#idName === null ? null : new FieldMeasure({ name: this.#idName, type: 'integer64', width: 0, precision: 0 });
  }

  async run(
    dimensions: { hasZ: boolean; hasM: boolean },
    signal: AbortSignal | undefined,
    onProgress: (fraction: number) => void,
  ): Promise<this> {
    this.#dimensions = dimensions;
    const mender = await Mender.load();
    const sorter = this.#open();
    this.#sorter = sorter;
    const box: Bounds = [0, 0, 0, 0];
    let inVain = false;
    for (const { fid, geometry: raw, values: stored } of this.#rows.read()) {
      if (sorter.count % BATCH === 0) {
        await breathe();
        signal?.throwIfAborted();
        onProgress(sorter.count / Math.max(1, this.#rows.count));
      }
      const geometry = raw && this.#measureGeometry(raw, mender, box);
      sorter.add(geometry, geometry && box[0] <= box[2] ? box : null, this.#measureValues(fid, stored));
      if ((this.seen.z && !dimensions.hasZ) || (this.seen.m && !dimensions.hasM)) {
        inVain = true;
        break;
      }
    }
    // What else there is should be known before the next pass.
    if (inVain) for (const { geometry } of this.#rows.read()) this.#see(geometry);
    // What this pass writes is no news.
    if (dimensions.hasZ) this.seen.z = false;
    if (dimensions.hasM) this.seen.m = false;
    return this;
  }

  #see(geometry: Geometry | null): void {
    if (!geometry) return;
    this.seen.z ||= geometry.z !== null;
    this.seen.m ||= geometry.m !== null;
    for (const part of geometry.parts) this.#see(part);
  }

  #measureValues(fid: bigint, stored: readonly StoredValue[]) {
    let bytes = 0;
    const values = this.#types.map((type, index) => {
      const raw = stored[index] ?? null;
      // A CSV file has no nulls; an empty cell is no number, but may be an empty text.
      const value = raw === '' && type !== 'string' ? null : readValue(type, raw);
      bytes += this.#fields[index]?.add(value) ?? 0;
      return value;
    });
    if (bytes > MOST_ATTRIBUTES)
      throw new PublishError(
        `A row of ${this.#source.shown} holds ${bytes} bytes of text and binary values; one can hold ${MOST_ATTRIBUTES}.`,
      );
    if (!this.#ids) return values;
    this.#ids.add(fid);
    return [fid, ...values];
  }

  /** The geometry as it is kept, and its box; null where nothing of it can be kept. */
  #measureGeometry(raw: Geometry, mender: Mender, box: Bounds): Geometry | null {
    this.#see(raw);
    const mended = mender.mend(raw);
    if (!mended) {
      this.#lost++;
      return null;
    }
    if (mended !== raw) this.#mended++;
    box.splice(0, 4, Infinity, Infinity, -Infinity, -Infinity);
    this.#vertices += extendBox(box, mended);
    this.#geometryTypes[mended.type] = (this.#geometryTypes[mended.type] ?? 0) + 1;
    if (isEmpty(mended)) this.#empties++;
    else {
      for (const k of [0, 1] as const) this.#extent[k] = Math.min(this.#extent[k], box[k]);
      for (const k of [2, 3] as const) this.#extent[k] = Math.max(this.#extent[k], box[k]);
      this.#coverage.addGeometry(mended, box);
    }
    const { hasZ, hasM } = this.#dimensions;
    return withDimensions(mended, hasZ, hasM);
  }

  #open(): FeatureSorter {
    const fields = this.#source.layer.fields.map(({ name }, index) => ({ name, type: COLUMN_OF[this.#types[index] ?? 'string'] }));
    const columns = this.#idName === null ? fields : [{ name: this.#idName, type: 'Long' as const }, ...fields];
    const crs = this.#crs && { org: this.#crs.id ? 'EPSG' : '', code: Number(this.#crs.id?.split(':')[1] ?? 0), wkt: this.#crs.wkt };
    return new FeatureSorter(join(this.#tempDir, 'spool'), { name: 'features', ...this.#dimensions, columns, crs });
  }

  discard(): void {
    const spool = this.#sorter?.close();
    if (spool) rmSync(spool);
  }

  async finish(signal: AbortSignal | undefined, onProgress: (fraction: number) => void): Promise<Measured> {
    const sorter = this.#sorter;
    if (!sorter) throw new Error('Nothing was measured.');
    const extent = this.#extent[0] <= this.#extent[2] ? this.#extent : null;
    const dir = join(this.#tempDir, 'version');
    mkdirSync(dir);
    const written = sorter.finish(join(dir, FEATURES_FILE), { geometryType: null, indexed: this.#crs !== null, extent, onProgress });
    this.discard();
    signal?.throwIfAborted();
    const profile = await this.#profile(sorter.count, extent, written.bytes, signal);
    const text = (value: Profile) => `${JSON.stringify(value, null, 1)}\n`;
    // What was measured with tools that change is no part of the content's name.
    const content = createHash('sha256').update(written.sha256).update(text(profile)).digest('hex');
    const whole = { ...profile, ...(await measureForExports(join(dir, FEATURES_FILE), profile, signal)) };
    writeDurably(join(dir, 'profile.json'), text(whole));
    return { dir, content, profile: whole, warnings: this.#warnings(sorter.count) };
  }

  async #profile(featureCount: number, extent: Bounds | null, bytes: number, signal: AbortSignal | undefined): Promise<Profile> {
    const { layer } = this.#source;
    const fields = this.#fields.map((field) => field.profile());
    const idFields = this.#ids ? [this.#ids.profile()] : [];
    return {
      format: 1,
      kind: this.#crs ? 'vector' : 'table',
      feature_count: featureCount,
      crs: this.#crs,
      extent,
      extent_wgs84: extent && this.#crs && (await this.#degrees(extent, this.#crs, signal)),
      geometry_types: this.#geometryTypes,
      null_geometry_count: this.#crs ? this.#nullCount(featureCount) : 0,
      empty_geometry_count: this.#empties,
      mended_count: this.#mended,
      has_z: this.#dimensions.hasZ,
      has_m: this.#dimensions.hasM,
      vertex_count: this.#vertices,
      fields: [...idFields, ...fields],
      fid_column: this.#idName,
      geometry_column: this.#crs ? (layer.geometryColumn ?? 'geom') : null,
      primary_key_fields: this.#idName === null ? [] : [this.#idName],
      bytes,
    };
  }

  #nullCount(featureCount: number): number {
    return featureCount - Object.values(this.#geometryTypes).reduce((sum, count) => sum + count, 0);
  }

  async #degrees(extent: Bounds, crs: ProfileCrs, signal: AbortSignal | undefined): Promise<Bounds | null> {
    const { geographic, turn, primeMeridian } = horizontalCrs(crs.wkt);
    if (!geographic || turn !== 360 || primeMeridian !== 0) return boundsInDegrees(extent, crs, signal);
    const bounds = this.#coverage.bounds(extent);
    return crs.id === 'EPSG:4326' ? bounds : shiftDatum(bounds, crs, signal);
  }

  #warnings(featureCount: number): string[] {
    const warnings = [...this.#source.notes, ...this.#rows.warnings];
    const { featureCount: announced } = this.#source.layer;
    if (announced >= 0 && announced !== featureCount)
      warnings.push(`The source says it has ${announced} features; ${featureCount} could be read.`);
    if (this.#lost > 0)
      warnings.push(
        `${this.#lost === 1 ? '1 geometry' : `${this.#lost} geometries`} had too few positions that are numbers, and became none.`,
      );
    return warnings;
  }
}

/** What exports of a version will want to know besides what it holds. */
async function measureForExports(
  path: string,
  profile: Profile,
  signal: AbortSignal | undefined,
): Promise<Pick<Profile, 'deflated' | 'transform'>> {
  const file = await FlatGeobufFile.open(path);
  try {
    return { deflated: await sampleDeflated(file, profile), transform: await layerModel(profile, signal) };
  } finally {
    await file.close();
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx');
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
