import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredContent } from '../archive/ready.ts';
import { type Help, withHelp } from '../gdal/help.ts';
import { CORES, eachInParallel } from '../gdal/parallel.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { readTiles } from '../store/rastertiles.ts';
import { tableXml } from '../store/vrt.ts';
import { failure } from '../vector/failure.ts';
import { ExportFailure } from '../vector/writer.ts';
import { cutBlocks } from './blocks.ts';
import type { CropThreads } from './cropthreads.ts';
import { type PiecePlace, planRaster, type RasterPlan } from './plan.ts';
import { render } from './render.ts';
import { requireSpace } from './space.ts';

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
  /** Those that are kept from one item to the next. */
  threads: CropThreads;
  signal: AbortSignal;
  onProgress: (stage: 'write', fraction: number) => void;
  /** Of the plan's pieces the one that is written; null for all. */
  only: PiecePlace | null;
  /** Others who may write some of the pieces that GDAL makes; null: nobody. */
  help: PieceHelp | null;
}

/** Others who may write pieces. */
export interface PieceHelp extends Help<PiecePlace, RasterResult['files']> {
  /** @param pieces with the tiles' files that each is made from. */
  offer(pieces: readonly { piece: PiecePlace; sources: string[] }[]): Promise<void>;
}

/** What is told of a raster item. */
export interface RasterResult {
  /** By name; some are files of the store. */
  files: { name: string; content: string | StoredContent }[];
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
  const plan = await planRaster({ ...item, tiles, writer: format.raster, sheet: item.only?.sheet ?? null });
  const pieces = plan.pieces.filter(({ place }) => item.only === null || place.part === item.only.part);
  await requireSpace(pieces, profile, format.raster, outDir);
  const files: RasterResult['files'] = [];
  const total = pieces.reduce((sum, piece) => sum + pixelsOf(piece), 0);
  const fractions = new Map<PlannedPiece, number>();
  // Several crops of blocks go on at once; of GDAL's processes, which use all cores themselves and much memory, one.
  const alone = inTurn();
  const progressOf = (piece: PlannedPiece) => (fraction: number) => {
    fractions.set(piece, (fraction * pixelsOf(piece)) / total);
    item.onProgress(
      'write',
      Math.min(
        1,
        fractions.values().reduce((sum, part) => sum + part, 0),
      ),
    );
  };
  const writeOne = async (piece: PlannedPiece, either: AbortSignal) => {
    const onProgress = progressOf(piece);
    const index = pieces.indexOf(piece);
    // Folders of its own: GDAL leaves files beside those that it writes.
    const [made, dir] = [join(outDir, String(index)), join(tempDir, String(index))];
    await mkdir(made);
    await mkdir(dir);
    const kept = await writePiece(piece, plan, { ...item, signal: either }, { made, dir, onProgress, alone });
    const others = (await readdir(made)).filter((name) => kept.every((file) => file.name !== name));
    files.push(...kept, ...others.map((name) => ({ name, content: join(made, name) })));
    await rm(dir, { recursive: true, force: true });
    onProgress(1);
  };
  const { help } = item;
  if (help && isGdals(pieces, format.raster)) {
    await help.offer(pieces.map(({ sheet, place: piece }) => ({ piece, sources: sheet.tiles.map(({ file }) => file) })));
    await withHelp(
      pieces,
      { keep: ({ place }) => help.keep(place), made: ({ place }) => help.made(place) },
      (piece) => writeOne(piece, signal),
      (piece, made) => {
        files.push(...made);
        progressOf(piece)(1);
      },
    );
  } else await eachInParallel(pieces, CORES, signal, (piece, _, either) => writeOne(piece, either));
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

/** Whether there are several pieces, and GDAL makes them all, one after the other. */
function isGdals(pieces: readonly PlannedPiece[], { isStored }: RasterWriter): boolean {
  return pieces.length > 1 && pieces.every(({ reprojects }) => reprojects || !isStored);
}

function pixelsOf({ grid: { size } }: PlannedPiece): number {
  return size[0] * size[1];
}

/**
 * Writes the files of one piece: copies what blocks it can, else has GDAL make it.
 * @returns those that something is known of: a stored tile, which stays where it is, and what blocks were copied to.
 */
async function writePiece(
  piece: PlannedPiece,
  { emptiness, splits }: RasterPlan,
  { profile, versionDir, format, threads, signal }: RasterItem,
  { made, dir, onProgress, alone }: { made: string; dir: string; onProgress: (fraction: number) => void; alone: ReturnType<typeof inTurn> },
): Promise<RasterResult['files']> {
  const { name, image, stored } = piece;
  const { raster: writer, driver, extension } = format;
  const file = `${name}.${extension}`;
  const path = join(made, file);
  const source = { profile, versionDir };
  if (stored) {
    await tableBeside(profile, path);
    return [{ name: file, content: join(versionDir, stored.file) }];
  }
  const content = await cutBlocks(piece, { ...source, writer, splits }, { path, signal, onProgress }, threads);
  if (content !== null) {
    await tableBeside(profile, path);
    return [{ name: file, content }];
  }
  await alone(() => render(piece, image, source, { writer, driver, plan: emptiness }, { dir, path, signal, onProgress }));
  for (const beside of await writer.beside(image)) await writeFile(join(made, `${name}.${beside.extension}`), beside.text);
  return [];
}

/** One after the other, in the order in which they are asked for. */
function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}

/** Writes the attribute table, which a GeoTIFF has in a file of GDAL's beside it (persistent auxiliary metadata). */
async function tableBeside({ rat }: RasterProfile, path: string): Promise<void> {
  if (rat) await writeFile(`${path}.aux.xml`, `<PAMDataset><PAMRasterBand band="1">${tableXml(rat)}</PAMRasterBand></PAMDataset>\n`);
}
