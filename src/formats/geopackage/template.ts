import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { emptyLeaf } from './pages.ts';
import {
  EXTENSIONS_TABLE,
  indexTable,
  type Layer,
  layerTable,
  layerTriggers,
  METADATA_TABLES,
  quoted,
  referenceSystemsTable,
  SCHEMA_TABLES,
} from './schema.ts';
import { needsWkt2, REQUIRED } from './srs.ts';

/** A GeoPackage whose layer has no rows yet. */
export interface Template {
  /** All its pages. The last is the layer's root: an empty leaf, so that a layer's only leaf can take its place. */
  pages: Uint8Array;
  /** The roots of the spatial index's tables; null for tables of attributes. */
  index: { node: number; rowid: number; parent: number } | null;
}

/** `GPKG` and version 1.3 (OGC 12-128r19, section 1.1.1.1.1). */
const APPLICATION_ID = 0x47504b47;
const USER_VERSION = 10300;

/**
 * Makes a GeoPackage 1.3 with all that says what the layer is, as GDAL makes it.
 * @param rows what will be in the layer: their number and the largest id.
 * @param tempDir a file is made there and removed.
 */
export function makeTemplate(layer: Layer, rows: { count: number; largestId: number }, pageSize: number, tempDir: string): Template {
  const folder = mkdtempSync(join(tempDir, 'geopackage-'));
  const path = join(folder, 'template.gpkg');
  try {
    // What follows changes sqlite_schema itself.
    const database = new DatabaseSync(path, { defensive: false });
    try {
      database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA encoding = 'UTF-8'`);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${USER_VERSION}; BEGIN`);
      createTables(database, layer);
      fillTables(database, layer, rows);
      addLayerTable(database, layer);
      database.exec('COMMIT');
      const index = layer.geometry && indexRoots(database, indexTable(layer.table, layer.geometry));
      database.close();
      return { pages: withPage(readFileSync(path), emptyLeaf(pageSize)), index };
    } finally {
      if (database.isOpen) database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function createTables(database: DatabaseSync, { table, geometry, columns }: Layer): void {
  // The first table that counts its ids brings SQLite's own table of them. The next table takes the page that this one leaves.
  database.exec('CREATE TABLE first (id INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE first');
  const described = columns.some(({ mimeType }) => mimeType !== null);
  const tables = [
    referenceSystemsTable(geometry !== null && needsWkt2(geometry.srs)),
    ...METADATA_TABLES,
    ...(geometry || described ? [EXTENSIONS_TABLE] : []),
    ...(described ? SCHEMA_TABLES : []),
    ...(geometry ? [`CREATE VIRTUAL TABLE ${quoted(indexTable(table, geometry))} USING rtree(id, minx, maxx, miny, maxy)`] : []),
  ];
  for (const sql of tables) database.exec(sql);
}

function fillTables(database: DatabaseSync, layer: Layer, { count, largestId }: { count: number; largestId: number }): void {
  const { table, identifier, description, geometry, columns, lastChange } = layer;
  const insert = (into: string, ...values: SQLInputValue[]) => {
    database.prepare(`INSERT INTO ${into} VALUES (${values.map(() => '?').join(', ')})`).run(...values);
  };
  const withWkt2 = geometry !== null && needsWkt2(geometry.srs);
  const systems = new Map([...REQUIRED, ...(geometry ? [geometry.srs] : [])].map((srs) => [srs.id, srs]));
  for (const { name, id, organization, organizationId, definition, description: about, wkt2 } of systems.values()) {
    insert('gpkg_spatial_ref_sys', name, id, organization, organizationId, definition, about, ...(withWkt2 ? [wkt2 ?? 'undefined'] : []));
  }
  const kind = geometry ? 'features' : 'attributes';
  const extent = geometry?.extent ?? [null, null, null, null];
  insert('gpkg_contents', table, kind, identifier, description, lastChange.toISOString(), ...extent, geometry?.srs.id ?? 0);
  insert('gpkg_ogr_contents', table, count);
  if (count > 0) insert('sqlite_sequence', table, largestId);
  if (withWkt2) extend('gpkg_spatial_ref_sys', 'definition_12_063', 'gpkg_crs_wkt', 'spec120/#extension_crs_wkt', 'read-write');
  const described = columns.filter(({ mimeType }) => mimeType !== null);
  if (described.length > 0) {
    for (const name of ['gpkg_data_columns', 'gpkg_data_column_constraints']) {
      extend(name, null, 'gpkg_schema', 'spec121/#extension_schema', 'read-write');
    }
    for (const { name, mimeType } of described) insert('gpkg_data_columns', table, name, null, null, null, mimeType, null);
  }
  if (geometry) {
    insert('gpkg_geometry_columns', table, geometry.name, geometry.type.toUpperCase(), geometry.srs.id, +geometry.hasZ, +geometry.hasM);
    extend(table, geometry.name, 'gpkg_rtree_index', 'spec120/#extension_rtree', 'write-only');
  }

  function extend(name: string, column: string | null, extension: string, definition: string, scope: string): void {
    insert('gpkg_extensions', name, column, extension, `http://www.geopackage.org/${definition}`, scope);
  }
}

/** Adds the layer's table and triggers to sqlite_schema by hand, so that the table's root can be the page after all others. */
function addLayerTable(database: DatabaseSync, layer: Layer): void {
  const { table } = layer;
  database.exec('PRAGMA writable_schema = ON');
  const add = database.prepare('INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)');
  // Saying the root's number may take pages itself, so it is a guess until it comes true.
  for (let root = pageCount(database) + 1; ; ) {
    database.exec('SAVEPOINT guess');
    add.run('table', table, table, root, layerTable(layer));
    for (const { name, sql } of layerTriggers(layer)) add.run('trigger', name, table, 0, sql);
    const next = pageCount(database) + 1;
    if (root === next) break;
    root = next;
    database.exec('ROLLBACK TO guess; RELEASE guess');
  }
  database.exec('RELEASE guess');
}

function pageCount(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA page_count').get()?.page_count);
}

function indexRoots(database: DatabaseSync, index: string): Template['index'] {
  const root = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?');
  const rootOf = (name: string) => Number(root.get(`${index}_${name}`)?.rootpage);
  return { node: rootOf('node'), rowid: rootOf('rowid'), parent: rootOf('parent') };
}

function withPage(pages: Uint8Array, page: Uint8Array): Uint8Array {
  const all = new Uint8Array(pages.length + page.length);
  all.set(pages);
  all.set(page, pages.length);
  return all;
}
