import type { GdalInstallation } from '../gdal/drivers.ts';
import { csv } from './csv.ts';
import { dbf } from './dbf.ts';
import { dxf } from './dxf.ts';
import { filegdb } from './filegdb.ts';
import { flatgeobuf } from './flatgeobuf.ts';
import type { Format } from './format.ts';
import { geojson } from './geojson.ts';
import { geopackage } from './geopackage.ts';
import { kml } from './kml.ts';
import { mapinfoMif, mapinfoTab } from './mapinfo.ts';
import { geoParquet, tableParquet } from './parquet.ts';
import { shapefile } from './shapefile.ts';
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
  geojson,
  flatgeobuf,
  geoParquet,
  dbf,
  tableParquet,
  xlsx,
];

export function allFormats(): readonly Format[] {
  return FORMATS;
}

/** The formats of a kind of data that this machine can write. */
export function formatsFor(kind: string, { vectorWriters }: GdalInstallation): Format[] {
  return ofKind(kind).filter(({ driver }) => driver === null || vectorWriters.has(driver));
}

/** A format by its mimetype or another spelling of it, in any case. */
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
