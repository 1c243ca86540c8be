import type { Kysely } from 'kysely';
import { slugify } from '../archive/names.ts';
import type { Schema } from '../db/schema.ts';
import type { NewLicense } from './licenses.ts';
import { recordLicense } from './publish.ts';
import { searchText } from './searchtext.ts';

/** What can be said anew of a dataset; what is not there stays as it is. */
export interface DatasetEdit {
  title?: string;
  description?: string;
  tags?: string[];
  /** Null: none is said. */
  license?: NewLicense | null;
}

/**
 * Changes what is said of a dataset, as `geocrate publish` of the same file would.
 * @returns whether there is one of that id.
 */
export async function editDataset(db: Kysely<Schema>, id: number, { title, description, tags, license }: DatasetEdit): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('datasets')
      .select(['title', 'description', 'tags'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (!before) return false;
    const now = { title: title ?? before.title, description: description ?? before.description, tags: tags ?? before.tags };
    await trx
      .updateTable('datasets')
      .set({
        ...now,
        ...(title === undefined ? {} : { slug: slugify(title, 'data') }),
        ...(license === undefined ? {} : { license_id: license && (await recordLicense(trx, license)) }),
        search: searchText(now.title, now.description, now.tags),
      })
      .where('id', '=', id)
      .execute();
    if (title !== undefined) await trx.updateTable('crop_layers').set({ name: title }).where('dataset_id', '=', id).execute();
    return true;
  });
}
