import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { DeflatedContent } from '../archive/deflated.ts';
import type { Profile } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { ColumnConverter, planColumns } from './columns.ts';
import type { Crew } from './crew.ts';
import { type Encoded, encode } from './encode.ts';
import type { EncodedFormat, EncoderTarget } from './encoder.ts';
import { failure } from './failure.ts';
import { type Feed, openFeed } from './feed.ts';
import type { RenamedField } from './names.ts';
import type { Prepared } from './reproject.ts';
import type { Column } from './rules.ts';
import { selectFrom } from './select.ts';
import { Shaper } from './shape.ts';
import { verify } from './verify.ts';
import type { ExportFormat, Sink } from './writer.ts';

export interface ItemRequest {
  source: { path: string; profile: Profile };
  /** When the version was published: the time of all that is made from it. */
  publishedAt: Date;
  format: ExportFormat;
  /** `#RRGGBB`; null for the format's own. */
  color: string | null;
  /** Of formats that are maps: where and how it is painted. */
  paint?: EncoderTarget['paint'];
  /** A slug; file and layer names come from it. */
  name: string;
  /** An empty folder that the files go to. */
  outDir: string;
  /** An empty folder for what is needed meanwhile. */
  tempDir: string;
  crew: Crew;
  /** Of a batch, one of which a thread does at a time; as suits the whole unless told. */
  batchBytes?: number;
  signal: AbortSignal;
  onProgress: (stage: 'crop' | 'write', fraction: number) => void;
}

/** A file of an item: its name in the item's folder, with `/`, and its content, in a file as it is or deflated. */
interface ItemFile {
  name: string;
  content: string | DeflatedContent;
}

export interface ItemResult {
  /** Sorted by name. */
  files: ItemFile[];
  /** What the output holds. */
  featureCount: number;
  /** Sentences on what the format could not hold. */
  warnings: string[];
  renamedFields: RenamedField[];
  /** Features that the output lacks though they were asked for: the CRS or the format cannot hold them. */
  droppedCount: number;
}

/** What one of the two ways of writing made, with what it counted on the way. */
interface Made extends Omit<Encoded, 'files'> {
  files: ItemFile[];
}

/** Share of the write stage that is reading and converting, where GDAL writes afterwards. */
const GATHERING = 0.5;

/**
 * Writes an item in its format; what both engines do.
 * @throws {ExportFailure | GdalError} when it cannot be written; the signal's reason when cancelled.
 */
export async function writeItem(item: ItemRequest, prepared: Prepared, warnings: readonly string[]): Promise<ItemResult> {
  try {
    return await write(item, prepared, [...warnings]);
  } catch (error) {
    item.signal.throwIfAborted();
    throw failure(error, item.outDir);
  }
}

async function write(item: ItemRequest, prepared: Prepared, warnings: string[]): Promise<ItemResult> {
  const { source, format } = item;
  const { writer } = format;
  const { profile } = source;
  const { columns, renamed, warnings: columnWarnings } = planColumns(writer, profile);
  const shared = {
    kind: profile.kind,
    profile,
    crs: prepared.crs,
    columns,
    hasZ: profile.has_z && writer.geometry.z,
    hasM: profile.has_m && writer.geometry.m,
    name: item.name,
  };
  const made = writer.encoded
    ? await byEncoder(item, prepared, { ...shared, isCut: prepared.isCut, modified: item.publishedAt, paint: item.paint }, writer.encoded)
    : await bySink(item, prepared, shared);
  item.signal.throwIfAborted();
  warnings.push(...columnWarnings);
  if (profile.has_z && !shared.hasZ) warnings.push(`${format.displayName} has no heights: Z values were left out.`);
  if (profile.has_m && !shared.hasM) warnings.push(`${format.displayName} has no measures: M values were left out.`);
  const unplaced = prepared.dropped + made.dropped;
  if (unplaced > 0)
    warnings.push(
      `${unplaced === 1 ? '1 feature lies' : `${unplaced} features lie`} where ${prepared.crs?.id ?? 'the coordinate system'} cannot hold a place, and ${unplaced === 1 ? 'was' : 'were'} left out.`,
    );
  const uncut = prepared.uncut + made.uncut;
  if (uncut > 0)
    warnings.push(
      `${uncut === 1 ? '1 feature' : `${uncut} features`} could not be cut at the area’s edge, and ${uncut === 1 ? 'was' : 'were'} left out.`,
    );
  warnings.push(...made.shaper.warnings(), ...made.converter.warnings(writer), ...made.warnings);
  if (made.featureCount === 0) warnings.push('The result is empty: no feature lies in the area asked for.');
  item.onProgress('write', 1);
  return {
    files: made.files.sort((a, b) => (a.name < b.name ? -1 : 1)),
    featureCount: made.featureCount,
    warnings,
    renamedFields: renamed,
    droppedCount: unplaced + uncut + made.shaper.dropped,
  };
}

/** What the output is, whoever writes it. */
type Shared = Omit<Parameters<EncodedFormat['encoder']>[0], 'modified' | 'isCut'> & { columns: readonly Column[] };

async function byEncoder(
  { format, crew, batchBytes, outDir, tempDir, signal, onProgress }: ItemRequest,
  { picking }: Prepared,
  target: Parameters<EncodedFormat['encoder']>[0],
  encoded: EncodedFormat,
): Promise<Made> {
  const { writer, mimetype } = format;
  const file = await FlatGeobufFile.open(picking.path);
  try {
    const selection = await selectFrom(file, picking.crop?.index ?? null, batchBytes);
    const { files, ...counted } = await encode({
      work: { picking, target, rules: writer.geometry, values: { texts: writer.texts, infinities: writer.infinities } },
      selection,
      format: encoded,
      kind: target.kind,
      mimetype,
      crew,
      tempDir,
      outDir,
      signal,
      onProgress: (fraction) => onProgress('write', fraction),
    });
    return { files: files.map(({ name, ...content }) => ({ name, content })), ...counted };
  } finally {
    await file.close();
  }
}

async function bySink(item: ItemRequest, { picking, crs }: Prepared, shared: Shared): Promise<Made> {
  const { writer } = item.format;
  const { outDir, tempDir, signal, onProgress } = item;
  const { profile, columns } = shared;
  if (!writer.open) throw new Error(`Nothing writes ${item.format.displayName}.`);
  const converter = new ColumnConverter(columns, writer);
  const shaper = new Shaper(writer.geometry);
  let gathered = 0;
  const feed = await openFeed(picking, crs, signal);
  try {
    const sink = await writer.open({
      ...shared,
      color: writer.carriesStyle ? item.color : null,
      outDir,
      tempDir,
      signal,
      onProgress: (fraction) => onProgress('write', gathered + (1 - gathered) * fraction),
    });
    const featureCount = await fill(sink, profile.kind, feed, converter, shaper, (fraction) => onProgress('write', GATHERING * fraction));
    gathered = GATHERING;
    signal.throwIfAborted();
    const written = await sink.close();
    signal.throwIfAborted();
    const warnings = [...written.warnings, ...(await verify(written.layers, crs, profile, signal))];
    return { files: await filesIn(outDir), featureCount, warnings, converter, shaper, dropped: feed.dropped(), uncut: feed.uncut() };
  } finally {
    await feed.close();
  }
}

/** Hands all features to the sink; gives how many it got. */
async function fill(
  sink: Sink,
  kind: Profile['kind'],
  feed: Feed,
  converter: ColumnConverter,
  shaper: Shaper,
  onProgress: (fraction: number) => void,
): Promise<number> {
  let written = 0;
  try {
    for await (const { features, fraction } of feed.batches()) {
      for (const { geometry, values } of features) {
        const shapes = kind === 'table' ? [{ geometry: null, dimension: null }] : shaper.shape(geometry);
        if (shapes.length === 0) continue;
        const converted = converter.convert(values);
        for (const shape of shapes) {
          written++;
          const waiting = sink.write({ ...shape, values: converted });
          if (waiting) await waiting;
        }
      }
      onProgress(fraction);
    }
    return written;
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function filesIn(folder: string): Promise<ItemFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: relative(folder, path).split(sep).join('/'), content: path }));
}
