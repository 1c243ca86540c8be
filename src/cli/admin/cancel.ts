import { Command } from 'commander';
import { cancel } from '../../exports/states.ts';
import { CliError } from '../failure.ts';
import { printJson, readId, withDatabase } from './onsite.ts';

export function cancelCommand(): Command {
  return new Command('cancel')
    .description('Cancel an export that waits or is being made, whoever’s it is.')
    .argument('<export>', 'its number', readId)
    .option('--json', 'print JSON, for scripts')
    .addHelpText(
      'after',
      '\nExample:\n  geocrate admin cancel 20\n\nWho makes it notices within a second. It stays cancelled: its user may ask again.',
    )
    .action(async (id: number, { json }: { json?: boolean }) => {
      const row = await withDatabase((db) => cancel(db, id));
      if (!row) throw new CliError(`Export ${id} does not wait and is not being made. \`geocrate admin queue\` shows those that are.`);
      if (json) printJson({ id, state: row.state });
      else process.stdout.write(`Export ${id} is cancelled.\n`);
    });
}
