import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { describeDataset, type OgrDataset, type OgrLayer } from '../../gdal/describe.ts';
import { GdalError, runGdal } from '../../gdal/process.ts';
import { isUtf16, requireUtf8, saidEncoding, shapefileEncoding } from './encoding.ts';
import { PublishError, withoutPasswords } from './failure.ts';
import { sourcesInZip } from './zipped.ts';

/** One layer of a source, as GDAL opens it. */
export interface SourceLayer {
  /** What the publisher named, for messages. */
  shown: string;
  driver: string;
  /** A path or connection string for GDAL; never kept. */
  dataset: string;
  /** Arguments with which GDAL must open it (`-oo …`). */
  openArgs: readonly string[];
  layer: OgrLayer;
  /** True for CSV, whose columns have no types of their own. */
  untyped: boolean;
  /** What the publisher should know of how it is read, as sentences. */
  notes: readonly string[];
}

export interface SourceOptions {
  /** Only these layers; all unless told. */
  layers?: readonly string[] | undefined;
  /** The encoding of its text, where the source does not say or is wrong. */
  encoding?: string | undefined;
  /** A table even where it could be a layer. */
  asTable?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** In lower case; the first that a CSV file has is its geometry. */
const GEOMETRY_COLUMNS = ['wkt', 'geom', 'geometry', 'the_geom', 'wkb_geometry'];
const X_COLUMNS = 'X_POSSIBLE_NAMES=x,lon,lng,long,longitude,easting,east,x_coord,point_x';
const Y_COLUMNS = 'Y_POSSIBLE_NAMES=y,lat,latitude,northing,north,y_coord,point_y';

/**
 * Opens a source and lists its layers.
 * @param source a file, a folder, a ZIP file, or a database's connection string (`PG:…`).
 * @throws {PublishError} when GDAL cannot read it, it has no layers, or a layer asked for is not there.
 */
export async function openSource(source: string, options: SourceOptions): Promise<SourceLayer[]> {
  const isDatabase = /^(PG|MYSQL|OCI|MSSQL|ODBC|MongoDBv3):/i.test(source);
  const shown = withoutPasswords(source);
  if (isDatabase && !options.layers?.length)
    throw new PublishError(`${shown} is a database: name the table to publish with --layer schema.table.`);
  for (const name of options.layers ?? []) refuseOption(name);
  const datasets = isDatabase ? [source] : await fileDatasets(source);
  const layers: SourceLayer[] = [];
  for (const dataset of datasets) layers.push(...(await openDataset(dataset, shown, options)));
  const known = layers.map(({ layer }) => layer.name);
  const missing = options.layers?.find((name) => !known.includes(name));
  if (missing !== undefined) throw new PublishError(`${shown} has no layer "${missing}". It has ${known.join(', ') || 'none'}.`);
  const wanted = layers.filter(({ layer }) => !options.layers || options.layers.includes(layer.name));
  if (wanted.length === 0) throw new PublishError(`${shown} has no layers.`);
  return wanted;
}

async function fileDatasets(source: string): Promise<string[]> {
  const info = await stat(source).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw new PublishError(`${source} may not be read by this user.`);
    throw new PublishError(`${source} does not exist.`);
  });
  const path = resolve(source);
  if (info.isDirectory() || extname(path).toLowerCase() !== '.zip') return [path];
  if (/\.(gdb|shp)\.zip$/i.test(path)) return [path];
  const found = await sourcesInZip(path);
  if (found.length === 0) throw new PublishError(`${source} holds nothing that GDAL reads as layers or tables.`);
  return found;
}

async function openDataset(dataset: string, shown: string, options: SourceOptions): Promise<SourceLayer[]> {
  const { signal } = options;
  const describe = async (args: readonly string[]) => {
    const request = { args, layers: options.layers ?? [], ...(signal ? { signal } : {}) };
    try {
      return await describeDataset(dataset, request);
    } catch (error) {
      // A layer that is not there is said with the names of those that are.
      if (error instanceof GdalError && options.layers?.length) return await describeDataset(dataset, { ...request, layers: [] });
      throw error;
    }
  };
  let described: OgrDataset;
  let openArgs: string[] = [];
  const notes: string[] = [];
  try {
    described = await describe([]);
    if (described.driver === 'CSV') {
      requireUtf8Said(options.encoding, dataset);
      await requireUtf8(dataset, namesOf(described), signal);
      const found = options.asTable ? { args: [], notes: [] } : await csvGeometry(dataset, described.layers, signal);
      openArgs = found.args;
      notes.push(...found.notes);
      described = await describe(openArgs);
    } else if (described.driver === 'ESRI Shapefile' && described.layers[0]) {
      const { encoding, note } =
        options.encoding === undefined
          ? await shapefileEncoding(dataset, namesOf(described), signal)
          : await saidEncoding(dataset, options.encoding, signal);
      if (note) notes.push(note);
      openArgs = encoding === null ? [] : ['-oo', `ENCODING=${encoding}`];
      if (encoding !== null) described = await describe(openArgs);
    } else if (options.encoding !== undefined) {
      throw new PublishError(
        `--encoding is for Shapefiles and CSV files; GDAL reads ${shown} as ${described.driver}, which says its encoding itself.`,
      );
    }
  } catch (error) {
    if (error instanceof GdalError && (await isUtf16(dataset)))
      throw new PublishError(`${shown} is UTF-16, and must be UTF-8. Convert it: iconv -f UTF-16 -t UTF-8 ${basename(dataset)}.`);
    if (error instanceof GdalError && error.message.startsWith('Unable to open datasource'))
      throw new PublishError(`${shown} cannot be read: it is nothing that GDAL opens as layers or tables.`);
    if (error instanceof GdalError && error.message.includes('SHAPE_RESTORE_SHX'))
      throw new PublishError(`${shown} cannot be read: the file with the ending .shx that belongs to it is missing or damaged.`);
    if (error instanceof GdalError) throw new PublishError(`${shown} cannot be read: ${withoutPasswords(sentence(error.message))}`);
    throw error;
  }
  for (const { name } of described.layers) refuseOption(name);
  return described.layers.map((layer) => ({
    shown: described.layers.length > 1 ? `${shown} (${layer.name})` : shown,
    driver: described.driver,
    dataset,
    openArgs,
    layer: options.asTable ? { ...layer, geometryType: null } : layer,
    untyped: described.driver === 'CSV',
    notes,
  }));
}

function namesOf({ layers }: OgrDataset): string[] {
  return layers.map(({ name }) => name);
}

/** @throws {PublishError} where the programs of GDAL would take a layer's name for an option of theirs (`--optfile`). */
function refuseOption(name: string): void {
  if (name.startsWith('-')) throw new PublishError(`The layer “${name}” begins with a hyphen. Give it another name.`);
}

/** How a CSV file's geometry is found: a column of WKT, or two columns of coordinates, which stay columns too. */
async function csvGeometry(
  dataset: string,
  layers: readonly OgrLayer[],
  signal: AbortSignal | undefined,
): Promise<{ args: string[]; notes: string[] }> {
  const columns = new Set<string>();
  const notes: string[] = [];
  for (const layer of layers) {
    const names = layer.fields.map(({ name }) => name);
    const column = GEOMETRY_COLUMNS.flatMap((wanted) => names.find((name) => name.toLowerCase() === wanted) ?? [])[0];
    if (column === undefined) continue;
    const { count, sample } = await unreadable(dataset, layer.name, column, signal);
    // A column of that name may be no geometry at all.
    if (count > 0 && count === layer.featureCount) continue;
    columns.add(column);
    if (count === 0) continue;
    const are = count === 1 ? '1 value' : `${count} values`;
    notes.push(`${are} of column "${column}" ${count === 1 ? 'is' : 'are'} no geometry that GDAL reads (“${sample}”); the rows have none.`);
  }
  if (columns.size === 0) return { args: ['-oo', X_COLUMNS, '-oo', Y_COLUMNS], notes };
  return { args: ['-oo', `GEOM_POSSIBLE_NAMES=${[...columns].join(',')}`, '-oo', 'KEEP_GEOM_COLUMNS=NO'], notes };
}

/** The values of a WKT column that GDAL makes no geometry of, and the first of them in short. */
async function unreadable(
  dataset: string,
  layer: string,
  column: string,
  signal: AbortSignal | undefined,
): Promise<{ count: number; sample: string }> {
  let count = 0;
  let sample = '';
  const onOutputLine = (line: Buffer) => {
    const { properties }: { properties: Record<string, unknown> } = JSON.parse(line.toString());
    if (count++ === 0) sample = String(properties[column]);
  };
  const where = `OGR_GEOMETRY IS NULL AND "${column}" <> ''`;
  const open = ['-oo', `GEOM_POSSIBLE_NAMES=${column}`];
  await runGdal('ogr2ogr', ['-f', 'GeoJSONSeq', '/vsistdout/', dataset, layer, ...open, '-where', where, '-select', column], {
    onOutputLine,
    ...(signal ? { signal } : {}),
  });
  return { count, sample: sample.length > 40 ? `${sample.slice(0, 40)}…` : sample };
}

function requireUtf8Said(encoding: string | undefined, dataset: string): void {
  if (encoding === undefined || /^utf-?8$/i.test(encoding)) return;
  throw new PublishError(
    `${basename(dataset)} must be UTF-8, as CSV files are read here. Convert it: iconv -f ${encoding} -t UTF-8 ${basename(dataset)}.`,
  );
}

/** The column of a layer's own feature ids, where its fields do not hold them already (as GeoJSON's do, with no promise that they are unique). */
export function keyColumn({ fidColumn, fields }: OgrLayer): string | null {
  return fidColumn !== null && !fields.some(({ name }) => name === fidColumn) ? fidColumn : null;
}

/** GDAL's words as a sentence of their own. */
export function sentence(text: string): string {
  const trimmed = text.trim().replace(/[.\s]+$/, '');
  return `${trimmed}.`;
}
