import { join } from 'node:path';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';
import type { Grid, Window } from './grid.ts';
import { type Rect, type Vrt, type VrtBand, type VrtSource, vrtXml } from './vrt.ts';

/** Tiles that are one image together, and the grid that they lie on. */
export interface Sheet {
  tiles: readonly RasterTile[];
  /** Of the tiles' own pixels; its corner is that of the westernmost and northernmost of them. */
  grid: Grid;
  /** That corner in the mosaic, in pixels. */
  at: [column: number, row: number];
}

/** Parts of a pixel that a tile's corners may be beside the mosaic's grid for want of digits. */
const NOISE = 1e-3;

/** Tiles as one image. One alone lies where it says itself: others may be up to a tenth of a pixel beside its grid. */
export function sheetOf({ origin, resolution }: RasterProfile, tiles: readonly RasterTile[]): Sheet {
  const [left, top] = [Math.min(...tiles.map(({ at }) => at[0])), Math.min(...tiles.map(({ at }) => at[1]))];
  const right = Math.max(...tiles.map(({ at, size }) => at[0] + size[0]));
  const bottom = Math.max(...tiles.map(({ at, size }) => at[1] + size[1]));
  const size: Grid['size'] = [right - left, bottom - top];
  const grid: Grid = { origin: [origin[0] + left * resolution[0], origin[1] - top * resolution[1]], resolution, size };
  const [only, ...more] = tiles;
  return { tiles, at: [left, top], grid: only && more.length === 0 ? ownGrid(only, grid) : grid };
}

function ownGrid({ extent: [west, south, east, north] }: RasterTile, { resolution: [dx, dy], size }: Grid): Grid {
  const own: Grid['resolution'] = [(east - west) / size[0], (north - south) / size[1]];
  const isSame = Math.max(Math.abs(own[0] / dx - 1) * size[0], Math.abs(own[1] / dy - 1) * size[1]) < NOISE;
  return { origin: [west, north], resolution: isSame ? [dx, dy] : own, size };
}

/** The bands that hold data, by their numbers from 1, and the alpha band. */
export function bandNumbers({ bands }: RasterProfile): { data: number[]; alpha: number | null } {
  const alpha = bands.findIndex(({ color_interpretation: word }) => word === 'Alpha');
  return { data: bands.flatMap((_, index) => (index === alpha ? [] : index + 1)), alpha: alpha < 0 ? null : alpha + 1 };
}

/**
 * How many pixels a side of the overview that a coarser grid can be made of: one whose pixels come out even on every tile. 1 where none do.
 * @param times how much larger the pixels are that are wanted.
 */
export function overviewFor({ overviews }: RasterProfile, { tiles, at }: Sheet, times: number): number {
  const even = (factor: number) =>
    times % factor === 0 &&
    tiles.every(({ size, at: [column, row] }) => [...size, column - at[0], row - at[1]].every((length) => length % factor === 0));
  return Math.max(1, ...overviews.filter(even));
}

/**
 * A part of a sheet, with pixels `times` as large: each is made of the pixels of the source that it covers, as far as there are any.
 * @param grid of the window.
 * @param window in pixels of that size, from the sheet's corner.
 * @param average how pixels are made of several; else one of them stands for all.
 */
export function sourceVrt(
  profile: RasterProfile,
  versionDir: string,
  sheet: Sheet,
  { grid, window, times, average }: { grid: Grid; window: Window; times: number; average: boolean },
): Vrt {
  const { bands, transparency, crs } = profile;
  const factor = overviewFor(profile, sheet, times);
  const level = profile.overviews.indexOf(factor);
  const places = sheet.tiles.flatMap((tile) => placesOf(tile, sheet, window, times, factor));
  const several = sheet.tiles.length > 1;
  const sources = (band: VrtSource['band'], more: Partial<VrtSource>): VrtSource[] =>
    places.map(({ tile, from, to }) => ({
      file: join(versionDir, tile.file),
      band,
      from,
      to,
      average: average && !isSameSize(from, to),
      overview: level,
      ...more,
    }));
  const { data, alpha } = bandNumbers(profile);
  const masked = (number: number): VrtSource[] => {
    if (alpha === null) return sources(number, { masked: true });
    return places.map(({ tile, from, to }) => {
      const file = withMask(profile, { file: join(versionDir, tile.file), overview: level }, tile.size, factor);
      return { file, band: number, from, to, average: average && !isSameSize(from, to), masked: true };
    });
  };
  const made = data.map((number): VrtBand => {
    const band = bands[number - 1];
    const nodata = band?.nodata ?? null;
    // What lies under another tile shows where that one has no data.
    const covered = several && (transparency === 'alpha' || transparency === 'mask');
    return {
      dataType: band?.data_type ?? 'Byte',
      interpretation: band?.color_interpretation ?? 'Undefined',
      nodata,
      palette: band?.palette ?? null,
      sources: covered ? masked(number) : sources(number, nodata !== null && (several || average) ? { nodata } : {}),
    };
  });
  if (transparency === 'alpha' || transparency === 'mask') {
    const band = alpha ?? ('mask,1' as const);
    const dataType = (alpha === null ? undefined : bands[alpha - 1]?.data_type) ?? 'Byte';
    made.push({ dataType, interpretation: 'Alpha', nodata: null, palette: null, sources: sources(band, several ? { nodata: '0' } : {}) });
  }
  return { grid, crs: crs.wkt, bands: made };
}

/** Whether pixels are taken as they are. GDAL's mean of one pixel each, which it makes of some windows, has one beside its place. */
function isSameSize(a: Rect, b: Rect): boolean {
  return a.width === b.width && a.height === b.height;
}

/**
 * A tile, or an overview of it, whose alpha band is its mask: GDAL takes alpha for one behind one band or three that have no nodata, and not else.
 * @param factor how much larger the overview's pixels are.
 * @returns what GDAL opens in place of a file.
 */
function withMask(
  { bands, crs }: RasterProfile,
  source: Pick<VrtSource, 'file' | 'overview'>,
  [columns, rows]: RasterTile['size'],
  factor: number,
): string {
  const alpha = bands.findIndex(({ color_interpretation: word }) => word === 'Alpha') + 1;
  return vrtXml({
    grid: { origin: [0, 0], resolution: [1, 1], size: [columns / factor, rows / factor] },
    crs: crs.wkt,
    bands: bands.map(({ data_type: dataType }, index) => ({
      dataType,
      interpretation: 'Undefined',
      nodata: null,
      palette: null,
      sources: [{ ...source, band: index + 1 }],
    })),
    mask: { ...source, band: alpha },
  });
}

/** Which parts of a tile make which parts of a window. */
function placesOf(
  tile: RasterTile,
  { at }: Sheet,
  window: Window,
  times: number,
  factor: number,
): { tile: RasterTile; from: Rect; to: Rect }[] {
  const axis = (index: 0 | 1) => {
    const start = (tile.at[index] - at[index]) / factor;
    const each = times / factor;
    const from = Math.max(start, window.at[index] * each);
    const to = Math.min(start + tile.size[index] / factor, (window.at[index] + window.size[index]) * each);
    return runs(from, to, each).map(([first, past, cell, cells]) => ({
      from: first - start,
      length: past - first,
      to: cell - window.at[index],
      cells,
    }));
  };
  const [columns, rows] = [axis(0), axis(1)];
  return rows.flatMap((row) =>
    columns.map((column) => ({
      tile,
      from: { x: column.from, y: row.from, width: column.length, height: row.length },
      to: { x: column.to, y: row.to, width: column.cells, height: row.cells },
    })),
  );
}

/** An interval of pixels cut where cells of `each` pixels begin and end, so that every part is whole cells or lies within one. */
function runs(from: number, to: number, each: number): [from: number, to: number, cell: number, cells: number][] {
  if (to <= from) return [];
  const [first, last] = [Math.ceil(from / each), Math.floor(to / each)];
  if (first > last) return [[from, to, last, 1]];
  const parts: [number, number, number, number][] = [];
  if (from < first * each) parts.push([from, first * each, first - 1, 1]);
  if (last > first) parts.push([first * each, last * each, first, last - first]);
  if (to > last * each) parts.push([last * each, to, last, 1]);
  return parts;
}
