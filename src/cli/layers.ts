import { Command } from 'commander';
import { listDatasets } from '../catalog/datasets.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';

export function layersCommand(): Command {
  return new Command('layers')
    .description('List the layers and tables of this site.')
    .option('--json', 'print JSON, for scripts')
    .action(async ({ json }: { json?: boolean }) => {
      const database = await openDatabase(readConfig());
      try {
        const { datasets } = await listDatasets(database.db, {}, { offset: 0, limit: 1_000_000 });
        const rows = datasets.map(({ id, kind, title, version }) => ({
          id,
          kind,
          title,
          crs: version.profile.crs?.id ?? version.profile.crs?.name ?? null,
          features: version.profile.feature_count,
          published_at: version.publishedAt.toISOString(),
        }));
        if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
        else if (rows.length === 0)
          process.stdout.write('Nothing is published yet. Publish a file: geocrate publish FILE --id 1 --title "…"\n');
        else
          process.stdout.write(
            table(
              ['ID', 'KIND', 'CRS', 'FEATURES', 'TITLE'],
              rows.map((row) => [row.id, row.kind, row.crs ?? '-', row.features, row.title]),
            ),
          );
      } finally {
        await database.close();
      }
    });
}

/** Columns as wide as their widest value; the last is not padded. */
function table(head: readonly string[], rows: readonly (string | number)[][]): string {
  const lines = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) => `${line.map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}\n`)
    .join('');
}
