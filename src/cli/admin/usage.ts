import { Command, Option } from 'commander';
import { listUsage, type UsagePeriod } from '../../exports/usage.ts';
import { table } from '../columns.ts';
import { printJson, readTime, size, withDatabase } from './onsite.ts';

interface UsageOptions {
  by: 'user' | 'layer';
  per: UsagePeriod;
  since?: Date;
  json?: boolean;
}

const YEAR_MS = 366 * 86_400_000;

export function usageCommand(): Command {
  return new Command('usage')
    .description('Show exports, downloads and their bytes by period, for users or for layers and tables.')
    .addOption(new Option('--by <what>', 'whose').choices(['user', 'layer']).default('user'))
    .addOption(new Option('--per <period>', 'how it is summed up').choices(['day', 'week', 'month', 'year']).default('month'))
    .option('--since <day>', 'from when on (default: a year ago)', readTime)
    .option('--json', 'print JSON, for scripts')
    .addHelpText(
      'after',
      `
Examples:
  geocrate admin usage
  geocrate admin usage --by layer --per day --since 2026-01-01

An archive that holds several layers counts for each of them. Downloads are known as far back as GEOCRATE_AUDIT_TTL goes.`,
    )
    .action(async ({ by, per, since, json }: UsageOptions) => {
      const usage = await withDatabase((db) => listUsage(db, by, per, since ?? new Date(Date.now() - YEAR_MS)));
      if (json) return printJson(usage);
      const rows = usage.map((row) => [
        row.period.toISOString().slice(0, per === 'year' ? 4 : per === 'month' ? 7 : 10),
        row.exports,
        row.completed,
        size(row.bytes),
        row.downloads,
        size(row.downloaded_bytes),
        by === 'layer' ? `${row.dataset} ${row.who}` : (row.who ?? '(by an address that was passed on)'),
      ]);
      process.stdout.write(
        table(['PERIOD', 'EXPORTS', 'COMPLETED', 'BYTES', 'DOWNLOADS', 'SENT', by === 'layer' ? 'LAYER' : 'USER'], rows),
      );
    });
}
