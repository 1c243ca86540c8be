import { Command } from 'commander';
import { listQueue } from '../../exports/queued.ts';
import { table } from '../columns.ts';
import { minute, printJson, size, span, withDatabase } from './onsite.ts';

export function queueCommand(): Command {
  return new Command('queue')
    .description('Show what is being made, where and for how long, and what waits, in the order of its turns.')
    .option('--json', 'print JSON, for scripts')
    .addHelpText('after', '\nExamples:\n  geocrate admin queue\n  geocrate admin queue --json | jq "map(select(.running | not)) | length"')
    .action(async ({ json }: { json?: boolean }) => {
      const queued = await withDatabase(listQueue);
      if (json) return printJson(queued);
      if (queued.length === 0) return void process.stdout.write('Nothing waits, and nothing is being made.\n');
      const rows = queued.map((row) => [
        row.id,
        row.user,
        row.running ? `running ${Math.floor(row.progress * 100)}%` : 'waiting',
        span(row.running_seconds ?? row.age_seconds),
        row.running ? (row.worker ?? '-') : '-',
        row.attempts,
        size(row.size_estimate),
        minute(row.created_at),
        row.name,
      ]);
      process.stdout.write(table(['EXPORT', 'USER', 'STATE', 'FOR', 'WHERE', 'ATTEMPTS', 'ABOUT', 'ASKED', 'NAME'], rows));
    });
}
