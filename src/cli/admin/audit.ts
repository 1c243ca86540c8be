import { Command, Option } from 'commander';
import { type AuditRow, listAudit } from '../../exports/audit.ts';
import { table } from '../columns.ts';
import { minute, printJson, readId, readTime, withDatabase } from './onsite.ts';

interface AuditOptions {
  user?: string;
  layer?: number;
  event?: 'export' | 'download';
  since?: Date;
  until?: Date;
  limit: number;
  json?: boolean;
  csv?: boolean;
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('Show who exported and downloaded what, when, and under which licence; newest first.')
    .option('--user <name>', 'only this user')
    .option('--layer <id>', 'only what holds this layer or table', readId)
    .addOption(new Option('--event <event>', 'only these').choices(['export', 'download']))
    .option('--since <day>', 'from then on', readTime)
    .option('--until <day>', 'before then', readTime)
    .option('--limit <n>', 'so many at most', readId, 1000)
    .option('--json', 'print JSON, for scripts')
    .option('--csv', 'print CSV, a line for each layer or table')
    .addHelpText(
      'after',
      `
Examples:
  geocrate admin audit --user anna
  geocrate admin audit --layer 7 --event download --since 2026-01-01 --csv > downloads.csv

VIA says how: api, web (a browser), link (a direct link), admin (geocrate admin retry), or address: somebody used the address of a
download that another had been given, so who it was is not known. docs/operate.md says what counts as a download.`,
    )
    .action(async ({ json, csv, user, layer, event, since, until, limit }: AuditOptions) => {
      const rows = await withDatabase((db) => listAudit(db, { user, dataset: layer, event, since, until }, limit));
      if (json) return printJson(rows);
      if (csv) return void process.stdout.write(csvOf(rows));
      const lines = rows.map((row) => [
        minute(row.at),
        row.event,
        row.user ?? '-',
        row.via,
        row.export_id,
        row.datasets.map(({ id, title, licence }) => `${id} ${title} (${licence ?? 'no licence'})`).join('; '),
      ]);
      process.stdout.write(table(['AT', 'EVENT', 'USER', 'VIA', 'EXPORT', 'WHAT'], lines));
    });
}

const COLUMNS = ['at', 'event', 'user', 'via', 'export', 'bytes', 'fetched_at', 'dataset', 'version', 'title', 'licence'];

function csvOf(rows: readonly AuditRow[]): string {
  const lines = rows.flatMap(({ at, event, user, via, export_id: exportId, bytes, fetched_at: fetched, datasets }) =>
    datasets.map(({ id, version, title, licence }) => [
      at.toISOString(),
      event,
      user,
      via,
      exportId,
      bytes,
      fetched?.toISOString() ?? null,
      id,
      version,
      title,
      licence,
    ]),
  );
  return [COLUMNS, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

/** A value as RFC 4180 has it; a spreadsheet must not take a name for a formula. */
function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const harmless = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
