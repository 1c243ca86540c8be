import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { publishSources } from '../../src/catalog/publish.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/open.ts';
import { rehearse } from '../../src/exports/rehearse.ts';
import { gdalInstallation } from '../../src/gdal/drivers.ts';
import { layout } from '../../src/store/layout.ts';
import { parcels, roads } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { dataFolder } from '../fixtures/site.ts';

const folder = temporaryFolder();
const dataDir = await dataFolder();
const { db, close } = await openDatabase({ databaseUrl: null, dataDir });
after(close);

/** Rehearses with the site's data; gives the versions that it looked into. */
async function opened(): Promise<string[]> {
  const contents: string[] = [];
  const versions = {
    areHere: true,
    open: async (content: string) => {
      contents.push(content);
      return join(dataDir, 'store', content);
    },
  };
  const origin = 'http://127.0.0.1:1';
  const site = { origin, version: 'v1' as const, hosts: ['127.0.0.1:1'] };
  await rehearse({ db, site, installation: await gdalInstallation(), versions, limits: readConfig().limits });
  return contents;
}

test('a site without users and layers can be rehearsed', async () => {
  assert.deepEqual(await opened(), []);
});

test('a layer is looked into as a request would, and passed over where its files are on another machine', async () => {
  const publish = (file: string) => publishSources(db, layout(dataDir), [file], {});
  await publish(roads(folder));
  const store = join(dataDir, 'store');
  const [away = ''] = readdirSync(store);
  rmSync(join(store, away), { recursive: true });
  assert.deepEqual(await opened(), [away]);
  await publish(parcels(folder));
  const [first, ...others] = await opened();
  assert.equal(first, away);
  assert.ok(others.length > 0);
  assert.deepEqual([...new Set(others)], readdirSync(store));
});
