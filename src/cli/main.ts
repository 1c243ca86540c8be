import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config.ts';
import { adminCommand } from './admin.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { CliError } from './failure.ts';
import { gcCommand } from './gc.ts';
import { layersCommand } from './layers.ts';
import { plain } from './plain.ts';
import { publishCommand } from './publish.ts';
import { serveCommand } from './serve.ts';
import { tokenCommand } from './token.ts';
import { version } from './version.ts';
import { workerCommand } from './worker.ts';

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
for (const command of [
  serveCommand(),
  workerCommand(),
  publishCommand(),
  tokenCommand(),
  layersCommand(),
  exportCommand(),
  doctorCommand(),
  gcCommand(),
  adminCommand(),
  backupCommand(),
  restoreCommand(),
]) {
  program.addCommand(command);
}
overrideExits(program);

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
