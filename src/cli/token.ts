import { Command, InvalidArgumentError } from 'commander';
import { createToken, DEFAULT_SCOPES, SCOPES, type Scope } from '../catalog/users.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';

export function tokenCommand(): Command {
  const create = new Command('create')
    .description('Make a token for a user and print it. It is shown this once only: the site keeps no more than its hash.')
    .requiredOption('--user <name>', 'whose token it is; a new name makes a new user', userName)
    .option('--scope <scope>', `what it may do, once for each: ${SCOPES.join(', ')} (default: ${DEFAULT_SCOPES.join(', ')})`, addScope)
    .addHelpText('after', '\nExample:\n  TOKEN=$(geocrate token create --user anna)')
    .action(async ({ user, scope }: { user: string; scope?: Scope[] }) => {
      const database = await openDatabase(readConfig());
      try {
        process.stdout.write(`${await createToken(database.db, user, scope ?? DEFAULT_SCOPES)}\n`);
      } finally {
        await database.close();
      }
    });
  return new Command('token').description('Tokens, which scripts and people sign in with.').addCommand(create);
}

function userName(value: string): string {
  if (!/^[^\s\p{C}]([^\p{C}]{0,98}[^\s\p{C}])?$/u.test(value))
    throw new InvalidArgumentError('A user name has 1 to 100 printable characters.');
  return value;
}

function addScope(value: string, before: Scope[] | undefined): Scope[] {
  const scope = SCOPES.find((known) => known === value);
  if (!scope) throw new InvalidArgumentError(`Scopes are ${SCOPES.join(', ')}.`);
  return [...new Set([...(before ?? []), scope])];
}
