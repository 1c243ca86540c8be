import type { MultiPolygon } from '../../geometry/polygons.ts';
import { TAG, TYPE } from '../../store/cog/tags.ts';
import { fieldOf, numbersOf, type TiffDirectory, TiffError, type TiffField } from '../../store/cog/tiff.ts';

/** From pixels to the CRS: x = [0] + column·[1] + row·[2], y = [3] + column·[4] + row·[5]; column and row 0 are the upper left corner. */
export type GeoTransform = [number, number, number, number, number, number];

/** GeoTIFF 1.1 section 7.2.4: GTRasterTypeGeoKey, and its value where the raster's points are the pixels' centres. */
const RASTER_TYPE_KEY = 1025;
const PIXEL_IS_POINT = 2;

/**
 * Where the pixels of an image lie (GeoTIFF 1.1 section 7.2.3.1 and annex B.6).
 * @throws {TiffError} when it says nothing of it, or more than a linear transformation.
 */
export function geoTransformOf(directory: TiffDirectory, littleEndian: boolean): GeoTransform {
  const scale = numbersOf(directory.get(TAG.modelPixelScale), littleEndian);
  const tiepoint = numbersOf(directory.get(TAG.modelTiepoint), littleEndian);
  const matrix = numbersOf(directory.get(TAG.modelTransformation), littleEndian);
  const transform = scale.length >= 2 && tiepoint.length === 6 ? ofTiepoint(scale, tiepoint) : ofMatrix(matrix);
  const [x0, xColumn, xRow, y0, yColumn, yRow] = transform;
  if (!transform.every(Number.isFinite) || xColumn * yRow - xRow * yColumn === 0)
    throw new TiffError('This TIFF does not say where it lies.');
  if (!isPixelPoint(directory, littleEndian)) return transform;
  return [x0 - xColumn * 0.5 - xRow * 0.5, xColumn, xRow, y0 - yColumn * 0.5 - yRow * 0.5, yColumn, yRow];
}

function ofTiepoint([xScale = 0, yScale = 0]: Float64Array, [column = 0, row = 0, , x = 0, y = 0]: Float64Array): GeoTransform {
  return [x - column * xScale, xScale, 0, y + row * yScale, 0, -yScale];
}

function ofMatrix(m: Float64Array): GeoTransform {
  if (m.length !== 16) throw new TiffError('This TIFF does not say where it lies.');
  return [m[3] ?? 0, m[0] ?? 0, m[1] ?? 0, m[7] ?? 0, m[4] ?? 0, m[5] ?? 0];
}

function isPixelPoint(directory: TiffDirectory, littleEndian: boolean): boolean {
  // GeoTIFF 1.1 section 7.1.2: a header of four numbers, then key, where its value is, count, value.
  const keys = numbersOf(directory.get(TAG.geoKeyDirectory), littleEndian);
  for (let at = 4; at + 3 < keys.length; at += 4)
    if (keys[at] === RASTER_TYPE_KEY && keys[at + 1] === 0) return keys[at + 3] === PIXEL_IS_POINT;
  return false;
}

/** Tags that place a part of an image that begins at some pixel of it. */
export function movedPlacing(directory: TiffDirectory, littleEndian: boolean, column: number, row: number): Map<number, TiffField> {
  const moved = new Map<number, TiffField>();
  const scale = directory.get(TAG.modelPixelScale);
  const [xScale = 0, yScale = 0] = numbersOf(scale, littleEndian);
  const tiepoint = numbersOf(directory.get(TAG.modelTiepoint), littleEndian);
  if (scale && tiepoint.length === 6) {
    const [i = 0, j = 0, k = 0, x = 0, y = 0, z = 0] = tiepoint;
    moved.set(TAG.modelPixelScale, scale);
    moved.set(TAG.modelTiepoint, fieldOf(TYPE.double, [0, 0, k, x + (column - i) * xScale, y - (row - j) * yScale, z], littleEndian));
    return moved;
  }
  const matrix = numbersOf(directory.get(TAG.modelTransformation), littleEndian);
  matrix[3] = (matrix[3] ?? 0) + column * (matrix[0] ?? 0) + row * (matrix[1] ?? 0);
  matrix[7] = (matrix[7] ?? 0) + column * (matrix[4] ?? 0) + row * (matrix[5] ?? 0);
  return moved.set(TAG.modelTransformation, fieldOf(TYPE.double, matrix, littleEndian));
}

/** Tags that place an image of pixels `times` as large from the same corner; null where its points are the pixels' centres. */
export function coarsePlacing(directory: TiffDirectory, littleEndian: boolean, times: number): Map<number, TiffField> | null {
  if (isPixelPoint(directory, littleEndian)) return null;
  const placing = movedPlacing(directory, littleEndian, 0, 0);
  const scale = numbersOf(placing.get(TAG.modelPixelScale), littleEndian);
  if (scale.length >= 2) {
    const [x = 0, y = 0, z = 0] = scale;
    return placing.set(TAG.modelPixelScale, fieldOf(TYPE.double, [x * times, y * times, z], littleEndian));
  }
  const matrix = numbersOf(placing.get(TAG.modelTransformation), littleEndian);
  for (const at of [0, 1, 4, 5]) matrix[at] = (matrix[at] ?? 0) * times;
  return placing.set(TAG.modelTransformation, fieldOf(TYPE.double, matrix, littleEndian));
}

/** Polygons of the CRS in pixels. The sums are those of GDAL, so that a place on the middle of a pixel is so for both. */
export function toPixels(polygons: MultiPolygon, transform: GeoTransform): MultiPolygon {
  const [x0, xColumn, xRow, y0, yColumn, yRow] = invert(transform);
  return polygons.map((polygon) =>
    polygon.map((ring) => ring.map(([x = 0, y = 0]) => [x0 + x * xColumn + y * xRow, y0 + x * yColumn + y * yRow])),
  );
}

/** As GDALInvGeoTransform. */
function invert([x0, xColumn, xRow, y0, yColumn, yRow]: GeoTransform): GeoTransform {
  if (xRow === 0 && yColumn === 0) return [-x0 / xColumn, 1 / xColumn, 0, -y0 / yRow, 0, 1 / yRow];
  const inverse = 1 / (xColumn * yRow - xRow * yColumn);
  return [
    (xRow * y0 - x0 * yRow) * inverse,
    yRow * inverse,
    -xRow * inverse,
    (-xColumn * y0 + x0 * yColumn) * inverse,
    -yColumn * inverse,
    xColumn * inverse,
  ];
}
