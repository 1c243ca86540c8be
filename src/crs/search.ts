import { DatabaseSync } from 'node:sqlite';
import { placeInArea } from './area.ts';
import { type Crs, projDatabase } from './epsg.ts';

/** A CRS that a search has found. */
export interface FoundCrs {
  /** `EPSG:2193` */
  id: string;
  name: string;
  /** One lower-case word: `projected`, `geographic`, `compound`. */
  kind: string;
  /** Where it is meant to be used, in words; null when the EPSG dataset does not say. */
  area: string | null;
  deprecated: boolean;
  /** Whether that area holds the bounds that were asked for; null where none were. */
  suits: boolean | null;
}

/** [west, south, east, north] in degrees; east passes 180 where they cross the antimeridian. */
type Bounds = readonly [number, number, number, number];

interface Entry extends Omit<FoundCrs, 'suits'> {
  code: string;
  place: Crs['area'];
  /** Has a third, ellipsoidal axis. */
  heights: boolean;
  /** Degrees × degrees; whole numbers of a kind sort the same anywhere. */
  size: number;
  /** Projected, in metres. */
  metric: boolean;
  /** Another form of one that is asked for more often: of an old datum, with its axes the other way, or one that is told to be replaced. */
  lesser: boolean;
  /** A zone of a grid for all the world, where there may be a country's own. */
  zone: boolean;
  /** The name, with others that it is known by, and the area, in lower case without accents, to be searched. */
  nameText: string;
  ownName: string;
  areaText: string;
}

/** How many times as large the area counts of one that is asked for less. */
const LESSER = 100;
const ZONE = 4;
const MOST_FOUND = 20;
/** What suits everywhere, and is asked for often. */
const EVERYWHERE = ['EPSG:4326', 'EPSG:3857'];

/**
 * Finds CRSs that data can be exported in.
 * @param text a code, or words of the name or of the area of use, each in whole or in part; '' for all.
 * @param bounds what they should suit.
 * @returns at most 20: the very code first, then what suits, projected in metres and made for a small area first, deprecated ones last.
 */
export function searchCrs(text: string, bounds: Bounds | null): FoundCrs[] {
  const words = plain(text).split(/\s+/).filter(Boolean);
  const code = /^(?:epsg:?\s*)?(\d+)$/i.exec(text.trim())?.[1];
  const found: { entry: Entry; order: number[]; suits: boolean | null }[] = [];
  for (const entry of entries()) {
    const match = code === undefined ? matchOf(words, entry) : entry.code === code ? 0 : entry.code.startsWith(code) ? 1 : null;
    if (match === null) continue;
    const suits = bounds && placeInArea({ area: entry.place }, bounds) === 'inside';
    const exact = code !== undefined && match === 0;
    const preferred = suits !== false && entry.metric;
    // Without bounds, what is used all over is looked for most.
    const rarity = (entry.lesser ? LESSER : 1) * (entry.zone ? ZONE : 1);
    const size = suits === null ? rarity / entry.size : suits ? entry.size * rarity : distance(entry, bounds);
    const isName = words.length > 0 && entry.ownName === words.join(' ');
    found.push({
      entry,
      suits,
      order: [
        exact || isName ? 0 : 1,
        // A geographic CRS is often called as one with heights.
        entry.heights ? 1 : 0,
        ...[entry.deprecated, suits === false].map(Number),
        match,
        ...[!preferred, entry.kind === 'compound'].map(Number),
        size,
      ],
    });
  }
  found.sort((a, b) => compare(a.order, b.order) || Number(a.entry.code) - Number(b.entry.code));
  const best = found.slice(0, MOST_FOUND);
  if (words.length === 0) {
    const missing = EVERYWHERE.filter((id) => !best.some(({ entry }) => entry.id === id));
    const known = found.filter(({ entry }) => missing.includes(entry.id));
    best.splice(Math.min(best.length, MOST_FOUND - known.length), best.length, ...known);
  }
  return best.map(({ entry: { id, name, kind, area, deprecated }, suits }) => ({ id, name, kind, area, deprecated, suits }));
}

/** 0 where all words begin words of the name, 1 where the name holds them, 2 where the area's name is needed too; null where one is in neither. */
function matchOf(words: readonly string[], { nameText, areaText, code }: Entry): number | null {
  let worst = 0;
  for (const word of words) {
    if (` ${nameText}`.includes(` ${word}`)) continue;
    if (nameText.includes(word) || code === word) worst = Math.max(worst, 1);
    else if (areaText.includes(word)) worst = 2;
    else return null;
  }
  return worst;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** How far an area's middle is from that of others, in degrees. */
function distance({ place }: Pick<Entry, 'place'>, bounds: Bounds | null): number {
  if (!place || !bounds) return 1000;
  const across = Math.abs((place.west + place.east - bounds[0] - bounds[2]) / 2) % 360;
  return Math.hypot(Math.min(across, 360 - across), (place.south + place.north - bounds[1] - bounds[3]) / 2);
}

let loaded: Entry[] | undefined;

/** All of them, read once: the database does not change while the process runs. */
function entries(): Entry[] {
  loaded ??= load();
  return loaded;
}

const METRE = '9001';
const WORLD = { west: -180, south: -90, east: 180, north: 90 };

function load(): Entry[] {
  const path = projDatabase();
  if (!path)
    throw new Error('PROJ has no database (proj.db) on this machine; it comes with GDAL. Set PROJ_DATA to the folder that holds it.');
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const areas = new Map<string, NonNullable<Crs['area']>>();
    const usages = database.prepare(
      `SELECT u.object_table_name || ':' || u.object_code AS object, e.name, e.west_lon AS west, e.south_lat AS south, e.east_lon AS east, e.north_lat AS north
       FROM usage u JOIN extent e ON e.auth_name = u.extent_auth_name AND e.code = u.extent_code
       WHERE u.object_auth_name = 'EPSG' AND u.object_table_name IN ('projected_crs', 'geodetic_crs', 'compound_crs') AND e.west_lon IS NOT NULL
       ORDER BY u.code DESC`,
    );
    for (const row of usages.iterate()) {
      const [west, south, east, north] = [Number(row.west), Number(row.south), Number(row.east), Number(row.north)];
      // The one of the lowest code counts, as for `lookupCrs`.
      areas.set(String(row.object), { name: String(row.name), west, south, east: east < west ? east + 360 : east, north });
    }
    const aliases = new Map<string, string>();
    for (const { object, name } of database
      .prepare(
        `SELECT table_name || ':' || code AS object, group_concat(alt_name, ' ') AS name FROM alias_name
         WHERE auth_name = 'EPSG' AND source = 'EPSG' AND table_name IN ('projected_crs', 'geodetic_crs', 'compound_crs') GROUP BY 1`,
      )
      .iterate())
      aliases.set(String(object), String(name));
    const replaced = new Set(
      database
        .prepare(
          `SELECT superseded_table_name || ':' || superseded_code AS object FROM supersession
           WHERE superseded_auth_name = 'EPSG' AND replacement_auth_name = 'EPSG'`,
        )
        .all()
        .map((row) => String(row.object)),
    );
    const metric = new Set(
      database
        .prepare(
          `SELECT p.code FROM projected_crs p JOIN axis a ON a.coordinate_system_auth_name = p.coordinate_system_auth_name
             AND a.coordinate_system_code = p.coordinate_system_code
           WHERE p.auth_name = 'EPSG' AND a.uom_auth_name = 'EPSG' AND a.uom_code = '${METRE}'`,
        )
        .all()
        .map((row) => String(row.code)),
    );
    const rows = database
      .prepare(
        `SELECT v.table_name AS origin, v.code, v.name, v.type, v.deprecated FROM crs_view v
         LEFT JOIN compound_crs c ON v.table_name = 'compound_crs' AND c.auth_name = v.auth_name AND c.code = v.code
         LEFT JOIN crs_view h ON h.auth_name = c.horiz_crs_auth_name AND h.code = c.horiz_crs_code
         WHERE v.auth_name = 'EPSG' AND coalesce(h.type, v.type) IN ('projected', 'geographic 2D', 'geographic 3D')`,
      )
      .all();
    return rows.map((row): Entry => {
      const [code, name] = [String(row.code), String(row.name)];
      const object = `${row.origin}:${code}`;
      const area = areas.get(object) ?? null;
      const { west, south, east, north } = area ?? WORLD;
      return {
        id: `EPSG:${code}`,
        code,
        name,
        kind: String(row.type).split(' ')[0] ?? '',
        area: area?.name ?? null,
        deprecated: Number(row.deprecated) === 1,
        place: area,
        heights: String(row.type) === 'geographic 3D',
        size: (east - west) * (north - south),
        metric: metric.has(code),
        lesser: replaced.has(object) || /\((?:z?[NE]-z?[NE]|[EN]-[EN])\)|^(?:WGS 72|ED50|NAD27|NZGD49|AGD\d\d|DHDN)/.test(name),
        zone: /UTM|Gauss|3-degree|TM \d/.test(name),
        nameText: plain(`${name} ${aliases.get(object) ?? ''}`),
        ownName: plain(name),
        areaText: plain(area?.name ?? ''),
      };
    });
  } finally {
    database.close();
  }
}

/** Lower case, without accents, words apart: EPSG writes `NZGD2000 / New Zealand Transverse Mercator 2000`. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}+]+/gu, ' ')
    .trim();
}
