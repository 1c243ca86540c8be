import type { FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import type { PublishJobs } from '../catalog/upload/jobs.ts';
import type { Uploads } from '../catalog/upload/uploads.ts';
import type { Scope } from '../catalog/users.ts';
import type { Config } from '../config.ts';
import type { Schema } from '../db/schema.ts';
import type { SiteAddress } from '../exports/addresses.ts';
import type { Notifier } from '../exports/notify.ts';
import type { Runner } from '../exports/run.ts';
import type { ExportWatcher } from '../exports/watch.ts';
import type { GdalInstallation } from '../gdal/drivers.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { ReadyCheck } from '../monitor/ready.ts';
import type { Tracing } from '../monitor/tracing.ts';
import type { TileMaker } from '../preview/tilemaker.ts';
import type { ExportQueue } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';
import type { Versions } from '../storage/versions.ts';
import type { Layout } from '../store/layout.ts';

/** What the routes work with. */
export interface Site {
  config: Config;
  db: Kysely<Schema>;
  queue: ExportQueue;
  /** Whether this process can do its work now. */
  ready: ReadyCheck;
  metrics: Metrics;
  /** Sends traces; null where none are configured. */
  tracing: Tracing | null;
  runner: Runner;
  watcher: ExportWatcher;
  notifier: Notifier;
  storage: Storage;
  installation: GdalInstallation;
  /** The link that `geocrate serve` prints; null: there is none. */
  signInLink: { key: string; user: string; scopes: readonly Scope[] } | null;
  /** Signs download URLs; the same for every server on this database. */
  downloadSecret: string;
  layout: Layout;
  /** Files that publishers have uploaded, and what is made of them. */
  uploads: Uploads;
  publishing: PublishJobs;
  /** Makes tiles of maps. */
  tiles: TileMaker;
  versions: Versions;
}

/** Where a request says that it went, by its Host header or by what a trusted proxy says; null when that is no address. */
export function reachedBy({ protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>): URL | null {
  if (!/^https?$/.test(protocol) || !/^[^\s/?#@\\]+$/.test(host)) return null;
  return URL.parse(`${protocol}://${host}`);
}

/** The address by which a request reached this site: the configured one, or the request's own. */
export function siteAddress(site: Pick<Site, 'config'>, request: FastifyRequest): SiteAddress {
  const reached = reachedBy(request);
  if (!reached) throw new Error('A request without an address goes no further than the first hook.');
  const { publicUrl } = site.config;
  const version = request.url.startsWith('/services/api/v1.x') ? 'v1.x' : 'v1';
  return { origin: publicUrl ?? reached.origin, version, hosts: [...(publicUrl ? [new URL(publicUrl).host] : []), reached.host] };
}
