import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { GdalInstallation } from '../../gdal/drivers.ts';
import { PublishError } from '../publish/failure.ts';

/**
 * The drivers of GDAL that may open what somebody has uploaded: formats that hold their data themselves. All others stay closed, since they fetch from
 * the network, run SQL, or show what other files of this machine hold.
 */
const OPEN = new Set([
  ...['GPKG', 'ESRI Shapefile', 'GeoJSON', 'GeoJSONSeq', 'TopoJSON', 'FlatGeobuf', 'CSV', 'XLSX', 'ODS', 'KML', 'LIBKML', 'GML', 'GPX'],
  ...['OpenFileGDB', 'Parquet', 'DXF', 'MapInfo File', 'Memory', 'MEM'],
  ...[
    'GTiff',
    'COG',
    'JPEG',
    'PNG',
    'JP2OpenJPEG',
    'WEBP',
    'BMP',
    'GIF',
    'AAIGrid',
    'GRASSASCIIGrid',
    'ENVI',
    'EHdr',
    'SRTMHGT',
    'DTED',
    'USGSDEM',
    'XYZ',
  ],
  // Publishing itself works with these; an upload that is one is refused below.
  'VRT',
]);

/** Those that stay closed where uploads are read, as `GDAL_SKIP` has them. */
export function closedDrivers({ drivers }: GdalInstallation): string {
  return [...drivers].filter((name) => !OPEN.has(name)).join(',');
}

/** How GDAL tells files that show what others hold: by these words near their beginning. */
const REFERRING = /<(?:VRTDataset|OGRVRTDataSource|VRTTileIndex|GDALTileIndexDataset|GDAL_WMS|WMT_MS_Capabilities|WCS_GDAL|GDAL_WMTS)/i;
/** More than any driver looks at. */
const LOOKED_AT = 256 << 10;

/** @throws {PublishError} where a file shows what other files or the network hold. */
export async function refuseReferences(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const handle = await open(file);
    let head: Buffer;
    try {
      const buffer = Buffer.alloc(LOOKED_AT);
      head = buffer.subarray(0, (await handle.read(buffer, 0, LOOKED_AT, 0)).bytesRead);
    } finally {
      await handle.close();
    }
    const refusal = `${basename(file)} shows what other files hold. Upload those files.`;
    if (REFERRING.test(head.toString('latin1'))) throw new PublishError(refusal);
    if (/\.(vrt|sqlite|db|mbtiles)$/i.test(file))
      throw new PublishError(`${basename(file)} cannot be uploaded. Convert it to a GeoPackage or a GeoTIFF.`);
    if (head.toString('latin1', 0, 15) === 'SQLite format 3' && hasVirtualTables(file)) throw new PublishError(refusal);
  }
}

/** A virtual table may read any file; those that index a GeoPackage's own tables are the exception. */
function hasVirtualTables(file: string): boolean {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const rows = database.prepare(`select sql from sqlite_master where sql like '%virtual%'`).all();
    return rows.some(
      ({ sql }) => /^\s*create\s+virtual\s+table/i.test(String(sql)) && !/\busing\s+(?:rtree|fts[345])\b/i.test(String(sql)),
    );
  } catch {
    throw new PublishError(`${basename(file)} is damaged.`);
  } finally {
    database?.close();
  }
}
