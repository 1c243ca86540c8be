import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { untilStopped } from './stopped.ts';

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
    .action(serve);
}

async function serve(): Promise<void> {
  const stopped = untilStopped();
  const config = readConfig();
  const opening = openDatabase(config, {
    owner: true,
    onWait: () => process.stderr.write('Waiting for another geocrate command to finish with the database …\n'),
  });
  // The embedded one takes about as long to start as the server's code takes to load.
  const [database, { runServer }] = await Promise.all([opening, import('./server.ts')]);
  await runServer(config, database, stopped);
}
