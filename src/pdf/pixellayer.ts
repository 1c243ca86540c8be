import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cropFor } from '../crs/crop.ts';
import type { Bounds } from '../geometry/bounds.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { boundsOf, type Grid } from '../raster/grid.ts';
import { bandNumbers, sheetOf } from '../raster/source.ts';
import { lieOf } from '../raster/target.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { type RasterTile, readTiles } from '../store/rastertiles.ts';
import { ExportFailure } from '../vector/writer.ts';
import { classesOf } from './classes.ts';
import { gridRows, gridStyle } from './gridpixels.ts';
import { RowFile } from './imagefile.ts';
import { imageryRows } from './imagerypixels.ts';
import type { LayerSymbol, MapItem, PaintedImage, PaintedLayer, Painting, PixelRows } from './layer.ts';
import { rampOf } from './ramp.ts';
import type { RawRaster } from './rawraster.ts';
import { maskOf, warp, writeJpeg } from './warp.ts';

/** In degrees. */
const WHOLE_EARTH: MultiPolygon = [
  [
    [
      [-180, -90],
      [180, -90],
      [180, 90],
      [-180, 90],
      [-180, -90],
    ],
  ],
];
/** A pixel of the layer that is this much smaller than one of the map is averaged with its neighbours. */
const FINER = 1.2;

/**
 * Paints a layer of pixels: GDAL renders it in the map's CRS, and imagery becomes a JPEG, as grids do with their colours and shades.
 * @throws {ExportFailure | GdalError} when it cannot be painted; the signal's reason when cancelled.
 */
export async function paintPixels(item: MapItem, profile: RasterProfile, painting: Painting): Promise<PaintedLayer> {
  const { view, extent, crs, dpi, outDir, tempDir, signal, onProgress } = painting;
  const all = await readTiles(item.versionDir);
  const tiles = (item.tile === null ? all : all.filter(({ id }) => id === item.tile)).filter((tile) => meets(tile, extent.degrees));
  if (item.tile !== null && !all.some(({ id }) => id === item.tile))
    throw new ExportFailure('write-failed', 'This tile is no longer on this site.');
  const unit = 72 / dpi / view.scale;
  const told = Number(unit.toPrecision(6));
  const layer: PaintedLayer = {
    paths: [],
    images: [],
    symbol: expectedPixels(profile),
    warnings: [],
    isEmpty: true,
    content: { resolution: [told, told], bands: [{ type: 'Byte', description: '' }], images: 0 },
  };
  const none = () => {
    layer.warnings.push('The result is empty: nothing of this layer lies in the area of the map.');
    return layer;
  };
  if (tiles.length === 0) return none();
  const sheet = sheetOf(profile, tiles);
  const isSame = crs.id !== null && crs.id === profile.crs.id;
  const lie = isSame
    ? { bounds: boundsOf(sheet.grid), resolution: sheet.grid.resolution[0] }
    : await lieOf(sheet.grid, profile.crs, crs, signal);

  // A projection of the whole Earth has places that are none: GDAL would repeat the other side there.
  const pastEnds = extent.domain !== null && view.period === null;
  const shown = extent.area ?? (pastEnds ? WHOLE_EARTH : null);
  const bounds = lie.bounds && pastEnds ? wider(lie.bounds) : lie.bounds;
  const pieces = bounds ? piecesOf(bounds, extent.bounds, view.period, unit) : [];
  const where = {
    crs,
    extent: extent.domain ?? extent.bounds,
    extent_wgs84: extent.area ? extent.degrees : ([-180, -90, 180, 90] as const),
  };
  const area = shown ? ((await cropFor(shown, where, { signal, tolerance: unit / 10 })) ?? []) : null;
  const isGrid = profile.kind === 'grid';
  const classes = isGrid ? [] : classesOf(profile);
  const seen = new Set<number>();
  const hasClasses = classes.length > 0 || profile.bands.some(({ palette }) => palette !== null);
  // Values of a grid are not to pass those that it has, as cubic convolution does.
  const method = hasClasses ? 'near' : lie.resolution * FINER < unit ? 'average' : isGrid ? 'cubicspline' : 'cubic';
  const warped: RawRaster[] = [];
  const dirOf = (number: number) => join(tempDir, String(number));
  const render = async (number: number, grid: Grid) => {
    const dir = dirOf(number);
    await mkdir(dir);
    return warp({
      profile,
      versionDir: item.versionDir,
      tiles,
      grid,
      crs,
      pastEnds,
      method,
      emptiness: isGrid ? 'nan' : 'alpha',
      dir,
      signal,
      onProgress: (fraction) => onProgress('write', (0.7 * (number + fraction)) / pieces.length),
    });
  };
  try {
    for (const [number, { grid }] of pieces.entries()) warped.push(await render(number, grid));
    // All pieces have the same colours.
    const style = isGrid ? await gridStyle(warped, profile, item.color, item.title, signal) : null;
    if (isGrid && !style) return none();
    if (style) layer.symbol = style.symbol;
    for (const [number, { grid, shift }] of pieces.entries()) {
      const raster = warped[number];
      if (!raster) continue;
      const rows = style ? gridRows(raster, profile, style) : imageryRows(raster, profile, classes, seen);
      const image = await paintPiece(rows, grid, area, { dir: dirOf(number), outDir, number, isLossless: hasClasses, signal });
      if (image) layer.images.push({ ...image, bounds: shifted(boundsOf(grid), shift) });
      onProgress('write', 0.7 + (0.3 * (number + 1)) / pieces.length);
    }
  } finally {
    for (const raster of warped) await raster.close();
  }
  onProgress('write', 1);
  if (layer.images.length === 0) return none();
  if (classes.length > 0) layer.symbol = { kind: 'classes', classes: classes.filter(({ value }) => seen.has(value)) };
  const left = bandNumbers(profile).data.length - (isGrid ? 1 : profile.bands.length >= 3 ? 3 : 1);
  if (left > 0)
    layer.warnings.push(`${left === 1 ? '1 band was' : `${left} bands were`} left out: a map shows grey, or red, green and blue.`);
  return {
    ...layer,
    isEmpty: false,
    content: { resolution: [told, told], bands: [{ type: 'Byte', description: '' }], images: layer.images.length },
  };
}

/** Of a layer of many classes a map shows some. */
const CLASSES_EXPECTED = 12;

/** How the legend shows a layer before its values are known. */
export function expectedPixels(profile: RasterProfile): LayerSymbol {
  if (profile.kind !== 'grid') {
    const classes = classesOf(profile);
    return classes.length > 0 ? { kind: 'classes', classes: classes.slice(0, CLASSES_EXPECTED) } : { kind: 'imagery' };
  }
  return { kind: 'ramp', colors: rampOf(null, false).colors, ticks: [''], unit: profile.bands[0]?.unit ?? '' };
}

/** Whether a tile and a box in degrees have something in common, on whatever turn each is. */
function meets({ extent_wgs84: [west, south, east, north] }: RasterTile, [left, bottom, right, top]: Bounds): boolean {
  if (north < bottom || south > top) return false;
  return [-720, -360, 0, 360, 720].some((turn) => west + turn <= right && east + turn >= left);
}

/** The parts of a layer that a map shows, on grids of its pixels; each with what brings it to the map's turn. */
function piecesOf(layer: Bounds, map: Bounds, period: number | null, unit: number): { grid: Grid; shift: number }[] {
  const pieces: { grid: Grid; shift: number }[] = [];
  for (const turn of period === null ? [0] : [-2, -1, 0, 1, 2]) {
    const shift = turn * (period ?? 0);
    // Each place is shown once, and given to PROJ on the turn that it knows.
    const own =
      period === null ? map : ([Math.max(map[0] - shift, -period / 2), map[1], Math.min(map[2] - shift, period / 2), map[3]] as const);
    for (const also of period === null ? [0] : [-period, 0, period]) {
      const [west, east] = [Math.max(own[0], layer[0] + also), Math.min(own[2], layer[2] + also)];
      const [south, north] = [Math.max(own[1], layer[1]), Math.min(own[3], layer[3])];
      if (!(east - west > unit * 1e-3 && north - south > unit * 1e-3)) continue;
      const size: [number, number] = [
        Math.max(1, Math.ceil((east - west) / unit - 1e-6)),
        Math.max(1, Math.ceil((north - south) / unit - 1e-6)),
      ];
      pieces.push({ grid: { origin: [west, north], resolution: [unit, unit], size }, shift });
    }
  }
  return pieces;
}

/** Where a layer lies is found by looking at some of its places, and those may be beside where a map of the world is cut open. */
const BESIDE_CUT = 0.05;

function wider([west, south, east, north]: Bounds): Bounds {
  const [wide, high] = [(east - west) * BESIDE_CUT, (north - south) * BESIDE_CUT];
  return [west - wide, south - high, east + wide, north + high];
}

function shifted([west, south, east, north]: Bounds, by: number): [number, number, number, number] {
  return [west + by, south, east + by, north];
}

/** Writes a piece's pixels as PDF holds them; null where none of them is in the area, or has data. */
async function paintPiece(
  rows: PixelRows,
  grid: Grid,
  area: MultiPolygon | null,
  { dir, outDir, number, isLossless, signal }: { dir: string; outDir: string; number: number; isLossless: boolean; signal: AbortSignal },
): Promise<Omit<PaintedImage, 'bounds'> | null> {
  const [columns, height] = grid.size;
  const mask = area && (await maskOf(area, grid, dir, signal));
  const colours = new RowFile(isLossless ? join(outDir, `pixels-${number}`) : join(dir, 'colours.raw'), isLossless);
  const opacity = new RowFile(join(outDir, `alpha-${number}`), true);
  const line = new Uint8Array(columns * rows.bands);
  const alpha = new Uint8Array(columns);
  let [isOpaque, isSeen] = [true, false];
  try {
    for (let row = 0; row < height; row++) {
      signal.throwIfAborted();
      await rows.read(row, line, alpha);
      const inside = await mask?.row(0, row);
      for (let i = 0; i < columns; i++) {
        if (inside && inside[i] === 0) alpha[i] = 0;
        if (alpha[i] !== 255) isOpaque = false;
        if (alpha[i] !== 0) isSeen = true;
      }
      rows.note?.(alpha);
      await colours.write(line);
      await opacity.write(alpha);
    }
  } finally {
    await Promise.allSettled([colours.end(), opacity.end()]);
    await mask?.close();
  }
  if (!isSeen) return null;
  const space = rows.bands === 3 ? ('rgb' as const) : ('gray' as const);
  const jpeg = join(outDir, `pixels-${number}.jpg`);
  if (!isLossless) await writeJpeg(colours.path, grid.size, rows.bands, jpeg, signal);
  const path = isLossless ? colours.path : jpeg;
  return {
    width: columns,
    height,
    pixels: { path, filter: isLossless ? 'FlateDecode' : 'DCTDecode', space },
    alpha: isOpaque ? null : { path: opacity.path },
    isSmooth: false,
    bytes: (await stat(path)).size + (isOpaque ? 0 : (await stat(opacity.path)).size),
  };
}
