import { definitionText } from '../../crs/definition.ts';

/** A row of gpkg_spatial_ref_sys (OGC 12-128r19, section 1.1.2). */
export interface Srs {
  name: string;
  id: number;
  organization: string;
  organizationId: number;
  /** WKT 1 (OGC 01-009); `undefined` where that cannot express it. */
  definition: string;
  description: string | null;
  /** WKT 2:2015 (OGC 12-063r5); null where it is not needed. */
  wkt2: string | null;
}

/** Whether a system needs the extension gpkg_crs_wkt (annex F.10), which adds WKT 2 to all systems of a file. */
export function needsWkt2({ definition, wkt2 }: Srs): boolean {
  return definition === 'undefined' && wkt2 !== null;
}

/** What GDAL gives a system that has no code of its own. */
const CUSTOM_ID = 100000;

/**
 * A CRS as GDAL puts it into a GeoPackage: known by the authority in its own WKT 1, and by a number of its own where that has none.
 * @param crs `EPSG:n` or WKT.
 * @throws {GdalError} when GDAL does not know it.
 */
export async function srsOf(crs: string): Promise<Srs> {
  // GDAL prints nothing where WKT 1 cannot say it (three-dimensional geographic systems).
  const wkt1 = await definitionText(crs, 'wkt1');
  const wkt2 = wkt1 === '' ? await definitionText(crs, 'wkt2_2015') : null;
  const text = wkt2 ?? wkt1;
  const name = /^\w+\["((?:[^"]|"")*)"/.exec(text)?.[1]?.replaceAll('""', '"') ?? 'unknown';
  const authority = /,(?:AUTHORITY\["(\w+)","(\d+)"\]|ID\["(\w+)",(\d+)\])\]$/.exec(text);
  const organization = authority?.[1] ?? authority?.[3] ?? 'NONE';
  const id = Number(authority?.[2] ?? authority?.[4] ?? CUSTOM_ID);
  if (organization === 'EPSG' && id === 4326) return WGS84;
  return { name, id, organization, organizationId: id, definition: wkt1 || 'undefined', description: null, wkt2 };
}

/** What every GeoPackage has (section 1.1.2.1.2, requirement 11), in GDAL's words. */
const WGS84: Srs = {
  name: 'WGS 84 geodetic',
  id: 4326,
  organization: 'EPSG',
  organizationId: 4326,
  definition:
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],' +
    'PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],' +
    'AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]',
  description: 'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid',
  wkt2:
    'GEODCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],' +
    'PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,2],' +
    'AXIS["geodetic latitude (Lat)",north,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],' +
    'AXIS["geodetic longitude (Lon)",east,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4326]]',
};

export const REQUIRED: readonly Srs[] = [
  {
    name: 'Undefined Cartesian SRS',
    id: -1,
    organization: 'NONE',
    organizationId: -1,
    definition: 'undefined',
    description: 'undefined Cartesian coordinate reference system',
    wkt2: null,
  },
  {
    name: 'Undefined geographic SRS',
    id: 0,
    organization: 'NONE',
    organizationId: 0,
    definition: 'undefined',
    description: 'undefined geographic coordinate reference system',
    wkt2: null,
  },
  WGS84,
];
