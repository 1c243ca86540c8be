import type { GeometryType } from '../../store/feature.ts';
import type { Srs } from './srs.ts';

/** A column of the layer's table, besides the key and the geometry. */
interface TableColumn {
  name: string;
  /** OGC 12-128r19, section 1.1.1.1.3, table 1: `BOOLEAN`, `SMALLINT`, `MEDIUMINT`, `INTEGER`, `FLOAT`, `REAL`, `TEXT`, `TEXT(n)`, `DATE`, `DATETIME`, `BLOB`. */
  sqlType: string;
  /** `application/json` for texts that are JSON: gpkg_data_columns then says so. */
  mimeType: string | null;
}

export interface GeometryColumn {
  name: string;
  /** Of all geometries; `Geometry` for any. */
  type: GeometryType | 'Geometry';
  hasZ: boolean;
  hasM: boolean;
  srs: Srs;
  /** [min x, min y, max x, max y] of all geometries, in doubles; null when there is none. */
  extent: readonly [number, number, number, number] | null;
}

/** What a GeoPackage of one layer is. */
export interface Layer {
  table: string;
  /** Its human name; unique in a GeoPackage, so mostly the table's. */
  identifier: string;
  description: string;
  keyColumn: string;
  /** Null for a table of attributes. It is the second column, after the key. */
  geometry: GeometryColumn | null;
  columns: readonly TableColumn[];
  lastChange: Date;
}

/** A name in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The spatial index's table (annex F.3). */
export function indexTable(table: string, { name }: GeometryColumn): string {
  return `rtree_${table}_${name}`;
}

/** Tables that every GeoPackage of GDAL's has, in GDAL's words (OGC 12-128r19, annex C). */
export const METADATA_TABLES: readonly string[] = [
  'CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY,data_type TEXT NOT NULL,identifier TEXT UNIQUE,' +
    "description TEXT DEFAULT '',last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),min_x DOUBLE, min_y DOUBLE," +
    'max_x DOUBLE, max_y DOUBLE,srs_id INTEGER,CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))',
  // GDAL's own: counting all rows of a table takes SQLite long.
  'CREATE TABLE gpkg_ogr_contents(table_name TEXT NOT NULL PRIMARY KEY,feature_count INTEGER DEFAULT NULL)',
  'CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL,column_name TEXT NOT NULL,geometry_type_name TEXT NOT NULL,' +
    'srs_id INTEGER NOT NULL,z TINYINT NOT NULL,m TINYINT NOT NULL,CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),' +
    'CONSTRAINT uk_gc_table_name UNIQUE (table_name),CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),' +
    'CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))',
  'CREATE TABLE gpkg_tile_matrix_set (table_name TEXT NOT NULL PRIMARY KEY,srs_id INTEGER NOT NULL,min_x DOUBLE NOT NULL,' +
    'min_y DOUBLE NOT NULL,max_x DOUBLE NOT NULL,max_y DOUBLE NOT NULL,CONSTRAINT fk_gtms_table_name FOREIGN KEY (table_name) ' +
    'REFERENCES gpkg_contents(table_name),CONSTRAINT fk_gtms_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))',
  'CREATE TABLE gpkg_tile_matrix (table_name TEXT NOT NULL,zoom_level INTEGER NOT NULL,matrix_width INTEGER NOT NULL,' +
    'matrix_height INTEGER NOT NULL,tile_width INTEGER NOT NULL,tile_height INTEGER NOT NULL,pixel_x_size DOUBLE NOT NULL,' +
    'pixel_y_size DOUBLE NOT NULL,CONSTRAINT pk_ttm PRIMARY KEY (table_name, zoom_level),CONSTRAINT fk_tmm_table_name ' +
    'FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name))',
  ...tileTriggers('zoom_level', 'of', 'zoom_level < 0', 'zoom_level cannot be less than 0'),
  ...tileTriggers('matrix_width', 'OF', 'matrix_width < 1', 'matrix_width cannot be less than 1'),
  ...tileTriggers('matrix_height', 'OF', 'matrix_height < 1', 'matrix_height cannot be less than 1'),
  ...tileTriggers('pixel_x_size', 'OF', 'pixel_x_size > 0', 'pixel_x_size must be greater than 0'),
  ...tileTriggers('pixel_y_size', 'OF', 'pixel_y_size > 0', 'pixel_y_size must be greater than 0'),
];

/** @param condition on the column: what must not be, or with `>` what must be. */
function tileTriggers(column: string, of: string, condition: string, message: string): string[] {
  const check = condition.includes('>') ? `NOT (NEW.${condition})` : `(NEW.${condition})`;
  return [
    ['insert', 'INSERT'],
    ['update', `UPDATE ${of} ${column}`],
  ].map(
    ([kind, event]) =>
      `CREATE TRIGGER 'gpkg_tile_matrix_${column}_${kind}' BEFORE ${event} ON 'gpkg_tile_matrix' FOR EACH ROW BEGIN SELECT ` +
      `RAISE(ABORT, '${kind} on table ''gpkg_tile_matrix'' violates constraint: ${message}') WHERE ${check}; END`,
  );
}

/** @param withWkt2 with the column of the extension gpkg_crs_wkt (annex F.10). */
export function referenceSystemsTable(withWkt2: boolean): string {
  return (
    'CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL,srs_id INTEGER NOT NULL PRIMARY KEY,organization TEXT NOT NULL,' +
    `organization_coordsys_id INTEGER NOT NULL,definition  TEXT NOT NULL,description TEXT${withWkt2 ? ', definition_12_063 TEXT NOT NULL' : ''})`
  );
}

/** Where any extension is used (section 2.3.2). */
export const EXTENSIONS_TABLE =
  'CREATE TABLE gpkg_extensions (table_name TEXT,column_name TEXT,extension_name TEXT NOT NULL,definition TEXT NOT NULL,' +
  'scope TEXT NOT NULL,CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))';

/** Of the extension gpkg_schema (annex F.9). */
export const SCHEMA_TABLES: readonly string[] = [
  'CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL,column_name TEXT NOT NULL,name TEXT UNIQUE,title TEXT,description TEXT,' +
    'mime_type TEXT,constraint_name TEXT,CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),CONSTRAINT gdc_tn UNIQUE (table_name, name))',
  'CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL,constraint_type TEXT NOT NULL,value TEXT,min NUMERIC,' +
    'min_is_inclusive BOOLEAN,max NUMERIC,max_is_inclusive BOOLEAN,description TEXT,CONSTRAINT gdcc_ntv UNIQUE (constraint_name, ' +
    'constraint_type, value))',
];

export function layerTable({ table, keyColumn, geometry, columns }: Layer): string {
  const all = [
    `${quoted(keyColumn)} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL`,
    ...(geometry ? [`${quoted(geometry.name)} ${geometry.type.toUpperCase()}`] : []),
    ...columns.map(({ name, sqlType }) => `${quoted(name)} ${sqlType}`),
  ];
  return `CREATE TABLE ${quoted(table)} ( ${all.join(', ')})`;
}

/** A trigger's name, and the whole of it. */
export interface Trigger {
  name: string;
  sql: string;
}

/** What keeps the spatial index (annex F.3, as of version 1.3) and GDAL's count of features true. */
export function layerTriggers(layer: Layer): Trigger[] {
  return [...(layer.geometry ? indexTriggers(layer, layer.geometry) : []), ...countTriggers(layer.table)];
}

function indexTriggers({ table, keyColumn }: Layer, geometry: GeometryColumn): Trigger[] {
  const [index, on, geom, id] = [indexTable(table, geometry), quoted(table), quoted(geometry.name), quoted(keyColumn)];
  const box = `ST_MinX(NEW.${geom}), ST_MaxX(NEW.${geom}),ST_MinY(NEW.${geom}), ST_MaxY(NEW.${geom})`;
  const insert = `INSERT OR REPLACE INTO ${quoted(index)} VALUES (NEW.${id},${box});`;
  const remove = `DELETE FROM ${quoted(index)} WHERE id = OLD.${id};`;
  const present = `(NEW.${geom} NOTNULL AND NOT ST_IsEmpty(NEW.${geom}))`;
  const absent = `(NEW.${geom} ISNULL OR ST_IsEmpty(NEW.${geom}))`;
  const both = `DELETE FROM ${quoted(index)} WHERE id IN (OLD.${id}, NEW.${id});`;
  const changed = `AFTER UPDATE OF ${geom} ON ${on} WHEN OLD.${id} = NEW.${id} AND`;
  const moved = `AFTER UPDATE ON ${on} WHEN OLD.${id} != NEW.${id} AND`;
  const trigger = (name: string, event: string, action: string) => ({
    name: `${index}_${name}`,
    sql: `CREATE TRIGGER ${quoted(`${index}_${name}`)} ${event} BEGIN ${action} END`,
  });
  return [
    trigger('insert', `AFTER INSERT ON ${on} WHEN (new.${geom} NOT NULL AND NOT ST_IsEmpty(NEW.${geom}))`, insert),
    trigger('update1', `${changed} ${present}`, insert),
    trigger('update2', `${changed} ${absent}`, remove),
    trigger('update3', `${moved} ${present}`, `${remove} ${insert}`),
    trigger('update4', `${moved} ${absent}`, both),
    trigger('delete', `AFTER DELETE ON ${on} WHEN old.${geom} NOT NULL`, remove),
  ];
}

function countTriggers(table: string): Trigger[] {
  return [
    ['insert', '+'],
    ['delete', '-'],
  ].map(([event = '', sign]) => {
    const name = `trigger_${event}_feature_count_${table}`;
    const action = `UPDATE gpkg_ogr_contents SET feature_count = feature_count ${sign} 1 WHERE lower(table_name) = lower(${literal(table)});`;
    return { name, sql: `CREATE TRIGGER ${quoted(name)} AFTER ${event.toUpperCase()} ON ${quoted(table)} BEGIN ${action} END` };
  });
}
