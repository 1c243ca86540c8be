import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { type PublishedDataset, publishSources } from '../catalog/publish.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { openStores, type Stores } from '../storage/open.ts';
import { layout } from '../store/layout.ts';
import { isRaster, KINDS, type Kind, type VersionProfile } from '../store/versionprofile.ts';
import { CliError } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { plain } from './plain.ts';
import { progressBar } from './progress.ts';

interface PublishOptions {
  id?: number;
  title?: string;
  kind?: Kind;
  license?: string;
  cropLayer?: boolean;
  nameField?: string;
  description?: string;
  tag?: string[];
  metadata?: string;
  crs?: string;
  encoding?: string;
  layer?: string[];
  tiled?: boolean;
  tileIdPattern?: RegExp;
}

export function publishCommand(): Command {
  return new Command('publish')
    .description(
      'Publish files as layers, tables and rasters: whatever GDAL opens, and a PostGIS table by its connection string. Rasters that are named together, or lie in one folder, are the tiles of one dataset.',
    )
    .argument('<file...>', 'a file, a folder, a ZIP file, or "PG:dbname=… host=…" with --layer')
    .option('--id <n>', 'publish as this id: a new version where it exists. Several layers take n, n+1, …', wholeId)
    .option('--title <title>', 'its title (default: the name in the file)')
    .option(
      '--kind <kind>',
      'vector or table; raster (pictures), grid (measured values) or rat (classes with an attribute table) (default: what the file holds)',
      readKind,
    )
    .option('--license <license>', 'an SPDX id such as CC-BY-4.0, or public-domain')
    .option('--crop-layer', 'its polygons may be used as the extent of exports')
    .option('--name-field <field>', 'the field that names the polygons of a crop layer')
    .option('--description <text>', 'what it is, in a few sentences')
    .option('--tag <tag>', 'a keyword, once for each', collect)
    .option('--metadata <file.xml>', 'its metadata document, which every archive then holds')
    .option('--crs <EPSG:n>', 'the coordinate reference system, where the source has none or a wrong one')
    .option('--encoding <name>', 'the encoding of its text, where the source does not say or is wrong (CP1252, …)')
    .option('--layer <name>', 'of a source with several layers only this one, once for each', collect)
    .option(
      '--tiled',
      'exports may ask for the tiles of a raster by their ids, even if it is only one; those of several files always can be',
    )
    .option(
      '--tile-id-pattern <regex>',
      'what of a tile’s file name is its id: the first group (default: the name without its ending)',
      readPattern,
    )
    .addHelpText(
      'after',
      `
Examples:
  geocrate publish parcels.gpkg --id 12 --title "Parcels" --license CC-BY-4.0
  geocrate publish districts.shp --crs EPSG:2193 --crop-layer --title "Districts"
  geocrate publish places.csv --crs EPSG:4326 --title "Places"
  geocrate publish dem.tif --id 20 --title "Elevation"
  geocrate publish orthophotos/ --id 21 --title "Orthophotos 2026" --tile-id-pattern "_([A-Z]+[0-9]+)_"
  geocrate publish landcover.tif --kind rat --title "Land cover"
  geocrate publish "PG:host=db dbname=gis" --layer public.roads --title "Roads"`,
    )
    .action(publish);
}

async function publish(files: string[], options: PublishOptions): Promise<void> {
  const config = readConfig();
  const metadataXml = options.metadata ? await readMetadata(options.metadata) : undefined;
  const interrupted = interruptSignal('Interrupted; nothing was published.');
  const database = await openDatabase(config);
  const bar = progressBar('Publishing');
  const places = layout(config.dataDir);
  let stores: Stores | undefined;
  try {
    stores = await openStores(config.storage, config.storeCacheBytes, places);
    const { layer, tag, metadata: _, ...rest } = options;
    const how = {
      ...rest,
      ...(layer ? { layers: layer } : {}),
      ...(tag ? { tags: tag } : {}),
      ...(metadataXml === undefined ? {} : { metadataXml }),
      signal: interrupted,
      onProgress: (fraction: number, what: string) => bar.update(fraction, `Publishing ${what}`),
    };
    const published = await publishSources(database.db, places, files, how, stores.versions);
    bar.update(1);
    bar.stop();
    for (const dataset of published) process.stdout.write(describe(dataset));
  } finally {
    bar.stop();
    stores?.close();
    await database.close();
  }
}

function describe({ id, kind, title, versionId, unchanged, profile, warnings }: PublishedDataset): string {
  const what = kind === 'table' ? 'table' : 'layer';
  const crs = profile.crs ? `, ${profile.crs.id ?? profile.crs.name}` : '';
  const state = unchanged ? 'is the same as before' : `version ${versionId}`;
  const lines = [`${what} ${id} "${title}": ${state}, ${contentOf(profile)}${crs}${mendedIn(profile)}`];
  return [...lines, ...warnings.map((warning) => `  note: ${warning}`)].map((line) => `${plain(line)}\n`).join('');
}

function contentOf(profile: VersionProfile): string {
  if (!isRaster(profile)) return `${profile.feature_count} ${profile.kind === 'table' ? 'rows' : 'features'}`;
  const { kind, size, bands, tiled, tile_count: tiles } = profile;
  const parts = [
    `${kind} of ${size.join(' × ')} pixels`,
    `${bands.length} ${bands.length === 1 ? 'band' : 'bands'} of ${bands[0]?.data_type}`,
  ];
  return [...parts, ...(tiled ? [`${tiles} ${tiles === 1 ? 'tile' : 'tiles'}`] : [])].join(', ');
}

function mendedIn(profile: VersionProfile): string {
  return !isRaster(profile) && profile.mended_count > 0 ? `, ${profile.mended_count} geometries mended` : '';
}

async function readMetadata(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new CliError(`${path} cannot be read: ${error.message}`);
  });
  if (!text.trimStart().startsWith('<')) throw new CliError(`${path} is not an XML document.`);
  return text;
}

function wholeId(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('An id is a whole number from 1.');
  return Number(value);
}

function readKind(value: string): Kind {
  const kind = KINDS.find((one) => one === value);
  if (kind) return kind;
  throw new InvalidArgumentError('Kinds are vector, table, raster, grid and rat.');
}

function readPattern(value: string): RegExp {
  try {
    return new RegExp(value, 'u');
  } catch {
    throw new InvalidArgumentError('It is no regular expression.');
  }
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
