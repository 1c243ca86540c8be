import { Command } from 'commander';
import { auditCommand } from './admin/audit.ts';
import { cancelCommand } from './admin/cancel.ts';
import { queueCommand } from './admin/queue.ts';
import { retryCommand } from './admin/retry.ts';
import { usageCommand } from './admin/usage.ts';
import { usersCommand } from './admin/users.ts';

export function adminCommand(): Command {
  return new Command('admin')
    .description('For whoever runs the site: what waits and runs, who uses it, and who took what.')
    .addHelpText(
      'after',
      `
Examples:
  geocrate admin queue                         what is being made, by which process, and what waits
  geocrate admin cancel 20                     as its user would
  geocrate admin retry 20                      asks again for what ended as error, for the same user
  geocrate admin users disable anna            none of her tokens works until: geocrate admin users enable anna
  geocrate admin usage --by layer --per month  exports and bytes
  geocrate admin audit --layer 7 --csv         who exported and downloaded layer 7, when, under which licence

All take --json, for scripts. They work beside running servers, on any machine that has the site's DATABASE_URL or data directory.`,
    )
    .addCommand(queueCommand())
    .addCommand(retryCommand())
    .addCommand(cancelCommand())
    .addCommand(usersCommand())
    .addCommand(usageCommand())
    .addCommand(auditCommand());
}
