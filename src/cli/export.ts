import { existsSync } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { createToken, DEFAULT_SCOPES, revokeToken } from '../catalog/users.ts';
import { type Config, clientToken, readConfig } from '../config.ts';
import { type Database, openDatabase } from '../db/open.ts';
import { checkOption, OPTION_RULES } from '../exports/options.ts';
import { allFormats, findShortName } from '../formats/registry.ts';
import { KINDS, type Kind } from '../store/versionprofile.ts';
import { ApiClient, type ExportStatus, UnreachableError } from './client.ts';
import { downloadArchive } from './download.ts';
import { CliError } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { plain } from './plain.ts';
import { progressBar } from './progress.ts';
import { serverFile } from './serverfile.ts';

interface ExportOptions {
  layer?: number[];
  table?: number[];
  tileId?: string[];
  format: string;
  tableFormat?: string;
  rasterFormat?: string;
  gridFormat?: string;
  ratFormat?: string;
  resolutionMultiplier?: number;
  option?: Record<string, unknown>;
  crs?: string;
  extent?: string;
  bbox?: number[];
  cropfeature?: string;
  color?: string;
  name?: string;
  output?: string;
  server?: string;
  token?: string;
}

const shortNames = () => [...new Set(allFormats().map((format) => format.shortName.toLowerCase()))].join(', ');

export function exportCommand(): Command {
  return new Command('export')
    .description('Export layers and tables: create the export, wait for it, download the archive and check it.')
    .option('--layer <id>', 'a layer, once for each', addId)
    .option('--table <id>', 'a table, once for each', addId)
    .option('--tile-id <id>', 'a tile of the layer, once for each', addTile)
    .requiredOption('--format <format>', `one of ${shortNames()}, or a mimetype`)
    .option('--table-format <format>', 'the format of the tables, where it is another')
    .option('--raster-format <format>', 'the format of imagery, where it is another')
    .option('--grid-format <format>', 'the format of grids, where it is another')
    .option('--rat-format <format>', 'the format of rasters with an attribute table, where it is another')
    .option('--resolution-multiplier <n>', 'make the pixels of rasters 1 to 16 times larger', readMultiplier)
    .option(
      '--option <name=value>',
      `an option of the formats, once for each: ${OPTION_RULES.map(({ name }) => name).join(', ')}`,
      addOption,
    )
    .option('--crs <EPSG:n>', 'the coordinate reference system to write')
    .option('--extent <file>', 'crop to the polygon of a GeoJSON file (EPSG:4326)')
    .option('--bbox <w,s,e,n>', 'crop to a box in degrees', readBox)
    .option('--cropfeature <url>', 'crop to a crop feature of the site')
    .option('--color <#RRGGBB>', 'for formats that carry style')
    .option('--name <name>', 'the name of the export')
    .option('-o, --output <file>', 'where to put the archive: a file, or a folder that is there (default: its name, here)')
    .option('--server <url>', 'a site elsewhere (default: the one on this machine)', readServer)
    .option('--token <token>', 'the token for --server (better in GEOCRATE_TOKEN, where no list of processes shows it)')
    .addHelpText(
      'after',
      `
Examples:
  geocrate export --layer 1 --format shp --crs EPSG:2193 --extent area.geojson -o out.zip
  geocrate export --layer 1 --layer 2 --table 3 --format gpkg --crs EPSG:4326 --bbox 170,-44,171,-43
  geocrate export --layer 8 --tile-id BQ31 --tile-id BQ32 --format gtiff --crs EPSG:2193
  geocrate export --layer 1 --layer 8 --format gpkg --raster-format jpeg --resolution-multiplier 4 --crs EPSG:2193
  geocrate export --layer 1 --layer 6 --format pdf --crs EPSG:2193 --option page_size=a3 --option include_legend=true
  GEOCRATE_TOKEN=… geocrate export --table 3 --format csv --server https://data.example.org

A download that broke off goes on where it stopped when the same command is run again. Ctrl-C cancels the export.`,
    )
    .action(run);
}

async function run(options: ExportOptions): Promise<void> {
  const body = await requestBody(options);
  const place = await outputPlace(options.output);
  const interrupted = interruptSignal('Interrupted; the export was cancelled.');
  const connection = await connect(options);
  try {
    await exportTo(connection.client, await body(connection.client), place, interrupted);
  } finally {
    await connection.close();
  }
}

/** Where the archive goes, by its name; looked at first, so that nobody waits for an export that cannot be written. */
async function outputPlace(output: string | undefined): Promise<(name: string) => string> {
  const isFolder = output !== undefined && (await stat(output).catch(() => null))?.isDirectory() === true;
  const folder = isFolder ? output : dirname(output ?? '.');
  await access(output === undefined ? '.' : folder, constants.W_OK).catch(() => {
    throw new CliError(`The folder ${folder} is not there or may not be written to. Name another with --output.`);
  });
  return (name) => (output === undefined || isFolder ? join(output ?? '', `${name}.zip`) : output);
}

async function exportTo(client: ApiClient, body: object, place: (name: string) => string, interrupted: AbortSignal): Promise<void> {
  const created = await client.json<ExportStatus>('POST', `${client.base}/exports/`, body);
  const bar = progressBar('Exporting');
  try {
    const status = await waitFor(client, created, interrupted, (progress, stage) => bar.update(progress, stage));
    if (status.state !== 'complete' || status.size_zipped === null || status.sha256 === null) {
      throw new CliError(status.error?.message ?? `The export ended as ${status.state}.`);
    }
    const target = place(status.name);
    const expected = { size: status.size_zipped, sha256: status.sha256 };
    await downloadArchive(
      () => client.downloadAddress(status),
      expected,
      target,
      interrupted,
      (fraction) => bar.update(fraction, 'Downloading'),
    );
    bar.update(1, 'Done');
    bar.stop();
    for (const warning of status.warnings) process.stderr.write(`Note: ${plain(warning)}\n`);
    process.stdout.write(`${target}  ${expected.size} bytes  sha256 ${expected.sha256}\n`);
  } finally {
    bar.stop();
    // So that the server does not go on for nobody. One that is complete already stays.
    if (interrupted.aborted) await client.json('DELETE', created.url).catch(() => {});
  }
}

/** Looks at the export until it is final. A server that is being started again is waited for. */
async function waitFor(
  client: ApiClient,
  created: ExportStatus,
  interrupted: AbortSignal,
  onProgress: (progress: number, stage: string) => void,
): Promise<ExportStatus> {
  let status = created;
  let unreachable = 0;
  for (let wait = 100; status.state === 'processing'; wait = Math.min(1000, wait * 1.3)) {
    await delay(wait, undefined, { signal: interrupted }).catch(() => interrupted.throwIfAborted());
    try {
      status = await client.json<ExportStatus>('GET', created.url);
      unreachable = 0;
    } catch (error) {
      if (!(error instanceof UnreachableError) || ++unreachable === UNREACHABLE_LOOKS) throw error;
      continue;
    }
    const stage = status.stages.findLast((one) => one.progress > 0)?.name;
    onProgress(status.progress ?? 0, stage ? `Exporting (${stage})` : 'Waiting for a worker');
  }
  return status;
}

/** About half a minute of looks. */
const UNREACHABLE_LOOKS = 30;

/** The body of the request, once it is known which site it goes to. */
async function requestBody(options: ExportOptions): Promise<(client: ApiClient) => Promise<object>> {
  const { layer = [], table = [], tileId = [], resolutionMultiplier } = options;
  const formatOptions = {
    ...options.option,
    ...(resolutionMultiplier === undefined ? {} : { raster_resolution_multiplier: resolutionMultiplier }),
  };
  if (layer.length + table.length === 0)
    throw new CliError('Name at least one layer or table: --layer 1. `geocrate layers` lists them.', 2);
  if (tileId.length > 0 && layer.length !== 1) throw new CliError('Tiles are those of one layer: give one --layer with --tile-id.', 2);
  if ([options.extent, options.bbox, options.cropfeature].filter(Boolean).length > 1)
    throw new CliError('Give one of --extent, --bbox and --cropfeature.', 2);
  if (layer.length > 0 && !KINDS.some((kind) => kind !== 'table' && known(kind, formatFor(kind, options))))
    throw noFormat('layer', options.format);
  if (table.length > 0) mimetype('table', options);
  const extent = await readExtent(options);
  const color = options.color ? { color: options.color } : {};
  return async (client) => {
    const { base } = client;
    const layers = layer.flatMap((id) => {
      const item = { item: `${base}/layers/${id}/`, ...color };
      return tileId.length > 0 ? tileId.map((tile) => ({ ...item, tile_id: tile })) : [item];
    });
    const kinds = new Set<Kind>(table.length > 0 ? ['table'] : []);
    for (const id of layer) kinds.add(await kindOf(client, id));
    return {
      items: [...layers, ...table.map((id) => ({ item: `${base}/tables/${id}/` }))],
      formats: Object.fromEntries([...kinds].map((kind) => [kind, mimetype(kind, options)])),
      ...(options.crs ? { crs: options.crs } : {}),
      ...(options.name ? { name: options.name } : {}),
      ...(extent ? { extent } : {}),
      ...(Object.keys(formatOptions).length > 0 ? { options: formatOptions } : {}),
    };
  };
}

/** A layer's kind; of one that cannot be looked at, the most usual, so that the site says itself what is wrong. */
async function kindOf(client: ApiClient, id: number): Promise<Kind> {
  try {
    const { kind } = await client.json<{ kind: string }>('GET', `${client.base}/layers/${id}/`);
    return KINDS.find((known) => known === kind) ?? 'vector';
  } catch (error) {
    if (error instanceof UnreachableError || !(error instanceof CliError)) throw error;
    return 'vector';
  }
}

/** What a kind is to be written as, as it was said. */
function formatFor(kind: Kind, options: ExportOptions): string {
  const own = {
    vector: undefined,
    table: options.tableFormat,
    raster: options.rasterFormat,
    grid: options.gridFormat,
    rat: options.ratFormat,
  };
  return own[kind] ?? options.format;
}

function known(kind: Kind, name: string): boolean {
  return name.includes('/') || findShortName(kind, name) !== undefined;
}

function mimetype(kind: Kind, options: ExportOptions): string {
  const name = formatFor(kind, options);
  if (!known(kind, name)) throw noFormat(kind, name);
  return findShortName(kind, name)?.mimetype ?? name;
}

function noFormat(kind: string, name: string): CliError {
  return new CliError(`There is no ${kind} format "${name}". There are ${shortNames()}.`, 2);
}

async function readExtent({ extent, bbox, cropfeature }: ExportOptions): Promise<unknown> {
  if (cropfeature) return cropfeature;
  if (bbox) {
    const [w, s, e, n] = bbox;
    return {
      type: 'Polygon',
      coordinates: [
        [
          [w, s],
          [e, s],
          [e, n],
          [w, n],
          [w, s],
        ],
      ],
    };
  }
  if (!extent) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(extent, 'utf8'));
  } catch (error) {
    throw new CliError(`${extent} cannot be read as GeoJSON: ${error instanceof Error ? error.message : error}`);
  }
  return onlyGeometry(value, extent);
}

/** Files mostly hold a feature, or a collection of one, around the polygon. */
function onlyGeometry(value: unknown, file: string): unknown {
  if (typeof value !== 'object' || value === null) throw new CliError(`${file} holds no GeoJSON.`);
  if ('features' in value && Array.isArray(value.features)) {
    if (value.features.length !== 1) throw new CliError(`${file} holds ${value.features.length} features; the extent is one polygon.`);
    return onlyGeometry(value.features[0], file);
  }
  return 'geometry' in value ? value.geometry : value;
}

/** The site that `--server` names; else the server on this data directory; else this very process, for as long as the export takes. */
async function connect({ server, token }: ExportOptions): Promise<{ client: ApiClient; close(): Promise<void> }> {
  if (server) {
    const theirs = token ?? clientToken();
    if (!theirs) throw new CliError('A site elsewhere needs a token: set GEOCRATE_TOKEN, or give --token.', 2);
    return { client: new ApiClient(server, theirs), close: async () => {} };
  }
  const config = readConfig();
  const database = await openDatabase(config);
  // Of a PostgreSQL server others may have the servers; a command can make its export by itself there too.
  if (database.exclusive || (config.databaseUrl !== null && !existsSync(serverFile(config)))) return serveMyself(config, database, token);
  try {
    const running = config.publicUrl ?? (await runningServer(config));
    const own = await ownToken(database, token);
    return {
      client: new ApiClient(running, own.token),
      close: async () => {
        await own.forget();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function serveMyself(config: Config, database: Database, token: string | undefined) {
  // Where a server makes it, the server's code is not needed.
  const [{ openSite }, { buildApp }] = await Promise.all([import('./site.ts'), import('../http/app.ts')]);
  const site = await openSite({ ...config, publicUrl: null }, database);
  const app = buildApp(site, site.log);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  await site.work();
  const own = await ownToken(database, token);
  return {
    client: new ApiClient(address, own.token),
    close: async () => {
      await app.close();
      await own.forget();
      await site.close();
    },
  };
}

/** The token given, or one for this command alone. */
async function ownToken({ db }: Database, given: string | undefined): Promise<{ token: string; forget(): Promise<void> }> {
  if (given) return { token: given, forget: async () => {} };
  const token = await createToken(db, userName(), DEFAULT_SCOPES);
  return { token, forget: async () => void (await revokeToken(db, token)) };
}

/** In containers a user may have a number alone. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
}

/** Where the server on this machine listens. It may be starting, or publishing the demo data. */
async function runningServer(config: Config): Promise<string> {
  for (let waited = 0; ; waited += SERVER_POLL_MS) {
    const url = (await readFile(serverFile(config), 'utf8').catch(() => '')).trim();
    if (url) return url;
    if (waited === 0) process.stderr.write('Waiting for the server on this data directory to start …\n');
    if (waited >= SERVER_PATIENCE_MS)
      throw new CliError('The database is in use, but no server listens. Wait for the other geocrate command to end, or name a --server.');
    await delay(SERVER_POLL_MS);
  }
}

const SERVER_POLL_MS = 200;
const SERVER_PATIENCE_MS = 60_000;

function addTile(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function addOption(value: string, before: Record<string, unknown> | undefined): Record<string, unknown> {
  const [, name = '', text = ''] = /^([^=]*)=(.*)$/.exec(value) ?? [];
  const rule = OPTION_RULES.find((known) => known.name === name);
  if (!rule)
    throw new InvalidArgumentError(`Options are ${OPTION_RULES.map((known) => known.name).join(', ')}, each with = and its value.`);
  const parsed = rule.type === 'choice' ? text : rule.type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : Number(text);
  const wrong = checkOption(rule, parsed);
  if (wrong) throw new InvalidArgumentError(`${name}: ${wrong}`);
  return { ...before, [name]: parsed };
}

function readMultiplier(value: string): number {
  const multiplier = Number(value);
  if (!/^\d{1,2}$/.test(value) || multiplier < 1 || multiplier > 16) throw new InvalidArgumentError('Pixels become 1 to 16 times larger.');
  return multiplier;
}

function addId(value: string, before: number[] | undefined): number[] {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('An id is a whole number; `geocrate layers` lists them.');
  return [...(before ?? []), Number(value)];
}

function readServer(value: string): string {
  if (!/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new InvalidArgumentError('A server is an address such as https://data.example.org.');
  return value;
}

function readBox(value: string): number[] {
  const box = value.split(',').map(Number);
  if (box.length !== 4 || !box.every(Number.isFinite)) throw new InvalidArgumentError('A box is four numbers: west,south,east,north.');
  return box;
}
