import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { collectGarbage } from '../exports/gc.ts';
import { openStores, type Stores } from '../storage/open.ts';
import { layout } from '../store/layout.ts';

export function gcCommand(): Command {
  return new Command('gc')
    .description('Remove expired archives and what crashes have left behind.')
    .option('--dry-run', 'say what would go, and leave it')
    .addHelpText(
      'after',
      '\nExamples:\n  geocrate gc --dry-run\n  geocrate gc\n\nOnly what is older than an hour goes, so that nothing in the making is touched.',
    )
    .action(async ({ dryRun }: { dryRun?: boolean }) => {
      const config = readConfig();
      const database = await openDatabase(config);
      let stores: Stores | undefined;
      try {
        const places = layout(config.dataDir);
        stores = await openStores(config.storage, config.storeCacheBytes, places);
        const { expired, archives, versions, temporary, uploads } = await collectGarbage(database.db, stores, places, dryRun);
        const verb = dryRun ? 'Would remove' : 'Removed';
        const left = `${archives} archives and ${versions} versions that nothing refers to, ${temporary} temporary folders`;
        const inParts = config.storage.kind === 's3' ? `, ${uploads} uploads that were broken off` : '';
        process.stdout.write(`${verb} ${expired} expired archives, ${left}${inParts}.\n`);
      } finally {
        stores?.close();
        await database.close();
      }
    });
}
