import type { GdalRaster } from '../../../gdal/describeraster.ts';
import type { Bounds } from '../../../store/profile.ts';
import { PublishError } from '../failure.ts';
import { coverage } from './coverage.ts';
import type { SourceTile } from './source.ts';

/** Where a tile's pixels lie. */
export interface Place {
  /** Its upper left corner in the mosaic, in whole pixels. */
  at: [number, number];
  /** Columns and rows. */
  size: [number, number];
  /** In the CRS's units. */
  extent: Bounds;
  /** True where its rows go north or its columns west, so that it has to be turned. */
  turned: boolean;
}

/** The one grid that all tiles' pixels are on. */
export interface Arrangement {
  origin: [number, number];
  resolution: [number, number];
  size: [number, number];
  extent: Bounds;
  /** In the order of the tiles. */
  places: Place[];
  /** Whether there are pixels that no tile has, or that several have. */
  gaps: boolean;
  overlaps: boolean;
}

/** In pixels: coordinates are rounded by many programs, and nobody sees so little. */
const TOLERANCE = 0.1;

/** @throws {PublishError} where a tile has no place, or is rotated. */
export function requirePlaces(tiles: readonly SourceTile[]): void {
  for (const tile of tiles) ownPlace(tile);
}

/**
 * Puts tiles on one grid.
 * @throws {PublishError} where one has no place, is rotated, or has pixels of another size or beside the others'.
 */
export function arrange(tiles: readonly SourceTile[]): Arrangement {
  const placed = tiles.map((tile) => ({ tile, ...ownPlace(tile) }));
  const [first] = placed;
  if (!first) throw new Error('There are no tiles.');
  const [dx, dy] = first.resolution;
  const minX = placed.reduce((least, { extent }) => Math.min(least, extent[0]), Infinity);
  const maxY = placed.reduce((most, { extent }) => Math.max(most, extent[3]), -Infinity);
  let [width, height] = [0, 0];
  const places = placed.map(({ tile, resolution, extent, size, turned }): Place => {
    if (Math.abs(resolution[0] / dx - 1) * size[0] > TOLERANCE || Math.abs(resolution[1] / dy - 1) * size[1] > TOLERANCE) {
      throw new PublishError(
        `${tile.shown} has pixels of ${pixelSize(resolution)} and ${first.tile.shown} of ${pixelSize(first.resolution)}. ` +
          `Tiles of one dataset need the same: gdalwarp -tr ${dx} ${dy} -tap.`,
      );
    }
    const [x, y] = [(extent[0] - minX) / dx, (maxY - extent[3]) / dy];
    const at: [number, number] = [Math.round(x), Math.round(y)];
    if (Math.abs(x - at[0]) > TOLERANCE || Math.abs(y - at[1]) > TOLERANCE) {
      throw new PublishError(
        `The pixels of ${tile.shown} lie between those of the other tiles. Bring all to one grid: gdalwarp -tr ${dx} ${dy} -tap.`,
      );
    }
    [width, height] = [Math.max(width, at[0] + size[0]), Math.max(height, at[1] + size[1])];
    return { at, size, extent, turned };
  });
  if (Math.max(width, height) > MOST_PIXELS)
    throw new PublishError('The tiles lie too far apart to be one dataset. Publish those that belong together by themselves.');
  const { covered, overlapped } = coverage(places);
  return {
    origin: [minX, maxY],
    resolution: [dx, dy],
    size: [width, height],
    extent: [minX, maxY - height * dy, minX + width * dx, maxY],
    places,
    gaps: covered < width * height,
    overlaps: overlapped > 0,
  };
}

/** GDAL counts pixels in 32 bits. */
const MOST_PIXELS = 2 ** 31 - 1;

function ownPlace({ shown, raster }: SourceTile): Omit<Place, 'at'> & { resolution: [number, number] } {
  const [x, dx, rowTurn, y, columnTurn, dy] = transformOf(shown, raster);
  const [width, height] = raster.size;
  // By less than the tolerance over its whole size it is a rounding.
  if (Math.abs(rowTurn) * height > TOLERANCE * Math.abs(dx) || Math.abs(columnTurn) * width > TOLERANCE * Math.abs(dy))
    throw new PublishError(`${shown} is rotated. Turn it to the north with gdalwarp ${baseOf(shown)} north.tif, and publish that.`);
  const [xs, ys] = [
    [x, x + width * dx],
    [y, y + height * dy],
  ];
  return {
    size: raster.size,
    extent: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
    resolution: [Math.abs(dx), Math.abs(dy)],
    turned: dx < 0 || dy > 0,
  };
}

function transformOf(shown: string, { geoTransform, hasControlPoints }: GdalRaster): NonNullable<GdalRaster['geoTransform']> {
  if (geoTransform && geoTransform[1] !== 0 && geoTransform[5] !== 0) return geoTransform;
  // Rotated by a quarter turn, the pixel's own size is in the other numbers.
  if (geoTransform && geoTransform[2] !== 0 && geoTransform[4] !== 0)
    throw new PublishError(`${shown} is rotated. Turn it to the north with gdalwarp ${baseOf(shown)} north.tif, and publish that.`);
  if (hasControlPoints) {
    throw new PublishError(
      `${shown} is placed by control points only. Give every pixel its place with gdalwarp ${baseOf(shown)} placed.tif, and publish that.`,
    );
  }
  throw new PublishError(
    `${shown} does not say where its pixels lie. Put its world file beside it, or place it with gdal_translate -a_ullr.`,
  );
}

function baseOf(shown: string): string {
  return shown.slice(shown.lastIndexOf('/') + 1);
}

function pixelSize([dx, dy]: [number, number]): string {
  return `${dx} × ${dy}`;
}
