import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { publishDemo } from '../catalog/demo/publish.ts';
import { createToken, DEFAULT_SCOPES, findCaller, SCOPES } from '../catalog/users.ts';
import { type Config, readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import type { SiteAddress } from '../exports/addresses.ts';
import { rehearse } from '../exports/rehearse.ts';
import { giveBackMemory } from '../heap.ts';
import { buildApp } from '../http/app.ts';
import { CliError } from './failure.ts';
import { monitorSite } from './monitor.ts';
import { progressBar } from './progress.ts';
import { serverFile } from './serverfile.ts';
import { type OpenSite, openSite, untilStopped } from './site.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('Serve the API and make the exports. On an empty site, publish the demo data first.')
    .addHelpText(
      'after',
      `
Examples:
  geocrate serve
  GEOCRATE_HOST=0.0.0.0 GEOCRATE_PORT=80 GEOCRATE_PUBLIC_URL=https://data.example.org geocrate serve
  DATABASE_URL=postgresql://geocrate:secret@db/geocrate geocrate serve

The environment configures it: docs/operate.md lists every variable. Ctrl-C stops it; exports in the making go on after the next start.`,
    )
    .action(async () => serve(readConfig()));
}

async function serve(config: Config): Promise<void> {
  const stopped = untilStopped();
  const database = await openDatabase(config, {
    owner: true,
    onWait: () => process.stderr.write('Waiting for another geocrate command to finish with the database …\n'),
  });
  // One that a killed server left would send commands to where nobody listens.
  await rm(serverFile(config), { force: true });
  const site = await openSite(config, database);
  const app = buildApp(site, site.log);
  let monitor: { close(): void } | undefined;
  try {
    // Before the demo data, so that nobody waits for that only to be told that the port is taken.
    await listen(app, config);
    monitor = await monitorSite(config, site);
    if (config.demo) await demo(site);
    const address = listeningUrl(app.server.address(), config);
    const here: SiteAddress = { origin: address, version: 'v1', hosts: [new URL(address).host] };
    const context = { db: site.db, site: here, installation: site.installation, versions: site.versions, limits: config.limits };
    // The first to ask does not wait for what takes its time once; nothing else depends on it.
    await rehearse(context).catch((error) => site.log.warn({ err: error }, 'rehearsal'));
    await site.work();
    giveBackMemory();
    await writeFile(serverFile(config), `${address}\n`, { mode: 0o600 });
    process.stdout.write(`Geocrate listens on ${config.publicUrl ?? address}\n`);
    if (config.demo) {
      process.stdout.write(`Demo token: ${await demoToken(site)}\n`);
      process.stdout.write(`Sign in:    ${config.publicUrl ?? address}/site/sign-in?key=${signInKey(site)}\n`);
    }
    await stopped;
    site.ready.stop();
    process.stderr.write('Stopping …\n');
    await rm(serverFile(config), { force: true });
  } finally {
    // Others take up what was being made here while downloads end.
    await Promise.all([site.queue.handBack(), close(app, config.stopTimeout)]);
    await site.close();
    monitor?.close();
  }
}

/** Takes no more requests, and cuts those that have not ended in time: a download that is cut can be resumed. */
async function close(app: FastifyInstance, timeout: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), timeout);
  await app.close();
  clearTimeout(timer);
}

/** @throws {CliError} when the host or the port cannot be had. */
async function listen(app: FastifyInstance, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') throw new CliError(`Port ${port} is taken by another program. Set GEOCRATE_PORT to a free one.`);
    if (code === 'EACCES') throw new CliError(`This user may not listen on port ${port}. Set GEOCRATE_PORT to one from 1024.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      throw new CliError(`GEOCRATE_HOST must be an address of this machine, such as 127.0.0.1 or 0.0.0.0, not "${host}".`);
    throw error;
  }
}

function listeningUrl(address: ReturnType<import('node:net').Server['address']>, config: Config): string {
  const port = typeof address === 'object' && address ? address.port : config.port;
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Publishes the demo data once in a site's life; of several servers that start at once, one does. */
async function demo(site: OpenSite): Promise<void> {
  const done = () => site.db.selectFrom('settings').select('value').where('name', '=', 'demo').executeTakeFirst();
  if (await done()) return;
  await site.db.connection().execute(async (session) => {
    await sql`select pg_advisory_lock(hashtext('demo'))`.execute(session);
    try {
      if (!(await done())) await publishDemoData(site);
    } finally {
      await sql`select pg_advisory_unlock(hashtext('demo'))`.execute(session);
    }
  });
}

async function publishDemoData(site: OpenSite): Promise<void> {
  const bar = progressBar('Publishing the demo data');
  try {
    await publishDemo(site.db, site.config.dataDir, site.versions, (fraction) => bar.update(fraction));
  } finally {
    bar.stop();
  }
  await site.db.insertInto('settings').values({ name: 'demo', value: 'published' }).execute();
}

/**
 * Opens the link that signs a browser in, until the server stops, and gives its key. Who reads what this prints may run `geocrate publish` as
 * well, so the link allows that too; not where others can reach the site, since then the output may be kept where more people read it.
 */
function signInKey(site: OpenSite): string {
  const { host, publicUrl } = site.config;
  const isOwnMachine = publicUrl === null && (host === 'localhost' || host === '::1' || /^127\./.test(host));
  const key = randomBytes(20).toString('hex');
  site.signInLink = { key, user: DEMO_USER, scopes: isOwnMachine ? SCOPES : DEFAULT_SCOPES };
  return key;
}

const DEMO_USER = 'demo';

/** The same token at every start. It is kept in the data directory, which only the owner can read. */
async function demoToken(site: OpenSite): Promise<string> {
  const file = join(site.config.dataDir, 'demo-token');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept && (await findCaller(site.db, kept))) return kept;
  const token = await createToken(site.db, DEMO_USER, DEFAULT_SCOPES);
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}
