import { mkdir, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { PublishJobs } from '../catalog/upload/jobs.ts';
import { Uploads } from '../catalog/upload/uploads.ts';
import { secretSetting } from '../catalog/users.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../db/open.ts';
import type { AttemptRecord } from '../exports/attempt.ts';
import { removeLeftAttempts } from '../exports/attemptdir.ts';
import { expireAudit } from '../exports/audit.ts';
import { expireArchives } from '../exports/expiry.ts';
import { Loader } from '../exports/load.ts';
import { Maker } from '../exports/maker.ts';
import { Notifier } from '../exports/notify.ts';
import { Room } from '../exports/room.ts';
import { Runner } from '../exports/run.ts';
import { UnitMaker } from '../exports/unitmaker.ts';
import { ExportWatcher } from '../exports/watch.ts';
import { confineGdal } from '../gdal/confinement.ts';
import { type GdalInstallation, gdalInstallation, remoteDrivers } from '../gdal/drivers.ts';
import type { Site } from '../http/site.ts';
import { openLog } from '../monitor/log.ts';
import { Metrics } from '../monitor/metrics.ts';
import { EXPORTS, ReadyCheck } from '../monitor/ready.ts';
import { TileMaker } from '../preview/tilemaker.ts';
import { type ExportJob, ExportQueue } from '../queue/queue.ts';
import { openStores } from '../storage/open.ts';
import { layout } from '../store/layout.ts';
import { version } from './version.ts';

/** How often archives are looked over for those whose time has come; more often where they are kept for less. */
const EXPIRY_INTERVAL_MS = 60_000;

/** Of one process of GDAL: no export takes a day of a core. */
const CPU_SECONDS = 24 * 3600;

/** What a process that makes exports holds open. */
export interface OpenSite extends Site {
  database: Database;
  log: Logger;
  /** Takes exports from the queue, until it is closed. */
  work(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the database, the queue and the storage, and takes up what a process that ended left unfinished.
 * @param database when it is open already; closed with the rest, and also when the rest cannot be opened.
 */
export async function openSite(config: Config, database?: Database): Promise<OpenSite> {
  const opened = database ?? (await openDatabase(config));
  try {
    return await openRest(config, opened, await gdalInstallation());
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openRest(config: Config, opened: Database, installation: GdalInstallation): Promise<OpenSite> {
  const { db, source } = opened;
  const log = openLog(config.logLevel);
  // Before any thread is started, since threads are told with their start.
  await confineGdal({ dataDir: config.dataDir, closedDrivers: remoteDrivers(installation), cpuSeconds: CPU_SECONDS, fileBytes: null });
  // What is not configured is not loaded either.
  const tracing = config.tracing && new (await import('../monitor/tracing.ts')).Tracing(config.tracing, version, log);
  const places = layout(config.dataDir);
  const stores = await openStores(config.storage, config.storeCacheBytes, places);
  const { storage, versions } = stores;
  const maker = new Maker();
  const making = {
    alone: opened.exclusive,
    tempDir: places.exportingDir,
    software: `Geocrate ${version}, GDAL ${installation.version}`,
  };
  const queue = await ExportQueue.open(source, (error) => log.error({ err: error }, 'queue'));
  const loader = new Loader(db, versions, config);
  const sharing = opened.exclusive || !stores.parts ? null : { units: queue.units, parts: stores.parts };
  const runner = new Runner(db, { storage, loader, sharing }, maker, { ...config, ...making }, log, (attempt) => {
    metrics.attempted(attempt);
    tracing?.attempt(attempt);
    room?.attempted(attempt.code);
  });
  const onUnit = (unit: AttemptRecord) => {
    metrics.helped(unit);
    tracing?.attempt(unit, 'make unit');
  };
  const unitMaker = sharing && new UnitMaker({ db, loader, maker, log, parts: sharing.parts, ...making, onUnit });
  const watcher = new ExportWatcher(db);
  const notifier = new Notifier(db, log, config.privateWebhooks);
  await mkdir(places.storeDir, { recursive: true, mode: 0o711 });
  const downloadSecret = await secretSetting(db, 'download_secret');
  const tiles = new TileMaker();
  const uploads = new Uploads(places.uploadDir, config.limits.uploadBytes);
  const publishing = new PublishJobs(uploads, log);
  if (opened.exclusive) {
    // Nobody else can be working on these: whoever was has ended.
    for (const dir of [places.exportingDir, places.previewDir, places.uploadDir]) await rm(dir, { recursive: true, force: true });
    const orphans = await db.selectFrom('exports').select('job_id').where('state', '=', 'processing').execute();
    await queue.takeBack(orphans.map((orphan) => orphan.job_id));
  } else {
    await removeLeftAttempts(places.exportingDir);
  }
  const lacksRoom = () => room?.isLacking ?? false;
  const metrics = new Metrics({ version, dataDir: config.dataDir, queueDepth: () => queue.depth(), lacksRoom });
  const ready = new ReadyCheck(
    { db, storage, queue },
    () => (config.workers === 0 ? EXPORTS.left : lacksRoom() ? EXPORTS.noRoom : EXPORTS.made),
    log,
  );
  // Who waits in this process need not wait for the next look.
  const wake = () => {
    watcher.wake();
    notifier.wake();
  };
  let room: Room | undefined;
  let expiring: NodeJS.Timeout | undefined;
  const expireNow = () => {
    expireArchives(db, storage)
      .then((count) => metrics.ended('gone', '', count))
      .catch((error) => log.error({ err: error }, 'expiry'));
    expireAudit(db, config.auditTtl).catch((error) => log.error({ err: error }, 'audit'));
    uploads.sweep(Date.now()).catch((error) => log.error({ err: error }, 'uploads'));
  };
  return {
    config,
    db,
    queue,
    ready,
    runner,
    watcher,
    notifier,
    storage,
    database: opened,
    log,
    metrics,
    tracing,
    installation,
    signInLink: null,
    downloadSecret,
    layout: places,
    tiles,
    uploads,
    publishing,
    versions,
    async work() {
      expireNow();
      expiring = setInterval(expireNow, Math.min(EXPIRY_INTERVAL_MS, Math.max(1000, config.exportTtl))).unref();
      if (config.workers === 0) return;
      const run = async (job: ExportJob, signal: AbortSignal) => {
        await runner.run(job, signal);
        wake();
      };
      queue.work(config.workers, run, unitMaker && ((job, signal) => unitMaker.run(job, signal)));
      room = new Room({
        db,
        queue,
        log,
        dirs: config.storage.kind === 'file' ? [config.dataDir, config.storage.dir] : [config.dataDir],
        alone: opened.exclusive,
        onEnded(count) {
          metrics.ended('error', 'disk-full', count);
          wake();
        },
      });
    },
    async close() {
      clearInterval(expiring);
      room?.close();
      await queue.close();
      await maker.close();
      await tiles.close();
      await watcher.close();
      await notifier.close();
      stores.close();
      await tracing?.close();
      await opened.close();
    },
  };
}

/** Resolves with the first signal that asks this process to end. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
}
