import type { GdalInstallation } from '../gdal/drivers.ts';
import type { Profile } from '../store/profile.ts';
import type { RasterKind } from '../store/rasterprofile.ts';
import { asciiGrid } from './asciigrid.ts';
import { csv } from './csv.ts';
import { dbf } from './dbf.ts';
import { dxf } from './dxf.ts';
import { erdas } from './erdas.ts';
import { filegdb } from './filegdb.ts';
import { flatgeobuf } from './flatgeobuf.ts';
import type { FeatureFormat, Format, MapFormat, RasterFormat } from './format.ts';
import { geojson } from './geojson.ts';
import { geopackage } from './geopackage.ts';
import { geotiff } from './geotiff.ts';
import { jpeg } from './jpeg.ts';
import { jpeg2000, jpeg2000Lossless } from './jpeg2000.ts';
import { kea } from './kea.ts';
import { kml } from './kml.ts';
import { mapinfoMif, mapinfoTab } from './mapinfo.ts';
import { geoParquet, tableParquet } from './parquet.ts';
import { pdf, pdfOfPixels } from './pdf.ts';
import { png } from './png.ts';
import { shapefile } from './shapefile.ts';
import { superOverlay } from './superoverlay.ts';
import { xlsx } from './xlsx.ts';

/** In the order in which they are offered. */
const FORMATS: readonly Format[] = [
  shapefile,
  geopackage,
  filegdb,
  mapinfoTab,
  mapinfoMif,
  csv,
  kml,
  dxf,
  pdf,
  geojson,
  flatgeobuf,
  geoParquet,
  dbf,
  tableParquet,
  xlsx,
  geotiff,
  jpeg,
  jpeg2000,
  jpeg2000Lossless,
  png,
  erdas,
  asciiGrid,
  superOverlay,
  pdfOfPixels,
  kea,
];

export function allFormats(): readonly Format[] {
  return FORMATS;
}

export function isRasterFormat(format: Format): format is RasterFormat {
  return 'raster' in format;
}

export function isMapFormat(format: Format): format is MapFormat {
  return 'drivers' in format;
}

/** Whether a format's files are encoded and deflated by the engine's threads, so that the archive takes them as they are. */
export function comesDeflated(format: Format): boolean {
  return !isRasterFormat(format) && !isMapFormat(format) && format.writer.encoded !== undefined;
}

/** Whether items in a format come as layers of one map. */
export function isOnMap(format: Format): boolean {
  return format.mimetype === pdf.mimetype;
}

/** Whether this machine's GDAL can write a format. */
export function isWritable(format: Format, { vectorWriters, rasterWriters }: GdalInstallation): boolean {
  if (isMapFormat(format)) return format.drivers.every((driver) => rasterWriters.has(driver));
  if (isRasterFormat(format)) return rasterWriters.has(format.driver);
  return format.driver === null || vectorWriters.has(format.driver);
}

/** The formats of a kind of data that this machine can write. */
export function formatsFor(kind: string, installation: GdalInstallation): Format[] {
  return ofKind(kind).filter((format) => isWritable(format, installation));
}

/** A format by its mimetype or another spelling of it, in any case. */
export function findFormat(kind: Profile['kind'], mimetype: string): FeatureFormat | undefined;
export function findFormat(kind: RasterKind, mimetype: string): RasterFormat | MapFormat | undefined;
export function findFormat(kind: string, mimetype: string): Format | undefined;
export function findFormat(kind: string, mimetype: string): Format | undefined {
  const wanted = mimetype.toLowerCase();
  return ofKind(kind).find((format) => format.mimetype === wanted || format.aliases.includes(wanted));
}

/** A format by a short name such as `gpkg`, in any case. */
export function findShortName(kind: string, name: string): Format | undefined {
  const wanted = name.toLowerCase();
  return ofKind(kind).find(({ linkNames }) => linkNames.includes(wanted));
}

function ofKind(kind: string): Format[] {
  return FORMATS.filter(({ kinds }) => kinds.some((one) => one === kind));
}
