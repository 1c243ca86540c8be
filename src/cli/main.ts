import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config.ts';
import { CliError } from './failure.ts';
import { plain } from './plain.ts';
import { version } from './version.ts';

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  worker: async () => (await import('./worker.ts')).workerCommand(),
  publish: async () => (await import('./publish.ts')).publishCommand(),
  token: async () => (await import('./token.ts')).tokenCommand(),
  layers: async () => (await import('./layers.ts')).layersCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  gc: async () => (await import('./gc.ts')).gcCommand(),
  admin: async () => (await import('./admin.ts')).adminCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./backup.ts')).restoreCommand(),
};

const program = new Command('geocrate')
  .description('Hands out geospatial data: layers and tables, in the format, coordinate system and area of your choice, as one archive.')
  .version(version, '-V, --version', 'Show the version.')
  .helpOption('-h, --help', 'Show help for a command.')
  .helpCommand(false)
  .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  .addHelpText(
    'after',
    `
Examples:
  geocrate serve
  geocrate publish roads.shp --id 7 --title "Roads" --license CC-BY-4.0
  geocrate token create --user anna
  geocrate export --layer 1 --format gpkg --crs EPSG:2193 --extent area.geojson -o roads.zip

The environment configures the rest (GEOCRATE_PORT, GEOCRATE_DATA_DIR, DATABASE_URL, …): see docs/operate.md.`,
  );
// The server's code alone takes longer to load than most commands take.
const [, , name = ''] = process.argv;
const named = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
for (const command of named ? [named] : Object.values(COMMANDS)) program.addCommand(await command());
overrideExits(program);

// Whoever reads no further, as `head` does, has read enough; a server goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Commander would end the process itself, with 1 for wrong usage. */
function overrideExits(command: Command): void {
  command.exitOverride().showHelpAfterError('(geocrate <command> --help shows what there is)');
  for (const sub of command.commands) overrideExits(sub);
}

/** Says what went wrong in a sentence, and gives the exit code: 2 for wrong usage, 1 for all else. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 || error.code === 'commander.helpDisplayed' ? 0 : 2;
  if (error instanceof CliError) {
    process.stderr.write(`geocrate: ${plain(error.message)}\n`);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`geocrate: ${plain(error.message)}\n`);
    return 2;
  }
  const text = reasonOf(error);
  process.stderr.write(`geocrate: ${plain(text)}\n`);
  if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}

/** A database that is reached by several addresses fails with one error for each and no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
