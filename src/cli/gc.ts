import { Command } from 'commander';
import type { Kysely } from 'kysely';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import type { Schema } from '../db/schema.ts';
import { collectGarbage } from '../exports/gc.ts';
import { verifyArchives } from '../exports/verify.ts';
import { openStores, type Stores } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { layout } from '../store/layout.ts';

export function gcCommand(): Command {
  return new Command('gc')
    .description('Remove expired archives and what crashes have left behind.')
    .option('--dry-run', 'say what would go, and leave it')
    .option('--verify', 'also read every archive back; one that is not what was made goes, and its exports are gone')
    .addHelpText(
      'after',
      '\nExamples:\n  geocrate gc --dry-run\n  geocrate gc\n  geocrate gc --verify\n\nOnly what is older than an hour goes, so that nothing in the making is touched.',
    )
    .action(async ({ dryRun = false, verify = false }: { dryRun?: boolean; verify?: boolean }) => {
      const config = readConfig();
      const database = await openDatabase(config);
      let stores: Stores | undefined;
      try {
        const places = layout(config.dataDir);
        stores = await openStores(config.storage, config.storeCacheBytes, places);
        const { expired, archives, versions, temporary, uploads } = await collectGarbage(database.db, stores, places, dryRun);
        const verb = dryRun ? 'Would remove' : 'Removed';
        const left = `${archives} archives and ${versions} versions that nothing refers to, ${temporary} temporary folders and parts`;
        const inParts = config.storage.kind === 's3' ? `, ${uploads} uploads that were broken off` : '';
        process.stdout.write(`${verb} ${expired} expired archives, ${left}${inParts}.\n`);
        if (verify) await verifyAll(database.db, stores.storage, dryRun);
      } finally {
        stores?.close();
        await database.close();
      }
    });
}

/** Says which archives are spoilt; the exit code tells it too. */
async function verifyAll(db: Kysely<Schema>, storage: Storage, dryRun: boolean): Promise<void> {
  const { archives, spoilt } = await verifyArchives(db, storage, dryRun);
  if (spoilt.length === 0) {
    process.stdout.write(`All ${archives} archives are what was made.\n`);
    return;
  }
  const end = dryRun ? 'Without --dry-run they are taken away.' : 'They were taken away; the exports can be created again.';
  process.stdout.write(`Of ${archives} archives, those of these exports are not what was made: ${spoilt.join(', ')}. ${end}\n`);
  process.exitCode = 1;
}
