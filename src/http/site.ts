import type { FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import type { Config } from '../config.ts';
import type { Schema } from '../db/schema.ts';
import type { SiteAddress } from '../exports/addresses.ts';
import type { Notifier } from '../exports/notify.ts';
import type { Runner } from '../exports/run.ts';
import type { ExportWatcher } from '../exports/watch.ts';
import type { GdalInstallation } from '../gdal/drivers.ts';
import type { ExportQueue } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';

/** What the routes work with. */
export interface Site {
  config: Config;
  db: Kysely<Schema>;
  queue: ExportQueue;
  runner: Runner;
  watcher: ExportWatcher;
  notifier: Notifier;
  storage: Storage;
  installation: GdalInstallation;
  /** Signs download URLs; the same for every server on this database. */
  downloadSecret: string;
  versionDir: (content: string) => string;
}

/** The address by which a request reached this site: the configured one, or the request's own. */
export function siteAddress(site: Pick<Site, 'config'>, request: FastifyRequest): SiteAddress {
  const origin = site.config.publicUrl ?? `${request.protocol}://${request.host}`;
  const version = request.url.startsWith('/services/api/v1.x') ? 'v1.x' : 'v1';
  return { origin, version, hosts: [new URL(origin).host, request.host.toLowerCase()] };
}
