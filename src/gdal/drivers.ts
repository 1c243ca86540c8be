import { runGdal } from './process.ts';

export interface GdalInstallation {
  /** Short names of all drivers. */
  drivers: ReadonlySet<string>;
  /** Such as `3.6.2`. */
  version: string;
  /** Short names (`GPKG`, `ESRI Shapefile`) of the vector drivers that can create files. */
  vectorWriters: ReadonlySet<string>;
  /** Short names of the vector drivers that can open files. */
  vectorReaders: ReadonlySet<string>;
  /** Short names (`COG`, `JPEG`) of the raster drivers that can write files, be it copies alone. */
  rasterWriters: ReadonlySet<string>;
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
  const version = await runGdal('ogrinfo', ['--version']);
  const [vector, raster] = await Promise.all([runGdal('ogrinfo', ['--formats']), runGdal('gdalinfo', ['--formats'])]);
  const vectorDrivers = driversOf(vector.stdout, 'vector');
  return {
    drivers: new Set(
      [vector, raster].flatMap(({ stdout }) => [...stdout.matchAll(/^ {2}(.+?) -[a-z, ]+- \(/gm)].map(([, name = '']) => name)),
    ),
    version: /GDAL (\d+\.\d+\.\d+)/.exec(version.stdout)?.[1] ?? 'unknown',
    vectorWriters: new Set(vectorDrivers.filter(({ writes }) => writes).map(({ name }) => name)),
    vectorReaders: new Set(vectorDrivers.map(({ name }) => name)),
    rasterWriters: new Set(driversOf(raster.stdout, 'raster').flatMap(({ name, writes }) => (writes ? [name] : []))),
  };
}

/** A line is `  GPKG -raster,vector- (rw+vs): GeoPackage`: `w` creates copies or updates, `+` creates. */
function driversOf(listed: string, kind: 'vector' | 'raster'): { name: string; writes: boolean }[] {
  return [...listed.matchAll(/^ {2}(.+?) -([a-z,]+)- \((\S+?)\)/gm)].flatMap(([, name = '', kinds = '', access = '']) =>
    kinds.includes(kind) ? [{ name, writes: access.includes('w') }] : [],
  );
}

/** Drivers whose data lie behind a network, in a database's server, or come from another program. */
const REMOTE = new Set([
  ...['HTTP', 'WMS', 'WMTS', 'WCS', 'WFS', 'OAPIF', 'OGCAPI', 'CSW', 'STACTA', 'STACIT', 'RDA', 'DAAS', 'PLSCENES', 'PLMosaic', 'NGW'],
  ...['Carto', 'CARTO', 'AmigoCloud', 'AMIGOCLOUD', 'Elasticsearch', 'EEDA', 'EEDAI', 'GMLAS', 'ADBC'],
  ...[
    'PostgreSQL',
    'PostGISRaster',
    'MySQL',
    'MSSQLSpatial',
    'ODBC',
    'PGeo',
    'OCI',
    'GeoRaster',
    'MongoDBv3',
    'HANA',
    'OGR_OGDI',
    'GPSBabel',
  ],
]);

/** The drivers that no export needs and that lead away from this machine's files, as `GDAL_SKIP` has them: only those that are there, as GDAL complains of others. */
export function remoteDrivers({ drivers }: GdalInstallation): string {
  return [...drivers].filter((name) => REMOTE.has(name)).join(',');
}
