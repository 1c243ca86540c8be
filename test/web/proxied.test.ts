// The page below a path of a reverse proxy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parcels } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { tlsProxies } from '../fixtures/proxy.ts';
import { startSite } from '../fixtures/site.ts';
import { openPage } from './browser.ts';

const folder = temporaryFolder();
const proxy = await tlsProxies(folder).startProxy('/geo/data/');
const site = await startSite({
  publish: [[parcels(folder), { id: 1, title: 'Land Parcels', license: 'CC-BY-4.0' }]],
  env: { GEOCRATE_PUBLIC_URL: proxy.base },
});
proxy.leadTo(site.url);

test('below a path all that the page asks for is there, and an export is made and downloaded', async () => {
  const { page, close } = await openPage({ url: new URL(proxy.base).origin }, '/geo/data/', { ignoreHTTPSErrors: true });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.getByLabel('Token').fill(site.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Add Land Parcels to the export' }).click();
  await page.getByRole('link', { name: 'Set up the export' }).click();
  await page.locator('.map-frame[data-state="ready"]').waitFor();
  await page.getByRole('button', { name: 'Start export' }).click();
  await page.waitForURL(/\/geo\/data\/exports\/\d+\/$/);
  const link = page.locator('.card-wanted').getByRole('link', { name: /^Download/ });
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.match(download.suggestedFilename(), /^land-parcels.*\.zip$/);
  await page.reload();
  await page.getByRole('heading', { name: 'My exports' }).waitFor();
  const elsewhere = asked.filter((url) => !url.startsWith(proxy.base) && !/^(data|blob):/.test(url));
  assert.ok(asked.length > 20);
  assert.deepEqual(elsewhere, []);
  await close();
});
