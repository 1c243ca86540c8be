import { Command, InvalidArgumentError } from 'commander';
import { createToken, DEFAULT_SCOPES, listTokens, revokeToken, SCOPES, type Scope } from '../catalog/users.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { table } from './columns.ts';
import { CliError } from './failure.ts';

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
  const list = new Command('list')
    .description('List tokens: number, user, scopes, when each was made and last used.')
    .option('--user <name>', 'only those of this user', userName)
    .action(async ({ user }: { user?: string }) => {
      const database = await openDatabase(readConfig());
      try {
        const rows = (await listTokens(database.db, user)).map((token) => [
          token.id,
          token.user,
          token.scopes.join(' '),
          minute(token.created_at),
          token.last_used_at ? minute(token.last_used_at) : 'never',
        ]);
        if (rows.length > 0) process.stdout.write(table(['ID', 'USER', 'SCOPES', 'MADE', 'LAST USED'], rows));
      } finally {
        await database.close();
      }
    });
  const revoke = new Command('revoke')
    .description('Take a token back. Whoever uses it is refused from then on; exports that it began go on.')
    .argument('<token>', 'its number in `geocrate token list`, or the token itself')
    .action(async (token: string) => {
      const database = await openDatabase(readConfig());
      try {
        const id = /^\d{1,9}$/.test(token) ? Number(token) : token;
        if (!(await revokeToken(database.db, id)))
          throw new CliError('There is no such token. `geocrate token list` shows those there are.');
      } finally {
        await database.close();
      }
    });
  return new Command('token')
    .description('Tokens, which scripts and people sign in with.')
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke);
}

/** `2026-01-31 12:00`, in UTC. */
function minute(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
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
