import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { wktKind } from './wkt.ts';

/** A coordinate reference system of the EPSG dataset. */
export interface Crs {
  /** `EPSG:2193` */
  id: string;
  /** The number in `id`. */
  srid: number;
  name: string;
  /** PROJ's words: `projected`, `geographic 2D`, `geographic 3D`, `compound`, `geocentric`, `vertical`, `engineering`, … */
  kind: string;
  /** True for what data can be exported in: it has an x and a y that PROJ can tie to longitude and latitude. */
  supported: boolean;
  /** The EPSG code of the method that projects its horizontal part; null where that is not projected. */
  method: number | null;
  deprecated: boolean;
  /** The ids that the EPSG dataset names in place of a deprecated one. */
  successors: string[];
  /** Where it is meant to be used, in degrees; `east` passes 180 where the area crosses the antimeridian. Null when the dataset does not say. */
  area: { west: number; south: number; east: number; north: number; name: string } | null;
}

/** A CRS as it stands in a layer's `data.crs`. */
export interface CrsResource {
  /** `EPSG:2193`, or null for one without an EPSG code. */
  id: string | null;
  srid: number | null;
  name: string;
  /** One lower-case word: `projected`, `geographic`, `compound`, … */
  kind: string;
}

const DATABASE = 'proj.db';
const HORIZONTAL = ['projected', 'geographic 2D', 'geographic 3D'];

/** The path of PROJ's own database, which holds the EPSG dataset and comes with GDAL; undefined when it is not found. */
export function projDatabase(): string | undefined {
  const { PROJ_DATA = '', PROJ_LIB = '', PATH = '' } = process.env;
  const folders = [
    ...PROJ_DATA.split(delimiter),
    ...PROJ_LIB.split(delimiter),
    '/usr/share/proj',
    '/usr/local/share/proj',
    '/opt/homebrew/share/proj',
    // Conda, MacPorts and the like: share/ is beside the bin/ of the programs.
    ...PATH.split(delimiter).map((bin) => bin && join(dirname(bin), 'share', 'proj')),
  ];
  return folders.map((folder) => folder && join(folder, DATABASE)).find((path) => path && existsSync(path));
}

interface Queries {
  crs: StatementSync;
  horizontal: StatementSync;
  method: StatementSync;
  successors: StatementSync;
  area: StatementSync;
}

let queries: Queries | undefined;

/** Only tables and columns that every proj.db since PROJ 7 has. */
function open(): Queries {
  if (queries) return queries;
  const path = projDatabase();
  if (!path)
    throw new Error('PROJ has no database (proj.db) on this machine; it comes with GDAL. Set PROJ_DATA to the folder that holds it.');
  const database = new DatabaseSync(path, { readOnly: true });
  queries = {
    crs: database.prepare(`SELECT table_name, name, type, deprecated FROM crs_view WHERE auth_name = 'EPSG' AND code = ?`),
    horizontal: database.prepare(
      `SELECT h.code, h.type FROM compound_crs c JOIN crs_view h ON h.auth_name = c.horiz_crs_auth_name AND h.code = c.horiz_crs_code
       WHERE c.auth_name = 'EPSG' AND c.code = ?`,
    ),
    method: database.prepare(
      `SELECT c.method_code AS method FROM projected_crs p JOIN conversion c ON c.auth_name = p.conversion_auth_name AND c.code = p.conversion_code
       WHERE p.auth_name = 'EPSG' AND p.code = ? AND c.method_auth_name = 'EPSG'`,
    ),
    successors: database.prepare(
      `SELECT replacement_code AS code FROM deprecation
       WHERE table_name = ? AND deprecated_auth_name = 'EPSG' AND deprecated_code = ? AND replacement_auth_name = 'EPSG' ORDER BY code`,
    ),
    area: database.prepare(
      `SELECT e.west_lon AS west, e.south_lat AS south, e.east_lon AS east, e.north_lat AS north, e.name
       FROM usage u JOIN extent e ON e.auth_name = u.extent_auth_name AND e.code = u.extent_code
       WHERE u.object_table_name = ? AND u.object_auth_name = 'EPSG' AND u.object_code = ? AND e.west_lon IS NOT NULL ORDER BY u.code LIMIT 1`,
    ),
  };
  return queries;
}

/**
 * A CRS's code as it was sent.
 * @returns `EPSG:n` in capitals, or a sentence that says what is wrong.
 */
export function parseCrsCode(value: unknown): string | { message: string } {
  const code = typeof value === 'string' ? /^EPSG:([1-9]\d{0,8})$/i.exec(value)?.[1] : undefined;
  return code ? `EPSG:${code}` : { message: 'A coordinate reference system is written as its EPSG code, such as "EPSG:2193".' };
}

/**
 * Looks a CRS up in the EPSG dataset.
 * @param id `EPSG:n`; another authority's is unknown.
 * @returns undefined when there is none of that code.
 * @throws when PROJ's database is not installed.
 */
export function lookupCrs(id: string): Crs | undefined {
  const srid = Number(/^EPSG:(\d+)$/.exec(id)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(srid)) return undefined;
  const known = lookedUp.get(srid) ?? readCrs(srid);
  // What is not there is asked for once more: codes that do not exist have no end.
  if (known) lookedUp.set(srid, known);
  return known;
}

/** The database does not change while the process runs, and each request asks for a few of its CRSs several times. */
const lookedUp = new Map<number, Crs>();

function readCrs(srid: number): Crs | undefined {
  const { crs, horizontal, method, successors, area } = open();
  const found = crs.get(srid);
  if (!found) return undefined;
  const table = text(found.table_name);
  const kind = text(found.type);
  const base = kind === 'compound' ? horizontal.get(srid) : { code: srid, type: kind };
  const projected = base && text(base.type) === 'projected' ? method.get(base.code ?? null) : undefined;
  return {
    id: `EPSG:${srid}`,
    srid,
    name: text(found.name),
    kind,
    supported: HORIZONTAL.includes(text(base?.type)),
    method: projected ? Number(projected.method) : null,
    deprecated: Number(found.deprecated) === 1,
    successors: successors.all(table, srid).map((row) => `EPSG:${text(row.code)}`),
    area: readArea(area.get(table, srid)),
  };
}

/** A layer's CRS as the API shows it: the EPSG dataset's words where it has a code, else those of its definition. */
export function crsResource(crs: { id: string | null; name: string; wkt: string }): CrsResource {
  const known = crs.id === null ? undefined : lookupCrs(crs.id);
  if (!known) return { id: crs.id, srid: null, name: crs.name, kind: wktKind(crs.wkt) };
  return { id: known.id, srid: known.srid, name: known.name, kind: known.kind.split(' ')[0] ?? known.kind };
}

function readArea(row: Record<string, SQLOutputValue> | undefined): Crs['area'] {
  if (!row) return null;
  const [west, south, east, north] = [Number(row.west), Number(row.south), Number(row.east), Number(row.north)];
  return { west, south, east: east < west ? east + 360 : east, north, name: text(row.name) };
}

function text(value: SQLOutputValue | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
