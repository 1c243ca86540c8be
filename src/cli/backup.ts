import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { layout } from '../store/layout.ts';
import { copyNew } from './copyfiles.ts';
import { CliError } from './failure.ts';
import { version } from './version.ts';

/** Written last: a folder without it is no whole backup. */
const SEAL = 'geocrate-backup.json';

export function backupCommand(): Command {
  return new Command('backup')
    .description('Copy a site on the embedded database to a folder, as it is at one moment, while it runs or while it does not.')
    .argument('<folder>', 'where to; made, or empty')
    .addHelpText(
      'after',
      `
Examples:
  geocrate backup /backups/$(date +%F)
  GEOCRATE_DATA_DIR=/srv/new geocrate restore /backups/2026-01-31

It holds the database, the published versions and the archives: layers, users, tokens and exports. A running server answers nothing while
its database is copied. With DATABASE_URL and a bucket, see "Backup" in docs/operate.md.`,
    )
    .action(async (folder: string) => backup(readConfig(), resolve(folder)));
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('Fill an empty data directory from a backup. Start the server afterwards.')
    .argument('<folder>', 'what `geocrate backup` has made')
    .addHelpText(
      'after',
      '\nExample:\n  GEOCRATE_DATA_DIR=/srv/new geocrate restore /backups/2026-01-31 && GEOCRATE_DATA_DIR=/srv/new geocrate serve',
    )
    .action(async (folder: string) => restore(readConfig(), resolve(folder)));
}

async function backup(config: Config, folder: string): Promise<void> {
  const archives = archivesOf(config);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new CliError(`${folder} is not empty. Give each backup a folder of its own.`);
  const database = await openDatabase(config);
  try {
    const { copyTo } = database.source;
    if (!copyTo) throw new Error('The embedded database can be copied.');
    const { storeDir } = layout(config.dataDir);
    const copyFiles = async () => (await copyNew(storeDir, join(folder, 'store'))) + (await copyNew(archives, join(folder, 'archives')));
    // All that the database knows of at its moment was there before, when it may be taken away since, or is there still.
    let files = await copyFiles();
    await copyTo(join(folder, 'postgres'));
    files += await copyFiles();
    await writeFile(join(folder, SEAL), JSON.stringify({ geocrate: version, made_at: new Date() }));
    process.stdout.write(`The database and ${files} versions and archives are in ${folder}.\n`);
  } finally {
    await database.close();
  }
}

async function restore(config: Config, folder: string): Promise<void> {
  const archives = archivesOf(config);
  if ((await readFile(join(folder, SEAL)).catch(() => null)) === null)
    throw new CliError(`${folder} is no backup that \`geocrate backup\` has finished.`);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  for (const dir of [config.dataDir, archives]) {
    if ((await readdir(dir).catch(() => [])).length > 0) throw new CliError(`${dir} is not empty. Restore into a new GEOCRATE_DATA_DIR.`);
  }
  const places = layout(config.dataDir);
  try {
    const files = (await copyNew(join(folder, 'store'), places.storeDir)) + (await copyNew(join(folder, 'archives'), archives));
    await copyNew(join(folder, 'postgres'), join(config.dataDir, 'postgres'));
    process.stdout.write(`The database and ${files} versions and archives are in ${config.dataDir}. Start with: geocrate serve\n`);
  } catch (error) {
    // Half a site is none.
    for (const dir of [places.storeDir, archives, join(config.dataDir, 'postgres')]) await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** @throws {CliError} where the site is not all on this machine. */
function archivesOf({ databaseUrl, storage }: Config): string {
  if (databaseUrl !== null || storage.kind !== 'file')
    throw new CliError(
      'This is for sites whose database and archives are in a data directory. Use pg_dump for DATABASE_URL and copy the bucket: "Backup" in docs/operate.md has the commands.',
      2,
    );
  return storage.dir;
}
