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
/** A table of MapInfo that is made of others, or lies in another folder. */
const TAB_ELSEWHERE = /\b(?:open\s+table|file)\s+"[^"]*[/\\:]|\bcreate\s+view\b|\bIsSeamless"?\s*=\s*"?TRUE/i;
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
    if (/\.tab$/i.test(file) && TAB_ELSEWHERE.test(head.toString('latin1'))) throw new PublishError(refusal);
    if (head.toString('latin1', 0, 15) === 'SQLite format 3') refuseComputed(file, refusal);
  }
}

/** Views that the standard itself asks for (OGC 12-128r18, annex E). */
const STANDARD_VIEWS = ['st_spatial_ref_sys', 'spatial_ref_sys', 'st_geometry_columns', 'geometry_columns'];
/** What indexes a GeoPackage's own tables, as the standard and its extensions write it: with no comment that could hide another module's name. */
const INDEX_TABLE = /^create virtual table (?:"[^"]+"|'[^']+'|\[[^\]]+\]|\w+) using (?:rtree|fts[345])\s?\((?!.*(?:--|\/\*))/is;

/** Comments stand wherever SQLite takes a space. */
const COMMENT = /\/\*[\s\S]*?(?:\*\/|$)|--[^\n]*/g;

/** Columns that are computed as they are read; tables that lie nowhere are virtual ones. */
const GENERATED = `select columns.name from sqlite_schema, pragma_table_xinfo(sqlite_schema.name) as columns
  where sqlite_schema.type = 'table' and rootpage > 0 and columns.hidden in (2, 3) limit 1`;

/** @throws {PublishError} where a database holds a virtual table, which may read any file, a view, which may compute for ever, or a generated column, which makes gigabytes of nothing. */
function refuseComputed(file: string, refusal: string): void {
  let database: DatabaseSync | undefined;
  let statements: string[];
  let generated: string | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    statements = database
      .prepare('select sql from sqlite_schema where sql is not null')
      .all()
      .map(({ sql }) => String(sql));
    const [column] = database.prepare(GENERATED).all();
    generated = column && String(column.name);
  } catch {
    throw new PublishError(`${basename(file)} is damaged.`);
  } finally {
    database?.close();
  }
  for (const statement of statements) {
    const bare = statement.replace(COMMENT, ' ').trim().replace(/\s+/g, ' ');
    if (/^create virtual\b/i.test(bare) && !INDEX_TABLE.test(statement.trim().replace(/\s+/g, ' '))) throw new PublishError(refusal);
    const view = /^create (?:temp(?:orary)? )?view (?:if not exists )?["'`[]?([^"'`\]( ]+)/i.exec(bare)?.[1];
    if (view !== undefined && !STANDARD_VIEWS.includes(view.toLowerCase()))
      throw new PublishError(`${basename(file)} has a view, ${view}. Upload it with a table in its place.`);
  }
  if (generated !== undefined)
    throw new PublishError(`${basename(file)} has a column that is computed, ${generated}. Upload it with a plain one in its place.`);
}
