import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { collectGarbage } from '../exports/gc.ts';
import { LocalStorage } from '../storage/local.ts';
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
      try {
        const storage = new LocalStorage(config.storageDir);
        const { expired, archives, versions, temporary } = await collectGarbage(
          database.db,
          storage,
          layout(config.dataDir),
          new Date(),
          dryRun,
        );
        const verb = dryRun ? 'Would remove' : 'Removed';
        process.stdout.write(
          `${verb} ${expired} expired archives, ${archives} archives and ${versions} versions that nothing refers to, ${temporary} temporary folders.\n`,
        );
      } finally {
        await database.close();
      }
    });
}
