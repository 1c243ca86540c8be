import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { GdalError, runGdal } from '../../gdal/process.ts';
import type { Geometry } from '../../store/feature.ts';
import { fromWkb } from '../../store/wkb.ts';
import { PublishError, withoutPasswords } from './failure.ts';
import { keyColumn, type SourceLayer, sentence } from './source.ts';
import type { StoredValue } from './values.ts';

/** A source's features as they came, in the source's order. */
export interface Rows {
  /** GDAL's warnings, each once. */
  warnings: string[];
  count: number;
  /** `fid` is the source's own where it names a key column, else a running number. One value a field, in the fields' order. */
  read(): Generator<{ fid: bigint; geometry: Geometry | null; values: StoredValue[] }>;
  close(): void;
}

/** SQLite's columns, less the key and the geometry. */
const MOST_FIELDS = 1998;

/**
 * Copies a layer to a GeoPackage, which of GDAL's formats keeps most of what any other can hold: features without geometry,
 * all types of it, and 64-bit ids. Dates go as text, since a GeoPackage has no time zones; lists in a pass of their own, as JSON.
 * @param crs replaces the source's own where it is given.
 * @throws {PublishError} when the source is damaged.
 */
export async function readRows(
  source: SourceLayer,
  {
    tempDir,
    crs,
    signal,
    onProgress,
  }: { tempDir: string; crs: string | undefined; signal: AbortSignal | undefined; onProgress: (fraction: number) => void },
): Promise<Rows> {
  const path = join(tempDir, 'rows.gpkg');
  const { layer } = source;
  const isTable = layer.geometryType === null;
  if (layer.fields.length > MOST_FIELDS)
    throw new PublishError(`${source.shown} has ${layer.fields.length} fields; a layer or table can have ${MOST_FIELDS}.`);
  const [ID, GEOMETRY] = [freeName(layer, 'geocrate_fid'), freeName(layer, 'geocrate_geom')];
  const warnings = new Set<string>();
  let damage: string | null = null;
  let hasExtent = true;
  const onErrorLine = (line: string) => {
    const [, kind, text = ''] = /^(ERROR \d+|Warning \d+): (.*)$/.exec(line) ?? [];
    // Coordinates that are infinite: the rows are there, only the layer's extent is not.
    if (text.startsWith('sqlite3_exec(UPDATE gpkg_contents SET min_x')) hasExtent = false;
    else if (kind?.startsWith('ERROR') && !text.startsWith('PROJ: ')) damage ??= text;
    if (kind?.startsWith('Warning') && !EXPECTED.test(text) && warnings.size < 20) warnings.add(sentence(withoutPasswords(text)));
  };
  const convert = async (args: readonly string[]) => {
    // PostgreSQL may begin a scan in the middle of the table; both passes must see the same order.
    const config = { PGOPTIONS: '-c synchronize_seqscans=off', OGR_SQLITE_SYNCHRONOUS: 'OFF' };
    try {
      await runGdal('ogr2ogr', [...args, ...source.openArgs], { ...(signal ? { signal } : {}), config, onProgress, onErrorLine });
    } catch (error) {
      if (!(error instanceof GdalError)) throw error;
      if (hasExtent) damage ??= error.message;
    }
    if (damage !== null) throw new PublishError(`${source.shown} cannot be read: ${sentence(withoutPasswords(damage))}`);
  };
  const keepsIds = keyColumn(layer) !== null;
  await convert([
    ...['-f', 'GPKG', '-nln', 'rows', '-lco', `FID=${ID}`, '-lco', 'SPATIAL_INDEX=NO', '-gt', '100000', '-progress'],
    ...(isTable ? ['-nlt', 'NONE'] : ['-nlt', 'CONVERT_TO_LINEAR', '-lco', `GEOMETRY_NAME=${GEOMETRY}`]),
    ...['-mapFieldType', 'Date=String,Time=String,DateTime=String', keepsIds ? '-preserve_fid' : '-unsetFid'],
    ...(crs && !isTable ? ['-a_srs', crs] : []),
    ...[path, source.dataset, layer.name],
  ]);
  const database = new DatabaseSync(path);
  const lists = layer.fields.flatMap(({ name, type }, index) => (type.endsWith('List') ? { name, index } : []));
  if (lists.length > 0) {
    const json = join(tempDir, 'lists.geojsonl');
    // All fields, since -select cannot name every one.
    await convert(['-f', 'GeoJSONSeq', '-nlt', 'NONE', ...(keepsIds ? ['-preserve_fid'] : []), json, source.dataset, layer.name]);
    await loadLists(database, json, keepsIds);
  }
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid')
    .all('rows')
    .map(({ name }) => String(name));
  const fieldColumns = columns.filter((name) => name !== ID && name !== GEOMETRY);
  const quoted = (name: string) => `rows."${name.replaceAll('"', '""')}"`;
  const selected = [ID, ...(columns.includes(GEOMETRY) ? [GEOMETRY] : []), ...fieldColumns].map(quoted);
  const from = lists.length > 0 ? `rows LEFT JOIN lists ON lists.id = rows.${ID}` : 'rows';
  const all = database.prepare(
    `SELECT ${[...selected, ...(lists.length > 0 ? ['lists.json'] : [])].join(', ')} FROM ${from} ORDER BY rows.${ID}`,
  );
  const readLists = lists.length > 0 ? listReader(database) : null;
  all.setReadBigInts(true);
  all.setReturnArrays(true);
  const hasGeometry = columns.includes(GEOMETRY);
  return {
    warnings: [...warnings],
    count: Number(database.prepare('SELECT count(*) AS n FROM rows').get()?.n),
    *read() {
      for (const row of all.iterate()) {
        // SQLite's rows come as arrays here, which the types do not know.
        const cells = Object.values(row);
        const [fid, blob] = cells;
        const first = hasGeometry ? 2 : 1;
        const values = cells.slice(first, first + fieldColumns.length);
        if (readLists) {
          const byName = readLists(cells.at(-1));
          for (const { name, index } of lists) values[index] = byName.get(name) ?? null;
        }
        const geometry = hasGeometry && blob instanceof Uint8Array ? readBlob(blob) : null;
        yield { fid: BigInt(String(fid)), geometry, values };
      }
    },
    close: () => database.close(),
  };
}

/** A column name that no field of the layer has, in any case. */
function freeName({ fields }: SourceLayer['layer'], wanted: string): string {
  const taken = new Set(fields.map(({ name }) => name.toLowerCase()));
  let name = wanted;
  for (let n = 1; taken.has(name); n++) name = `${wanted}_${n}`;
  return name;
}

/** What GDAL warns of that is dealt with here, or is not so: it says of an id 0 that it is not kept, and keeps it. */
const EXPECTED =
  /Feature id not preserved|does not natively support|already exists\. Renaming|Layer rows|non-standard|geometry type|Progress turned off|ESRI:|is not a registered|Several drivers/i;

/** Puts each row's lists beside the rows, by the row's id. */
async function loadLists(database: DatabaseSync, path: string, keepsIds: boolean): Promise<void> {
  database.exec('CREATE TABLE lists (id INTEGER PRIMARY KEY, json TEXT NOT NULL); BEGIN');
  // SQLite keeps the digits of 64-bit numbers, which JSON.parse does not.
  const insert = database.prepare(`INSERT OR REPLACE INTO lists VALUES (coalesce(CASE WHEN ?1 THEN json_extract(?2, '$.id') END, ?3), ?2)`);
  let row = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) insert.run(Number(keepsIds), line, ++row);
  database.exec('COMMIT');
}

/** Reads the lists of a feature in GeoJSON, as JSON texts by name. */
function listReader(database: DatabaseSync): (feature: StoredValue | undefined) => Map<string, string> {
  const select = database.prepare(`SELECT key, value FROM json_each(?, '$.properties') WHERE type = 'array'`);
  return (feature) =>
    new Map(typeof feature === 'string' ? select.all(feature).map(({ key, value }) => [String(key), String(value)] as const) : []);
}

/** Bytes of the envelope, by the flags' code (OGC 12-128r19, table 5). */
const ENVELOPE_BYTES = [0, 32, 48, 48, 64];

/** A GeoPackage's geometry (OGC 12-128r19, section 2.1.3). */
function readBlob(blob: Uint8Array): Geometry {
  const envelope = ENVELOPE_BYTES[((blob[3] ?? 0) >> 1) & 7] ?? 0;
  return fromWkb(blob.subarray(8 + envelope));
}
