import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openSite, untilStopped } from './site.ts';

export function workerCommand(): Command {
  return new Command('worker')
    .description('Make exports from the queue without serving the API. Any number may work beside servers on one database and one storage.')
    .addHelpText(
      'after',
      `
Example:
  DATABASE_URL=postgresql://geocrate:secret@db/geocrate GEOCRATE_STORAGE=file:/mnt/archives GEOCRATE_WORKERS=8 geocrate worker`,
    )
    .action(async () => {
      const config = readConfig();
      const stopped = untilStopped();
      const site = await openSite(config);
      try {
        await site.work();
        process.stdout.write(`Working on up to ${config.workers} exports at once\n`);
        await stopped;
        process.stderr.write('Stopping …\n');
      } finally {
        await site.close();
      }
    });
}
