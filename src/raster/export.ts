import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { readTiles } from '../store/rastertiles.ts';
import { failure } from '../vector/failure.ts';
import { ExportFailure } from '../vector/writer.ts';
import { planRaster, type RasterPlan } from './plan.ts';
import { render } from './render.ts';
import { requireSpace } from './space.ts';
import { tableXml } from './vrt.ts';
import type { RasterWriter } from './writer.ts';

export interface RasterItem {
  profile: RasterProfile;
  /** The version's folder in the store. */
  versionDir: string;
  format: { displayName: string; driver: string; extension: string; raster: RasterWriter };
  title: string;
  /** A slug; what a file is called that is no tile. */
  name: string;
  /** A tile's id; null for all of them. */
  tile: string | null;
  /** `EPSG:n`; null keeps the version's own. */
  targetCrs: string | null;
  /** In degrees; null takes all. */
  area: MultiPolygon | null;
  multiplier: number;
  /** An empty folder that the files go to. */
  outDir: string;
  /** An empty folder for what is needed meanwhile. */
  tempDir: string;
  signal: AbortSignal;
  onProgress: (stage: 'write', fraction: number) => void;
}

/** What is told of a raster item. */
export interface RasterResult {
  /** By name; some are files of the store. */
  files: { name: string; content: string }[];
  warnings: string[];
  /** Of one pixel, in the units of the CRS that was written. */
  resolution: [number, number];
  bands: { type: string; description: string }[];
  /** Images, without the files beside them. */
  images: number;
}

/**
 * Writes a raster version, or one of its tiles, in a format.
 * @throws {ExportFailure | GdalError} when it cannot be written; the signal's reason when cancelled.
 */
export async function exportRaster(item: RasterItem): Promise<RasterResult> {
  try {
    return await write(item);
  } catch (error) {
    item.signal.throwIfAborted();
    throw failure(error, item.outDir);
  }
}

async function write(item: RasterItem): Promise<RasterResult> {
  const { profile, versionDir, format, tile, outDir, tempDir, signal } = item;
  const all = await readTiles(versionDir);
  const tiles = tile === null ? all : all.filter(({ id }) => id === tile);
  if (tiles.length === 0) throw new ExportFailure('write-failed', 'This tile is no longer on this site.');
  const plan = await planRaster({ ...item, tiles, writer: format.raster });
  await requireSpace(plan.pieces, profile, format.raster, outDir);
  const files: RasterResult['files'] = [];
  const total = plan.pieces.reduce((sum, piece) => sum + pixelsOf(piece), 0);
  let done = 0;
  for (const [index, piece] of plan.pieces.entries()) {
    signal.throwIfAborted();
    const share = pixelsOf(piece) / total;
    const onProgress = (fraction: number) => item.onProgress('write', done + share * fraction);
    const dir = join(tempDir, String(index));
    await mkdir(dir);
    files.push(...(await writePiece(piece, plan, item, dir, onProgress)));
    await rm(dir, { recursive: true, force: true });
    done += share;
  }
  item.onProgress('write', 1);
  const [first] = plan.pieces;
  return {
    files: files.sort((a, b) => (a.name < b.name ? -1 : 1)),
    warnings: plan.warnings,
    resolution: first?.grid.resolution ?? profile.resolution,
    bands: (first?.image.bands ?? []).map(({ data_type: type, description }) => ({ type, description })),
    images: plan.pieces.length,
  };
}

type PlannedPiece = RasterPlan['pieces'][number];

function pixelsOf({ grid: { size } }: PlannedPiece): number {
  return size[0] * size[1];
}

/** The files of one piece: a stored tile as it is, else what GDAL makes. */
async function writePiece(
  piece: PlannedPiece,
  { emptiness }: RasterPlan,
  { profile, versionDir, format, outDir, signal }: RasterItem,
  dir: string,
  onProgress: (fraction: number) => void,
): Promise<RasterResult['files']> {
  const { name, image, stored } = piece;
  const file = `${name}.${format.extension}`;
  const path = join(outDir, file);
  const made = { name: file, content: path };
  if (stored) return [{ name: file, content: join(versionDir, stored.file) }, ...(await tableBeside(profile, file, outDir))];
  await render(
    piece,
    image,
    { profile, versionDir },
    { writer: format.raster, driver: format.driver, plan: emptiness },
    { dir, path, signal, onProgress },
  );
  const beside = [];
  for (const { extension, text } of await format.raster.beside(image)) {
    const other = `${name}.${extension}`;
    await writeFile(join(outDir, other), text);
    beside.push({ name: other, content: join(outDir, other) });
  }
  return [made, ...beside, ...(await byGdalBeside(outDir, name, [file, ...beside.map(({ name: other }) => other)]))];
}

/** What GDAL left beside a file: statistics, an attribute table, a CRS; or the second half of a large image. */
async function byGdalBeside(outDir: string, name: string, known: readonly string[]): Promise<RasterResult['files']> {
  const found = await readdir(outDir);
  const own = found.filter((file) => !known.includes(file) && file.startsWith(`${name}.`));
  return own.map((file) => ({ name: file, content: join(outDir, file) }));
}

/** The attribute table, which a GeoTIFF has in a file of GDAL's beside it (persistent auxiliary metadata). */
async function tableBeside({ rat }: RasterProfile, file: string, outDir: string): Promise<RasterResult['files']> {
  if (!rat) return [];
  const name = `${file}.aux.xml`;
  const content = join(outDir, name);
  await writeFile(content, `<PAMDataset><PAMRasterBand band="1">${tableXml(rat)}</PAMRasterBand></PAMDataset>\n`);
  return [{ name, content }];
}
