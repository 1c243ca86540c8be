import { Command } from 'commander';
import { readConfig } from '../../config.ts';
import { askAgain, CannotAskAgain } from '../../exports/again.ts';
import { CliError } from '../failure.ts';
import { openSite } from '../site.ts';
import { printJson, readId } from './onsite.ts';

export function retryCommand(): Command {
  return new Command('retry')
    .description('Ask once more for what an export that ended as error, cancelled or gone was to hold, for the same user.')
    .argument('<export>', 'its number', readId)
    .option('--json', 'print JSON, for scripts')
    .addHelpText(
      'after',
      '\nExample:\n  geocrate admin retry 20\n\nIt becomes a new export with a number of its own, which the user finds in their list: what has ended stays as it was.',
    )
    .action(async (id: number, { json }: { json?: boolean }) => {
      const config = readConfig();
      const site = await openSite(config);
      try {
        const row = await askAgain(id, { ...site, siteName: config.siteName, namePrefix: config.namePrefix, limits: config.limits });
        if (json) printJson({ id: row.id, state: row.state, instead_of: id });
        else process.stdout.write(`Export ${row.id} was created in place of ${id}.\n`);
      } catch (error) {
        if (error instanceof CannotAskAgain) throw new CliError(error.message);
        throw error;
      } finally {
        await site.close();
      }
    });
}
