import { Command } from 'commander';
import { ConfigError, readConfig } from '../config.ts';
import { monitorSite } from './monitor.ts';
import { openSite, untilStopped } from './site.ts';

export function workerCommand(): Command {
  return new Command('worker')
    .description('Make exports from the queue without serving the API. Any number may work beside servers on one database and one storage.')
    .addHelpText(
      'after',
      `
Example:
  DATABASE_URL=postgresql://geocrate:secret@db/geocrate GEOCRATE_STORAGE=s3://bucket/prefix GEOCRATE_WORKERS=8 geocrate worker`,
    )
    .action(async () => {
      const config = readConfig();
      if (config.workers === 0) throw new ConfigError('GEOCRATE_WORKERS must be at least 1 for a worker, not 0.');
      const stopped = untilStopped();
      const site = await openSite(config);
      let monitor: { close(): void } | undefined;
      try {
        await site.work();
        monitor = await monitorSite(config, site);
        process.stdout.write(`Working on up to ${config.workers} exports at once\n`);
        await stopped;
        site.ready.stop();
        process.stderr.write('Stopping …\n');
      } finally {
        await site.close();
        monitor?.close();
      }
    });
}
