import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestSite } from '../../fixtures/site.ts';
import { openSignedIn } from '../browser.ts';

export function catalogue(site: TestSite): void {
  test('the catalogue is searched as one types, and filtered', async () => {
    const { page, close } = await openSignedIn(site);
    const titles = () => page.locator('.entry h3').allTextContents();
    await page.locator('.entry').nth(4).waitFor();
    await page.getByRole('searchbox').pressSequentially('parc');
    await page.getByText('2 results').waitFor();
    assert.equal((await titles())[0], 'Parcels');
    assert.match(page.url(), /\?q=parc$/);
    await page.getByRole('searchbox').fill('');
    await page.getByText('5 layers and tables').waitFor();
    await page.getByLabel('Table', { exact: true }).check();
    await page.getByText('1 result').waitFor();
    assert.deepEqual(await titles(), ['Places of the world']);
    await page.getByLabel('All', { exact: true }).check();
    await page.getByLabel('Licence').selectOption('cc-by');
    await page.getByText('1 result').waitFor();
    await page.getByLabel('Geometry').selectOption('point');
    await page.getByRole('heading', { name: 'Nothing fits this search' }).waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).first().click();
    await page.getByText('5 layers and tables').waitFor();
    await close();
  });

  test('an address of a search shows it, and the browser’s back goes back', async () => {
    const { page, close } = await openSignedIn(site, '/?kind=grid');
    await page.getByRole('link', { name: 'Heights' }).click();
    await page.getByRole('heading', { name: 'Heights', level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
    await page.goBack();
    await page.getByText('1 result').waitFor();
    assert.equal(await page.getByLabel('Elevation & grids').isChecked(), true);
    await close();
  });

  test('the catalogue is filtered by the area that a map shows', async () => {
    const { page, close } = await openSignedIn(site, '/', { width: 1100, height: 700 });
    await page.getByText('5 layers and tables').waitFor();
    await page.getByRole('button', { name: 'Area in view' }).click();
    await page.waitForURL(/bbox=/);
    // All but the table, which is nowhere.
    await page.goto('/?bbox=160,-50,179,-30');
    await page.getByText('4 results').waitFor();
    await page.goto('/?bbox=10,50,11,51');
    await page.getByRole('heading', { name: 'Nothing fits this search' }).waitFor();
    await page.locator('.map-frame[data-state="ready"]').waitFor();
    await page.getByRole('button', { name: 'Show everywhere' }).click();
    await page.getByText('5 layers and tables').waitFor();
    await close();
  });
}
