import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parcels, roads, squareExtent } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { raster } from '../fixtures/rasters.ts';
import { startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const tiles = [0, 1].map((column) => raster(folder, `t${column}.tif`, { place: [1_600_000 + column * 640, 5_400_000, 10, 10] }));
const site = await startSite();

test('an item whose files are missing on this site is refused by itself, with a sentence, and the log tells of it', async () => {
  await site.publish(parcels(folder), { id: 1 });
  const store = join(site.dataDir, 'store');
  const kept = readdirSync(store);
  await site.publish(roads(folder), { id: 2 });
  await site.publish(tiles, { id: 4, title: 'Tiles', kind: 'grid' });
  for (const content of readdirSync(store)) if (!kept.includes(content)) rmSync(join(store, content), { recursive: true });
  const body = {
    crs: 'EPSG:4326',
    formats: { vector: 'application/x-zipped-shp', grid: 'image/tiff;subtype=geotiff' },
    items: [{ item: `${site.api}/layers/1/` }, { item: `${site.api}/layers/2/` }, { item: `${site.api}/layers/4/`, tile_id: 't1' }],
    extent: squareExtent(0, 0, 90),
  };
  const verdict = await site.request('POST', '/exports/validate/', body);
  assert.equal(verdict.status, 200);
  assert.equal(verdict.body.is_valid, false);
  const reasons = verdict.body.items.map((item: { invalid_reasons: string[] }) => item.invalid_reasons);
  assert.deepEqual(reasons, [[], ['not-found'], ['not-found']]);
  for (const index of [1, 2])
    assert.match(verdict.body.errors[`items[${index}].item`].join(), /^The data of this item are missing on this site.*\.$/);
  const created = await site.request('POST', '/exports/', body);
  assert.equal(created.status, 400);
  assert.deepEqual(created.body, verdict.body);
  await site.printed(/files of a version are missing/);
});
