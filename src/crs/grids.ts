import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { projFolder } from '../gdal/environment.ts';
import { projDatabase } from './epsg.ts';
import { horizontalCrs } from './wkt.ts';

/** [west, south, east, north] in degrees; the east may pass 180. */
type Bounds = readonly [number, number, number, number];

/** A way from one datum to another, for a part of the Earth. */
interface Operation {
  /** In metres; infinite where the dataset does not say. */
  accuracy: number;
  /** Where it may be used. */
  area: Bounds;
  /** The grids that it reads, by the names that PROJ gives them. */
  grids: Grid[];
}

interface Grid {
  /** The file's name since PROJ 7. */
  name: string;
  /** The name that it had before, under which PROJ still finds it. */
  oldName: string | null;
}

/** An operation as seen from one of its datums. */
interface FromDatum extends Operation {
  /** The other one. */
  to: string;
}

const WHOLE_TURN = 360;
/** An operation for less than this part of a place is not the place's own, but a neighbour's. */
const MOST = 0.5;

/**
 * The datum-shift grids that the most accurate operation between two CRSs over most of a place would read and that are not installed, so that PROJ has to
 * use a less accurate one. Heights play no part.
 * @param from, to `EPSG:n` or WKT.
 * @param area in degrees.
 * @returns file names as on cdn.proj.org; none where the datums are the same or unknown, or an operation at least as accurate is at hand.
 * @throws when PROJ's database is not installed.
 */
export function missingGrids(from: string, to: string, area: Bounds): string[] {
  // PROJ then fetches what it needs.
  if (/^(ON|YES|TRUE)$/i.test(process.env.PROJ_NETWORK ?? '')) return [];
  const [source, target] = [datumOf(from), datumOf(to)];
  if (!source || !target || source === target) return [];
  const key = `${source} ${target}`;
  const all = found.get(key) ?? operations(source, target);
  found.set(key, all);
  const size = (area[2] - area[0]) * (area[3] - area[1]);
  const near = all.flatMap(({ accuracy, area: whole, grids }) => {
    const shared = overlap(whole, area);
    return shared < 0 || shared < size * MOST
      ? []
      : { accuracy, shared, lacking: grids.filter((grid) => !isInstalled(grid)).map(({ name }) => name) };
  });
  const [best] = near.sort((a, b) => a.accuracy - b.accuracy || a.lacking.length - b.lacking.length || b.shared - a.shared);
  return [...new Set(best?.lacking)];
}

/** What the dataset says, by both datums: it is asked with every request. */
const found = new Map<string, Operation[]>();

interface Queries {
  /** The datum of a CRS's horizontal part. */
  datum: StatementSync;
  /** A datum by its name or by another's name for it. */
  named: StatementSync;
  /** All operations that begin or end at a datum. */
  operations: StatementSync;
  /** The grids of an operation, or of the steps that it is made of. */
  grids: StatementSync;
}

let queries: Queries | undefined;

function open(): Queries {
  if (queries) return queries;
  const path = projDatabase();
  if (!path) throw new Error('PROJ has no database (proj.db) on this machine; it comes with GDAL.');
  const database = new DatabaseSync(path, { readOnly: true });
  queries = {
    datum: database.prepare(
      `WITH horizontal AS (
         SELECT 'EPSG' AS auth_name, :code AS code
         UNION SELECT horiz_crs_auth_name, horiz_crs_code FROM compound_crs WHERE auth_name = 'EPSG' AND code = :code
       ), geodetic AS (
         SELECT auth_name, code FROM horizontal
         UNION SELECT p.geodetic_crs_auth_name, p.geodetic_crs_code FROM projected_crs p JOIN horizontal USING (auth_name, code)
       )
       SELECT g.datum_auth_name || ':' || g.datum_code AS datum FROM geodetic_crs g JOIN geodetic USING (auth_name, code)`,
    ),
    named: database.prepare(
      `SELECT auth_name || ':' || code AS datum FROM geodetic_datum WHERE name = :name AND auth_name = 'EPSG'
       UNION SELECT auth_name || ':' || code FROM alias_name WHERE table_name = 'geodetic_datum' AND alt_name = :name AND auth_name = 'EPSG'`,
    ),
    // PROJ too goes by the EPSG dataset and its own additions, without what is deprecated or superseded.
    operations: database.prepare(
      `WITH crs AS (SELECT auth_name, code, datum_auth_name || ':' || datum_code AS datum FROM geodetic_crs)
       SELECT o.table_name AS "table", o.auth_name AS authority, o.code, o.accuracy,
         CASE WHEN s.datum = :datum THEN t.datum ELSE s.datum END AS other,
         e.west_lon AS west, e.south_lat AS south, e.east_lon AS east, e.north_lat AS north
       FROM coordinate_operation_view o
       JOIN crs s ON s.auth_name = o.source_crs_auth_name AND s.code = o.source_crs_code
       JOIN crs t ON t.auth_name = o.target_crs_auth_name AND t.code = o.target_crs_code
       JOIN usage u ON u.object_table_name = o.table_name AND u.object_auth_name = o.auth_name AND u.object_code = o.code
       JOIN extent e ON e.auth_name = u.extent_auth_name AND e.code = u.extent_code
       WHERE (s.datum = :datum) <> (t.datum = :datum) AND o.auth_name IN ('EPSG', 'PROJ') AND o.deprecated = 0 AND e.west_lon IS NOT NULL
         AND NOT EXISTS (
           SELECT 1 FROM supersession x
           WHERE x.superseded_table_name = o.table_name AND x.superseded_auth_name = o.auth_name AND x.superseded_code = o.code
             AND x.replacement_table_name = o.table_name AND x.same_source_target_crs = 1)`,
    ),
    grids: database.prepare(
      `WITH step AS (
         SELECT :authority AS auth_name, :code AS code
         UNION SELECT step_auth_name, step_code FROM concatenated_operation_step WHERE operation_auth_name = :authority AND operation_code = :code
       )
       SELECT g.grid_name AS original, a.proj_grid_name AS name, a.old_proj_grid_name AS oldName
       FROM grid_transformation g JOIN step USING (auth_name, code) LEFT JOIN grid_alternatives a ON a.original_grid_name = g.grid_name`,
    ),
  };
  return queries;
}

const datums = new Map<string, string | undefined>();
const DATUMS_KEPT = 10_000;

/** The datum that a CRS's x and y stand on, as authority and code; undefined for one that the dataset does not know. */
function datumOf(crs: string): string | undefined {
  if (datums.has(crs)) return datums.get(crs);
  if (datums.size >= DATUMS_KEPT) datums.clear();
  const datum = findDatum(crs);
  datums.set(crs, datum);
  return datum;
}

function findDatum(crs: string): string | undefined {
  const { datum, named } = open();
  const code = /^EPSG:(\d+)$/.exec(crs)?.[1];
  if (code) return text(datum.get({ code })?.datum);
  const name = /\b(?:DATUM|ENSEMBLE)\[\s*"([^"]+)"/.exec(horizontalCrs(crs).wkt)?.[1];
  return name === undefined ? undefined : text((named.get({ name }) ?? named.get({ name: name.replaceAll('_', ' ') }))?.datum);
}

/** The operations between two datums; where there is none, those by way of a third. */
function operations(source: string, target: string): Operation[] {
  const fromSource = operationsOf(source);
  const direct = fromSource.filter(({ to }) => to === target);
  if (direct.length > 0) return direct;
  const fromTarget = Map.groupBy(operationsOf(target), ({ to }) => to);
  return fromSource.flatMap((first) =>
    (fromTarget.get(first.to) ?? []).flatMap((second) => {
      const area = intersection(first.area, second.area);
      return area ? [{ accuracy: first.accuracy + second.accuracy, area, grids: [...first.grids, ...second.grids] }] : [];
    }),
  );
}

/** What the dataset says, by datum: most layers stand on a few. */
const ofDatum = new Map<string, FromDatum[]>();

function operationsOf(datum: string): FromDatum[] {
  const known = ofDatum.get(datum) ?? readOperations(datum);
  ofDatum.set(datum, known);
  return known;
}

function readOperations(datum: string): FromDatum[] {
  const { operations, grids } = open();
  return operations.all({ datum }).flatMap((row) => {
    const read = grids.all({ authority: row.authority ?? '', code: row.code ?? '' });
    // A grid that PROJ has no name for can be installed nowhere.
    if (read.some(({ name }) => name === null)) return [];
    const [west, south, east, north] = [Number(row.west), Number(row.south), Number(row.east), Number(row.north)];
    return {
      to: String(row.other),
      accuracy: row.accuracy === null ? Number.POSITIVE_INFINITY : Number(row.accuracy),
      area: [west, south, east < west ? east + WHOLE_TURN : east, north] as const,
      grids: read.map(({ name, oldName }) => ({ name: String(name), oldName: text(oldName) ?? null })),
    };
  });
}

/** The part that two areas share, on the first one's turn. */
function intersection(a: Bounds, b: Bounds): Bounds | null {
  const parts = [-WHOLE_TURN, 0, WHOLE_TURN].map(
    (turn): Bounds => [Math.max(a[0], b[0] + turn), Math.max(a[1], b[1]), Math.min(a[2], b[2] + turn), Math.min(a[3], b[3])],
  );
  const size = (part: Bounds) => Math.min(part[2] - part[0], part[3] - part[1]);
  return parts.filter((part) => size(part) >= 0).sort((one, other) => other[2] - other[0] - (one[2] - one[0]))[0] ?? null;
}

/** Square degrees that two areas share; -1 where they do not touch. */
function overlap(a: Bounds, b: Bounds): number {
  const shared = intersection(a, b);
  return shared ? (shared[2] - shared[0]) * (shared[3] - shared[1]) : -1;
}

function isInstalled({ name, oldName }: Grid): boolean {
  return gridFolders().some((folder) => existsSync(join(folder, name)) || (oldName !== null && existsSync(join(folder, oldName))));
}

/** Where PROJ looks for grids (https://proj.org/resource_files.html): the user's own folder, then PROJ_DATA, else the folder of its database. */
function gridFolders(): string[] {
  const { PROJ_DATA, PROJ_LIB } = process.env;
  const said = PROJ_DATA || PROJ_LIB;
  return [projFolder(process.env), ...(said ? said.split(delimiter).filter(Boolean) : [dirname(projDatabase() ?? '')])];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
