import type { GdalInstallation } from '../gdal/drivers.ts';
import { dbf } from './dbf.ts';
import { filegdb } from './filegdb.ts';
import type { Format } from './format.ts';
import { geopackage } from './geopackage.ts';
import { shapefile } from './shapefile.ts';

const FORMATS: readonly Format[] = [shapefile, geopackage, filegdb, dbf];

/** All formats, in the order in which they are offered. */
export function allFormats(): readonly Format[] {
  return FORMATS;
}

/** The formats of a kind that this machine's GDAL can write. */
export function formatsFor(kind: string, { vectorWriters }: GdalInstallation): Format[] {
  return FORMATS.filter(
    (format) => format.kinds.some((one) => one === kind) && (format.driver === null || vectorWriters.has(format.driver)),
  );
}

/** A format by its mimetype or another spelling of it, in any case. */
export function findFormat(kind: string, mimetype: string): Format | undefined {
  const wanted = mimetype.toLowerCase();
  return FORMATS.find(
    (format) =>
      format.kinds.some((one) => one === kind) && [format.mimetype, ...format.aliases].some((one) => one.toLowerCase() === wanted),
  );
}

/** A format by its short name, such as `gpkg`, in any case. */
export function findShortName(kind: string, name: string): Format | undefined {
  const wanted = name.toLowerCase();
  return FORMATS.find(
    (format) =>
      format.kinds.some((one) => one === kind) && (format.shortName.toLowerCase() === wanted || format.linkNames.includes(wanted)),
  );
}
