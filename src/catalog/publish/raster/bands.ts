import type { GdalBand } from '../../../gdal/describeraster.ts';
import type { DataType } from '../../../store/rasterprofile.ts';
import { PublishError } from '../failure.ts';
import { sameColumns } from './attributes.ts';
import { pixelValue } from './moments.ts';
import type { SourceTile } from './source.ts';

/** @throws {PublishError} where tiles differ in what their pixels mean. */
export function requireSameBands(tiles: readonly SourceTile[]): void {
  const [first, ...more] = tiles;
  if (!first) return;
  for (const tile of more) {
    const differ = (what: string, ours: string, theirs: string, advice: string, same = ours === theirs) => {
      if (!same)
        throw new PublishError(
          `${tile.shown} has ${what} ${ours} and ${first.shown} ${theirs}. Tiles of one dataset need the same: ${advice}.`,
        );
    };
    differ('the data type', tile.type, first.type, 'gdal_translate -ot');
    differ('the bands', bandsOf(tile), bandsOf(first), 'gdal_translate -b', plainBands(tile) === plainBands(first));
    differ('the mask', maskOf(tile), maskOf(first), 'gdal_translate -mask');
    differ('the scale and offset', scalesOf(tile), scalesOf(first), 'gdal_translate -unscale');
    if (palettesOf(tile) !== palettesOf(first)) {
      throw new PublishError(
        `${tile.shown} and ${first.shown} have different palettes. Tiles of one dataset need the same: gdal_translate -expand rgb.`,
      );
    }
    if (tile.raster.rat && first.raster.rat && !sameColumns(tile.raster.rat, first.raster.rat))
      throw new PublishError(`The attribute tables of ${tile.shown} and ${first.shown} have different columns.`);
  }
}

function bandsOf({ raster }: SourceTile): string {
  return raster.bands.map(({ colorInterpretation }) => colorInterpretation).join(', ');
}

/** Programs do not agree on what to call a band that is no colour. */
function plainBands(tile: SourceTile): string {
  return bandsOf(tile).replaceAll('Undefined', 'Gray');
}

function maskOf({ raster }: SourceTile): string {
  return hasMask(raster.bands) ? 'beside the bands' : 'none';
}

/** Whether a mask of its own stands beside the bands. */
export function hasMask([band]: readonly GdalBand[]): boolean {
  return band?.maskFlags.includes('PER_DATASET') === true && !band.maskFlags.includes('ALPHA');
}

function scalesOf({ raster }: SourceTile): string {
  return raster.bands.map(({ scale, offset }) => `${scale ?? 1} ${offset ?? 0}`).join(', ');
}

function palettesOf({ raster }: SourceTile): string {
  return JSON.stringify(raster.bands.map(({ palette }) => palette));
}

/**
 * The value that means "no data" in all tiles and bands, since a GeoTIFF has only one. `said`: GDAL needs to be told it, as not every source says
 * the same.
 * @throws {PublishError} where they say different ones.
 */
export function commonNodata(tiles: readonly SourceTile[]): { nodata: string | null; said: boolean; notes: string[] } {
  const values = new Map<string, SourceTile>();
  const notes: string[] = [];
  let said = false;
  for (const tile of tiles) {
    for (const { nodata } of tile.raster.bands) {
      if (nodata === null) said = true;
      else if (canHold(tile.type, nodata)) values.set(keyOf(nodata, tile.type), values.get(keyOf(nodata, tile.type)) ?? tile);
      else {
        said = true;
        if (notes.length === 0) notes.push(`Its nodata value ${nodata} cannot occur in ${tile.type} pixels, and was left out.`);
      }
    }
  }
  const [[nodata, tile] = [null, null], [other, otherTile] = [null, null]] = values;
  if (tile && otherTile) {
    const whose = tile === otherTile ? `The bands of ${tile.shown} have` : `${tile.shown} and ${otherTile.shown} have`;
    throw new PublishError(`${whose} different nodata values, ${nodata} and ${other}. Give them one with gdalwarp -dstnodata.`);
  }
  return { nodata, said: said && (nodata !== null || notes.length > 0), notes };
}

/** Two texts of the same pixel are one. */
function keyOf(nodata: string, type: DataType): string {
  const value = pixelValue(nodata, type);
  return Number.isFinite(value) ? String(value) : nodata;
}

const RANGES: Partial<Record<DataType, [number, number]>> = {
  Byte: [0, 255],
  Int8: [-128, 127],
  UInt16: [0, 65_535],
  Int16: [-32_768, 32_767],
  UInt32: [0, 4_294_967_295],
  Int32: [-2_147_483_648, 2_147_483_647],
};

function canHold(type: DataType, nodata: string): boolean {
  const range = RANGES[type];
  const value = pixelValue(nodata, type);
  return !range || (Number.isInteger(value) && value >= range[0] && value <= range[1]);
}
