// The page with a large catalogue, and with a server that goes away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/db/open.ts';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { startSite } from '../fixtures/site.ts';
import { openSignedIn } from './browser.ts';

const LAYERS = 2000;
const folder = temporaryFolder();
const gdal = heldGdal(folder);
const site = await startSite({
  publish: [[parcels(folder), { id: 1, title: 'Parcels', license: 'CC-BY-4.0' }]],
  env: { PATH: gdal.PATH },
});
await multiply();

/** Lists the one layer that is there many times over. */
async function multiply(): Promise<void> {
  const database = await openDatabase({ databaseUrl: null, dataDir: site.dataDir });
  const { db } = database;
  const original = await db.selectFrom('datasets').selectAll().where('id', '=', 1).executeTakeFirstOrThrow();
  const copies = Array.from({ length: LAYERS - 1 }, (_, n) => {
    const title = `Layer ${n + 2} of the district of ${['Ōtautahi', 'Whangārei', 'Ōtepoti'][n % 3]}`;
    return { ...original, id: n + 2, slug: `layer-${n + 2}`, title, search: title.toLowerCase() };
  });
  for (let at = 0; at < copies.length; at += 200)
    await db
      .insertInto('datasets')
      .values(copies.slice(at, at + 200))
      .execute();
  await database.close();
}

test('a catalogue of 2,000 layers is searched at once and shown piece by piece', async () => {
  const { page, close } = await openSignedIn(site);
  await page.getByText('2,000 layers and tables').waitFor();
  assert.equal(await page.locator('.entry').count(), 40);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.locator('.entry').nth(79).waitFor();
  await page.getByText('80 of 2,000').waitFor();
  // Whoever goes by keys goes on with what is new; who looks at a layer and comes back finds the place.
  await page.waitForFunction(() => document.activeElement === document.querySelectorAll('.entry h3 a')[40]);
  await page.locator('.entry').nth(75).scrollIntoViewIfNeeded();
  await page.locator('.entry h3 a').nth(75).click();
  await page.locator('.item').waitFor();
  assert.equal(await page.evaluate(() => scrollY), 0);
  await page.goBack();
  await page.getByText('80 of 2,000').waitFor();
  await page.waitForFunction(() => {
    const entry = document.querySelectorAll('.entry')[75]?.getBoundingClientRect();
    return entry && entry.top >= 0 && entry.bottom <= innerHeight;
  });
  await page.getByRole('searchbox').pressSequentially('layer 1999');
  await page.getByText('1 result').waitFor();
  await page.getByRole('link', { name: /Layer 1999/ }).waitFor();
  const took = await page.evaluate(() => {
    const [last] = performance
      .getEntriesByType('resource')
      .filter(({ name }) => /q=layer(?:%20|\+)1999/.test(name))
      .slice(-1);
    return last?.duration ?? Number.POSITIVE_INFINITY;
  });
  assert.ok(took < 1000, `the search took ${took} ms`);
  await close();
});

test('an export goes on after the server was restarted in the middle of it, and the page sees it end', async () => {
  gdal.hold();
  const { page, expect, close } = await openSignedIn(site, '/export/#item=layer:1&crs=EPSG:2193&vector=application/x-ogc-mapinfo_file');
  // While nobody answers, the browser says so, in words that depend on when a connection broke.
  expect(/net::ERR_|EventSource|503/);
  await page.getByRole('button', { name: 'Start export' }).click();
  await page.waitForURL(/\/exports\/\d+\/$/);
  const card = page.locator('.card-wanted');
  await card.getByText('In the making').waitFor();
  await site.stop('SIGKILL');
  await page.getByText('The site does not answer at the moment.').waitFor();
  gdal.release();
  // At the same address, as a server that comes back is.
  await startSite({ dataDir: site.dataDir, token: site.token, env: { PATH: gdal.PATH, GEOCRATE_PORT: new URL(site.url).port } });
  await card.getByText('Ready', { exact: true }).waitFor();
  await page.getByText('The site does not answer at the moment.').waitFor({ state: 'detached' });
  await card.getByRole('link', { name: /^Download/ }).waitFor();
  await close();
});
