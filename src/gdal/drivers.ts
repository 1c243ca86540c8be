import { runGdal } from './process.ts';

export interface GdalInstallation {
  /** Such as `3.6.2`. */
  version: string;
  /** Short names (`GPKG`, `ESRI Shapefile`) of the vector drivers that can create files. */
  vectorWriters: ReadonlySet<string>;
  /** Short names of the vector drivers that can open files. */
  vectorReaders: ReadonlySet<string>;
}

let installation: Promise<GdalInstallation> | undefined;

/**
 * What this machine's GDAL can read and write, asked once a process.
 * @throws {GdalError} when GDAL is not installed.
 */
export function gdalInstallation(): Promise<GdalInstallation> {
  installation ??= inspect().catch((error) => {
    installation = undefined;
    throw error;
  });
  return installation;
}

async function inspect(): Promise<GdalInstallation> {
  const [version, formats] = await Promise.all([runGdal('ogrinfo', ['--version']), runGdal('ogrinfo', ['--formats'])]);
  const vectorWriters = new Set<string>();
  const vectorReaders = new Set<string>();
  // A line is `  GPKG -raster,vector- (rw+vs): GeoPackage`: `w` updates, `+` creates.
  for (const [, name, kinds, access] of formats.stdout.matchAll(/^ {2}(.+?) -([a-z,]+)- \((\S+?)\)/gm)) {
    if (!name || !kinds?.includes('vector')) continue;
    vectorReaders.add(name);
    if (access?.includes('w')) vectorWriters.add(name);
  }
  return { version: /GDAL (\d+\.\d+\.\d+)/.exec(version.stdout)?.[1] ?? 'unknown', vectorWriters, vectorReaders };
}
