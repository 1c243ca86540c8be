import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HeldGdal } from '../../fixtures/gdal.ts';
import { finished, type TestSite } from '../../fixtures/site.ts';
import { checkAccessible, openSignedIn } from '../browser.ts';
import { startedExport } from './exporting.ts';

/** Written by GDAL, which the test holds up. */
const SLOW = '/export/#item=layer:1&crs=EPSG:2193&vector=application/x-ogc-mapinfo_file';

export function exportList(site: TestSite, gdal: HeldGdal): void {
  test('an export is watched while it is made, and is there to download when it is', async () => {
    gdal.hold();
    const { page, close } = await openSignedIn(site, SLOW);
    await page.getByRole('button', { name: 'Start export' }).click();
    const id = await startedExport(page);
    const card = page.locator('.card-wanted');
    await card.getByText('In the making').waitFor();
    await card.getByRole('progressbar').waitFor();
    await card.locator('.progress-text').getByText(/^\d+%/).waitFor();
    await card.getByText(/^(Waiting for its turn|Making it|(Preparing|Writing)(: Parcels)?|Packing the archive)$/).waitFor();
    await page.getByRole('link', { name: /My exports 1/ }).waitFor();
    gdal.release();
    await card.getByText('Ready', { exact: true }).waitFor();
    await page.getByText(/is ready to download/).waitFor();
    await card.getByRole('button', { name: /^Manifest/ }).click();
    await page.getByRole('dialog').getByText('"format_version"').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match((await page.evaluate(() => document.activeElement?.textContent)) ?? '', /Manifest/);
    assert.equal((await finished(site, id)).state, 'complete');
    await close();
  });

  test('an export is cancelled, and repeated with changes', async () => {
    gdal.hold();
    const { page, close } = await openSignedIn(site, SLOW);
    await page.getByRole('button', { name: 'Start export' }).click();
    const id = await startedExport(page);
    const card = page.locator('.card-wanted');
    await card.getByRole('button', { name: /^Cancel/ }).click();
    await card.getByText('Cancelled', { exact: true }).waitFor();
    assert.deepEqual(await page.locator('.toast').allTextContents(), [
      `${await card.getByRole('heading').textContent()} was cancelled.Look at it`,
    ]);
    gdal.release();
    assert.equal((await finished(site, id)).state, 'cancelled');
    await card.getByRole('link', { name: /^Repeat/ }).click();
    assert.equal(await page.getByLabel('File format').inputValue(), 'application/x-ogc-mapinfo_file');
    await page.getByLabel('File format').selectOption('CSV');
    await page.getByRole('button', { name: 'Start export' }).click();
    await page.waitForURL((url) => /exports\/\d+\/$/.test(url.pathname) && !url.pathname.includes(`/${id}/`));
    await page.locator('.card-wanted').getByText('Ready', { exact: true }).waitFor();
    await close();
  });

  test('an export that failed says why and what to do', async () => {
    const [store, elsewhere] = [join(site.dataDir, 'store'), join(site.dataDir, 'elsewhere')];
    const { page, close } = await openSignedIn(site, '/exports/', { scheme: 'dark' });
    renameSync(store, elsewhere);
    mkdirSync(store);
    const body = { items: [{ item: `${site.api}/layers/5/` }], formats: { vector: 'text/csv' }, crs: 'EPSG:4326', name: 'in vain' };
    const { id } = (await site.request('POST', '/exports/', body)).body;
    const { error } = await finished(site, id);
    rmdirSync(store);
    renameSync(elsewhere, store);
    await page.goto(`/exports/${id}/`);
    const card = page.locator('.card-wanted');
    // In words and in a shape, not by a colour alone.
    await card.locator('.state').getByText('Failed').waitFor();
    assert.equal(await card.locator('.state .icon-error').count(), 1);
    await card.getByText(error.message).waitFor();
    await card.getByText('You can repeat the export').waitFor();
    await checkAccessible(page, 'an export that failed');
    assert.equal(await card.getByRole('link', { name: /^Download/ }).count(), 0);
    await card.getByRole('link', { name: /^Repeat/ }).click();
    await page.getByRole('button', { name: 'Start export' }).click();
    await page.waitForURL((url) => /exports\/\d+\/$/.test(url.pathname) && !url.pathname.includes(`/${id}/`));
    await page.locator('.card-wanted').getByText('Ready', { exact: true }).waitFor();
    await close();
  });

  test('an export that is not there says so', async () => {
    const { page, expect, close } = await openSignedIn(site, '/exports/9999/');
    expect(/404/);
    await page.getByText('There is no such export.').waitFor();
    await close();
  });
}
