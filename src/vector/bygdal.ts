import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runGdal } from '../gdal/process.ts';
import { collectGarbage } from '../heap.ts';
import type { Geometry, Value } from '../store/feature.ts';
import type { RawFeature } from '../store/flatgeobuf.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { dimensionOf, isEmpty, keepDimension, withDimensions } from '../store/shape.ts';
import { FlatGeobufWriter } from '../store/writer.ts';
import { PICKED, type PrepareRequest, targetText, wrapperFor, writePicked } from './picked.ts';
import { isOutside } from './shape.ts';
import { middleOfTurn, onTurnAround } from './wrap.ts';
import { ExportFailure } from './writer.ts';

/** Writes the features with the geometries that GDAL makes to a temporary FlatGeobuf. */
export async function byGdal(
  request: PrepareRequest,
  { reproject, wrap, split, limit }: { reproject: boolean; wrap: boolean; split: boolean; limit: number | null },
): Promise<{ path: string; dropped: number; uncut: number }> {
  const { source, crop, tolerance, tempDir, signal } = request;
  const [picked, made, path] = [join(tempDir, 'picked.fgb'), join(tempDir, 'made.fgb'), join(tempDir, 'joined.fgb')];
  // Maps show no values. Those of a layer that is wanted as a whole are joined from the version itself.
  const withValues = tolerance === undefined && (crop !== null || !reproject);
  const joinsVersion = tolerance === undefined && !withValues;
  // Where the layer says which turn it is on, it can be split afterwards; ogr2ogr's -wrapdateline may leave a polygon that spans all of the map.
  const middle = reproject && wrap ? middleOfTurn(source.profile) : null;
  const { uncut, hasPlaces } = await writePicked(
    request,
    { model: null, split: split && middle === null, withEmpties: !reproject, withValues },
    picked,
  );
  if (!reproject) return { path: picked, dropped: 0, uncut };
  // One feature may be all of a layer: V8 would let what was picked stay while GDAL has it too.
  collectGarbage();
  // GDAL writes no header for a layer without features.
  const failed = hasPlaces ? await transform({ ...request, source: { ...source, path: picked } }, made, wrap && middle === null) : 0;
  const file = await FlatGeobufFile.open(joinsVersion ? source.path : picked);
  try {
    const geometries = hasPlaces && (await stat(made)).size > 0 ? await FlatGeobufFile.open(made) : null;
    try {
      const writer = await FlatGeobufWriter.create(path, { ...file.header, geometryType: null, featureCount: 0, crs: null });
      const join = { limit, keepNulls: crop === null, failed, signal };
      using wrapper = middle === null ? null : await wrapperFor(request);
      try {
        const dropped = await joined(file, geometries, join, async (geometry, values) => {
          const some = geometry && wrapper && middle !== null ? wrapper.wrap(onTurnAround(geometry, middle)) : geometry;
          await writer.write(some && withDimensions(some, file.header.hasZ, file.header.hasM), values);
        });
        return { path, dropped, uncut: uncut + (wrapper?.failed ?? 0) };
      } finally {
        await writer.close();
      }
    } finally {
      await geometries?.close();
    }
  } finally {
    await file.close();
    await Promise.all([picked, made].map((temporary) => rm(temporary, { force: true })));
  }
}

interface Join {
  /** Coordinates at or past it are no place; null when nothing was reprojected. */
  limit: number | null;
  /** Features without geometry stay: with a crop they are outside it. */
  keepNulls: boolean;
  /** Features that PROJ could not transform. */
  failed: number;
  signal: AbortSignal;
}

/**
 * Joins attributes of the version with the geometries that ogr2ogr made, which name their feature and come in its order.
 * @returns how many features the CRS cannot hold.
 */
async function joined(
  file: FlatGeobufFile,
  geometries: FlatGeobufFile | null,
  { limit, keepNulls, failed, signal }: Join,
  write: (geometry: Geometry | null, values: Value[]) => Promise<void>,
): Promise<number> {
  let dropped = failed;
  const place = (raw: RawFeature, made: RawFeature): Geometry | null => {
    const geometry = made.geometry();
    const original = raw.geometry();
    if (!geometry || !original) return null;
    if (limit !== null && isOutside(geometry, limit)) {
      dropped++;
      return null;
    }
    return keepDimension(geometry, dimensionOf(original.type));
  };
  const made = geometries && singly(geometries);
  const following = async () => (await made?.next()) ?? { done: true, value: undefined };
  let next = await following();
  for await (const batch of file.batches()) {
    signal.throwIfAborted();
    for (const raw of batch) {
      if (!next.done && next.value.values()[0] === raw.index) {
        const geometry = place(raw, next.value);
        if (geometry) await write(geometry, raw.values());
        next = await following();
        continue;
      }
      if (!keepNulls) continue;
      const geometry = raw.geometry();
      if (!geometry || isEmpty(geometry)) await write(geometry, raw.values());
    }
  }
  if (!next.done) throw new Error('GDAL gave features in another order than it had them.');
  return dropped;
}

async function* singly(file: FlatGeobufFile): AsyncGenerator<RawFeature> {
  for await (const batch of file.batches()) yield* batch;
}

/** Runs ogr2ogr: each feature's place in what was picked and its new geometry. Gives the number that could not be reprojected. */
async function transform({ source, targetCrs, signal, onProgress }: PrepareRequest, output: string, wrap: boolean): Promise<number> {
  const { profile } = source;
  const args = ['-f', 'FlatGeobuf', '-lco', 'SPATIAL_INDEX=NO', '-nln', 'made', '-nlt', 'GEOMETRY', '-progress'];
  args.push('-dim', profile.has_z ? (profile.has_m ? 'XYZM' : 'XYZ') : profile.has_m ? 'XYM' : 'XY');
  args.push('-sql', `SELECT FID AS source FROM ${PICKED}`);
  args.push('-s_srs', profile.crs?.id ?? profile.crs?.wkt ?? '', '-t_srs', targetText(targetCrs), '-skipfailures');
  if (wrap) args.push('-wrapdateline');
  args.push(output, source.path);
  let failed = 0;
  let error: string | null = null;
  const onErrorLine = (line: string) => {
    if (/^ERROR \d+: Failed to reproject feature /.test(line)) failed++;
    // What PROJ says of such a feature comes before that line. Anything else is no reason to leave a feature out.
    else if (/^ERROR \d+/.test(line) && !/reproject|PROJ|transform/i.test(line)) error ??= line.replace(/^ERROR \d+: /, '');
  };
  await runGdal('ogr2ogr', args, { signal, onProgress, onErrorLine });
  if (error !== null) throw new ExportFailure('write-failed', error);
  return failed;
}
