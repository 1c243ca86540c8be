import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Profile } from '../store/profile.ts';
import { ColumnConverter, planColumns } from './columns.ts';
import { failure } from './failure.ts';
import type { Feed } from './feed.ts';
import type { RenamedField } from './names.ts';
import { Shaper } from './shape.ts';
import { verify } from './verify.ts';
import type { ExportFormat, Sink } from './writer.ts';

export interface ItemRequest {
  source: { path: string; profile: Profile };
  format: ExportFormat;
  /** `#RRGGBB`; null for the format's own. */
  color: string | null;
  /** A slug; file and layer names come from it. */
  name: string;
  /** An empty folder that the files go to. */
  outDir: string;
  /** An empty folder for what is needed meanwhile; the caller removes it. */
  tempDir: string;
  signal: AbortSignal;
  onProgress: (stage: 'crop' | 'write', fraction: number) => void;
}

export interface ItemResult {
  /** Paths in `outDir`, with `/`, sorted. */
  files: string[];
  /** What the output holds. */
  featureCount: number;
  /** Sentences on what the format could not hold. */
  warnings: string[];
  renamedFields: RenamedField[];
  /** Features that the output lacks though they were asked for: the CRS or the format cannot hold them. */
  droppedCount: number;
}

/** Share of the write stage that is reading and converting, where GDAL writes afterwards. */
const GATHERING = 0.5;

/** Writes a feed in a format; what both engines do. The feed is closed in any case. */
export async function writeItem(item: ItemRequest, feed: Feed, warnings: readonly string[]): Promise<ItemResult> {
  try {
    return await write(item, feed, [...warnings]);
  } catch (error) {
    item.signal.throwIfAborted();
    throw failure(error, item.outDir);
  } finally {
    await feed.close();
  }
}

async function write(item: ItemRequest, feed: Feed, warnings: string[]): Promise<ItemResult> {
  const { source, format, signal } = item;
  const { writer } = format;
  const { profile } = source;
  const { columns, renamed, warnings: columnWarnings } = planColumns(writer, profile);
  const converter = new ColumnConverter(columns, writer);
  const shaper = new Shaper(writer.geometry);
  const hasZ = profile.has_z && writer.geometry.z;
  const hasM = profile.has_m && writer.geometry.m;
  let gathered = 0;
  const sink = await writer.open({
    kind: profile.kind,
    profile,
    crs: feed.crs,
    columns,
    hasZ,
    hasM,
    color: writer.carriesStyle ? item.color : null,
    name: item.name,
    outDir: item.outDir,
    tempDir: item.tempDir,
    featureCount: profile.feature_count,
    signal,
    onProgress: (fraction) => item.onProgress('write', gathered + (1 - gathered) * fraction),
  });
  const featureCount = await fill(sink, profile.kind, feed, converter, shaper, (fraction) =>
    item.onProgress('write', GATHERING * fraction),
  );
  gathered = GATHERING;
  signal.throwIfAborted();
  const written = await sink.close();
  signal.throwIfAborted();
  warnings.push(...columnWarnings);
  if (profile.has_z && !hasZ) warnings.push(`${format.displayName} has no heights: Z values were left out.`);
  if (profile.has_m && !hasM) warnings.push(`${format.displayName} has no measures: M values were left out.`);
  const unplaced = feed.dropped();
  if (unplaced > 0)
    warnings.push(
      `${unplaced === 1 ? '1 feature lies' : `${unplaced} features lie`} where ${feed.crs?.id ?? 'the coordinate system'} cannot hold a place, and ${unplaced === 1 ? 'was' : 'were'} left out.`,
    );
  warnings.push(...shaper.warnings(), ...converter.warnings(writer), ...written.warnings);
  warnings.push(...(await verify(written.layers, feed.crs, profile, signal)));
  if (featureCount === 0) warnings.push('The result is empty: no feature lies in the area asked for.');
  item.onProgress('write', 1);
  return {
    files: await filesIn(item.outDir),
    featureCount,
    warnings,
    renamedFields: renamed,
    droppedCount: unplaced + shaper.dropped,
  };
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

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
