import { Command } from 'commander';
import { listUsers, setUserDisabled } from '../../catalog/users.ts';
import { table } from '../columns.ts';
import { CliError } from '../failure.ts';
import { minute, printJson, withDatabase } from './onsite.ts';

export function usersCommand(): Command {
  const disable = change('disable', 'Shut a user out: none of their tokens and sessions works. Exports that they began go on.', true);
  const enable = change('enable', 'Let a user in again, with the tokens that they had.', false);
  return new Command('users')
    .description('List users: tokens, exports, when they were last seen. Users come into being with `geocrate token create`.')
    .option('--json', 'print JSON, for scripts')
    .addHelpText('after', '\nExamples:\n  geocrate admin users\n  geocrate admin users disable anna')
    .addCommand(disable)
    .addCommand(enable)
    .action(async ({ json }: { json?: boolean }) => {
      const users = await withDatabase(listUsers);
      if (json) return printJson(users);
      const rows = users.map((user) => [
        user.name,
        user.tokens,
        user.exports,
        user.last_used_at ? minute(user.last_used_at) : 'never',
        user.disabled_at ? `disabled since ${minute(user.disabled_at)}` : '',
      ]);
      process.stdout.write(table(['USER', 'TOKENS', 'EXPORTS', 'LAST SEEN', ''], rows));
    });
}

function change(name: 'disable' | 'enable', description: string, disabled: boolean): Command {
  return new Command(name)
    .description(description)
    .argument('<user>', 'the name')
    .action(async (user: string) => {
      if (!(await withDatabase((db) => setUserDisabled(db, user, disabled))))
        throw new CliError(`There is no user "${user}". \`geocrate admin users\` lists them.`);
      process.stdout.write(`${user} is ${name}d.\n`);
    });
}
