import { readFile, statfs } from 'node:fs/promises';
import { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { projDatabase } from '../crs/epsg.ts';
import { openDatabase } from '../db/open.ts';
import { allFormats, isMapFormat, isWritable } from '../formats/registry.ts';
import { confineGdal } from '../gdal/confinement.ts';
import { gdalInstallation } from '../gdal/drivers.ts';
import { CliError } from './failure.ts';
import type { Finding } from './finding.ts';
import { checkStorage } from './storagecheck.ts';
import { checkStore } from './storecheck.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Say what this machine can and cannot do, and what each missing piece takes away.')
    .addHelpText('after', '\nExample:\n  geocrate doctor\n\nEnds with 1 when something is missing that every export needs.')
    .action(async () => {
      const config = readConfig();
      const findings = [
        node(),
        ...(await allocator()),
        ...(await gdal()),
        await confined(config),
        proj(),
        await checkStorage(config),
        ...(await database(config)),
        await disk(config),
      ];
      for (const { state, what, advice } of findings) {
        const mark = { ok: 'ok     ', missing: 'missing', failed: 'FAILED ' }[state];
        process.stdout.write(`${mark}  ${what}${advice ? `\n${advice.replace(/^/gm, ' '.repeat(9))}` : ''}\n`);
      }
      if (findings.some((finding) => finding.state === 'failed')) throw new CliError('Something that every export needs is not there.');
    });
}

function node(): Finding {
  return { state: 'ok', what: `Node ${process.version} on ${process.platform}-${process.arch}` };
}

/** What bin/geocrate has put in place of the system's own; only looked for on Linux. */
async function allocator(): Promise<Finding[]> {
  if (process.platform !== 'linux') return [];
  if ((await readFile('/proc/self/maps', 'latin1')).includes('libjemalloc')) return [{ state: 'ok', what: 'jemalloc' }];
  const advice = 'Exports take some 40 MB more memory. Install it (Debian and Ubuntu: apt-get install libjemalloc2).';
  return [{ state: 'missing', what: 'jemalloc', advice }];
}

async function gdal(): Promise<Finding[]> {
  try {
    const installation = await gdalInstallation();
    const { version, vectorWriters, rasterWriters } = installation;
    const findings: Finding[] = [
      { state: 'ok', what: `GDAL ${version}, ${vectorWriters.size} vector and ${rasterWriters.size} raster drivers that write` },
    ];
    for (const format of allFormats()) {
      const missing = !isWritable(format, installation);
      findings.push(
        missing
          ? {
              state: 'missing',
              what: `${format.displayName} (${format.kinds.join(', ')})`,
              advice: `Not offered: this GDAL has no ${isMapFormat(format) ? format.drivers.join(' or no ') : format.driver} driver. Install a GDAL that has it.`,
            }
          : { state: 'ok', what: `${format.displayName} (${format.kinds.join(', ')})` },
      );
    }
    return findings;
  } catch (error) {
    return [{ state: 'failed', what: 'GDAL', advice: error instanceof Error ? error.message : String(error) }];
  }
}

/** What holds for the GDAL processes of a server that this user starts here. */
async function confined(config: Config): Promise<Finding> {
  try {
    const limits = { dataDir: config.dataDir, closedDrivers: '', cpuSeconds: null, fileBytes: null };
    const { user, isOffline, isLimited, lacks } = await confineGdal(limits);
    const parts = [
      user ? `run as user ${user.uid}` : 'run as this user',
      isOffline ? 'without a network' : 'with drivers and settings that use none',
      ...(isLimited ? ['with limits to memory and CPU time'] : []),
    ];
    const what = `GDAL’s processes ${parts.join(', ')}, in an environment of their own`;
    return lacks.length === 0 ? { state: 'ok', what } : { state: 'missing', what, advice: lacks.join(' ') };
  } catch (error) {
    return { state: 'failed', what: 'Confinement of GDAL', advice: error instanceof Error ? error.message : String(error) };
  }
}

function proj(): Finding {
  const path = projDatabase();
  if (path) return { state: 'ok', what: `EPSG dataset in ${path}` };
  return {
    state: 'failed',
    what: 'PROJ database (proj.db)',
    advice: 'No coordinate system can be looked up. It comes with GDAL: install proj-data, or set PROJ_DATA to its folder.',
  };
}

/** The database, and what it says is published. */
async function database(config: Config): Promise<Finding[]> {
  const where = config.databaseUrl === null ? `the embedded database in ${config.dataDir}` : 'the PostgreSQL server of DATABASE_URL';
  try {
    const { db, close } = await openDatabase(config);
    try {
      const { total } = await db
        .selectFrom('datasets')
        .select((select) => select.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow();
      const { active } = await db
        .selectFrom('exports')
        .select((select) => select.fn.countAll<number>().as('active'))
        .where('state', '=', 'processing')
        .executeTakeFirstOrThrow();
      const what = `Database: ${where}, ${total} layers and tables, ${active} exports waiting or in the making`;
      return [{ state: 'ok', what }, await checkStore(db, config)];
    } finally {
      await close();
    }
  } catch (error) {
    return [{ state: 'failed', what: `Database: ${where}`, advice: error instanceof Error ? error.message : String(error) }];
  }
}

async function disk(config: Config): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(config.dataDir);
    const free = bavail * bsize;
    const what = `Disk: ${(free / 2 ** 30).toFixed(1)} GiB free in ${config.dataDir}`;
    return free > 2 ** 30
      ? { state: 'ok', what }
      : { state: 'missing', what, advice: 'Large exports will fail for want of space. Free some, or set GEOCRATE_DATA_DIR.' };
  } catch (error) {
    return { state: 'failed', what: `Disk: ${config.dataDir}`, advice: error instanceof Error ? error.message : String(error) };
  }
}
