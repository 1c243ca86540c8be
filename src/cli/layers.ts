import { Command } from 'commander';
import { listDatasets, loadDatasets } from '../catalog/datasets.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { isRaster } from '../store/versionprofile.ts';
import { table } from './columns.ts';

export function layersCommand(): Command {
  return new Command('layers')
    .description('List the layers and tables of this site.')
    .option('--json', 'print JSON, for scripts')
    .addHelpText('after', '\nExamples:\n  geocrate layers\n  geocrate layers --json | jq ".[].title"')
    .action(async ({ json }: { json?: boolean }) => {
      const database = await openDatabase(readConfig());
      try {
        const listed = await listDatasets(database.db, {}, { offset: 0, limit: 1_000_000 });
        const datasets = await loadDatasets(
          database.db,
          listed.datasets.map(({ id }) => id),
        );
        const rows = datasets.map(({ id, kind, title, version }) => ({
          id,
          kind,
          title,
          crs: version.profile.crs?.id ?? version.profile.crs?.name ?? null,
          features: isRaster(version.profile) ? null : version.profile.feature_count,
          pixels: isRaster(version.profile) ? version.profile.size : null,
          tiles: isRaster(version.profile) && version.profile.tiled ? version.profile.tile_count : null,
          published_at: version.publishedAt.toISOString(),
        }));
        if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
        else if (rows.length === 0)
          process.stdout.write('Nothing is published yet. Publish a file: geocrate publish FILE --id 1 --title "…"\n');
        else
          process.stdout.write(
            table(
              ['ID', 'KIND', 'CRS', 'HOLDS', 'TITLE'],
              rows.map((row) => [row.id, row.kind, row.crs ?? '-', holds(row), row.title]),
            ),
          );
      } finally {
        await database.close();
      }
    });
}

function holds({ features, pixels, tiles }: { features: number | null; pixels: [number, number] | null; tiles: number | null }): string {
  if (!pixels) return String(features);
  return `${pixels.join('×')}${tiles === null ? '' : ` in ${tiles}`}`;
}
