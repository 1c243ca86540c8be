import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { TestSite } from '../../fixtures/site.ts';
import { openSignedIn } from '../browser.ts';

const run = promisify(execFile);

export function items(site: TestSite): void {
  test('a layer’s page tells all of it, and nothing of its text is markup', async () => {
    const { page, close } = await openSignedIn(site, '/layers/1/');
    const main = page.getByRole('main');
    for (const text of [
      '100',
      'Polygons',
      'WGS 84 (EPSG:4326)',
      'Creative Commons Attribution 4.0 International',
      'surveyed',
      'Lot 1 Ōtautahi',
      'GeoPackage',
      // Types of fields, and versions.
      'Whole number',
      'Date',
      'newest',
    ])
      await main.getByText(text, { exact: true }).first().waitFor();
    await main.getByText('<img src=x onerror="document.title=1"> & <b>bold</b>').waitFor();
    assert.equal(await main.locator('.description').count(), 2);
    assert.equal(await main.locator('.description img, .description b').count(), 0);
    assert.equal(await page.title(), 'Parcels · Geocrate');
    await close();
  });

  test('the map shows the layer from tiles of this site, and tells what is clicked on', async () => {
    const { page, close } = await openSignedIn(site, '/layers/1/');
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    const tile = page.waitForResponse((response) => /preview.*\.mvt$/.test(response.url()) && response.status() === 200);
    await page.locator('.map-frame[data-state="ready"]').scrollIntoViewIfNeeded();
    await tile;
    const box = await page.locator('.map-frame').boundingBox();
    assert.ok(box);
    await page.waitForFunction(() => document.querySelector('.maplibregl-canvas') !== null);
    const picked = page.locator('.picked');
    for (let n = 0; n < 40 && (await picked.count()) === 0; n++) {
      await page.mouse.click(box.x + box.width / 2 + 5, box.y + box.height / 2 + 5);
      await page.waitForTimeout(100);
    }
    assert.match((await picked.textContent()) ?? '', /Lot \d+ Ōtautahi/);
    assert.deepEqual([...hosts], [new URL(site.url).host]);
    await close();
  });

  test('a raster shows as pictures with what their colours mean', async () => {
    const { page, close } = await openSignedIn(site, '/layers/4/');
    await page.waitForResponse((response) => /preview.*\.png$/.test(response.url()) && response.status() === 200);
    await page.getByRole('group', { name: 'Legend' }).waitFor();
    await close();
  });

  test('the curl line of a layer’s page exports it', async () => {
    const { page, close } = await openSignedIn(site, '/layers/1/');
    const line = await page.locator('section[aria-labelledby="curl"] code').textContent();
    const folder = mkdtempSync(join(tmpdir(), 'geocrate-curl-'));
    await run('sh', ['-c', line ?? ''], { cwd: folder, env: { ...process.env, GEOCRATE_TOKEN: site.token } });
    const { stdout } = await run('unzip', ['-l', join(folder, 'layer-1.zip')]);
    assert.match(stdout, /parcels\.gpkg/);
    rmSync(folder, { recursive: true });
    await close();
  });

  test('a layer that is not there says so, with a way on', async () => {
    const { page, expect, close } = await openSignedIn(site, '/layers/99/');
    expect(/404/);
    await page.getByText('There is no such layer.').waitFor();
    await page.getByRole('link', { name: 'Go to the catalogue' }).click();
    await page.getByRole('heading', { name: 'Data', level: 1 }).waitFor();
    await close();
  });
}
