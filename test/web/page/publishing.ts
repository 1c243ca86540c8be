import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { roads } from '../../fixtures/data.ts';
import type { TestSite } from '../../fixtures/site.ts';
import { checkAccessible, openSignedIn } from '../browser.ts';

export function publishing(site: TestSite, folder: string): void {
  test('a file is uploaded, described, published and edited in the browser', async () => {
    const token = await site.createToken('publisher', ['admin', 'layers:read', 'catalog']);
    const { page, close } = await openSignedIn(site, '/publish/', {}, token);
    const buffer = readFileSync(roads(folder));
    await page.locator('input[type="file"]').setInputFiles({ name: 'main_roads.geojson', mimeType: 'application/geo+json', buffer });
    assert.equal(await page.getByLabel('Title').inputValue(), 'main roads');
    await page.getByLabel('Title').fill('Main roads');
    await page.getByLabel('Description').fill('<b>All</b> of them.');
    await page.getByLabel('Licence').selectOption('CC-BY-4.0');
    await checkAccessible(page, 'what is to be published');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.locator('.card').getByText('Published', { exact: true }).waitFor();
    await page.locator('.card').getByRole('link', { name: 'Main roads' }).click();
    await page.getByText('<b>All</b> of them.').waitFor();
    await page.getByRole('button', { name: 'Edit details' }).click();
    await checkAccessible(page, 'editing');
    await page.getByRole('dialog').getByLabel('Title').fill('Roads that matter');
    await page.getByRole('dialog').getByLabel('Licence').selectOption('CC0-1.0');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Roads that matter', level: 1 }).waitFor();
    const { body } = await site.request('GET', '/data/?q=roads+that+matter');
    assert.equal((await site.request('GET', `/layers/${body[0].id}/`)).body.license.type, 'cc0');
    await close();
  });

  test('what cannot be published says why', async () => {
    const token = await site.createToken('careless', ['admin', 'layers:read', 'catalog']);
    const { page, close } = await openSignedIn(site, '/publish/', {}, token);
    await page
      .locator('input[type="file"]')
      .setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear council,') });
    await page.getByText('More options').click();
    await page.getByLabel('New version of').fill('Parcels');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('takes the number of a layer or table').waitFor();
    await page.getByLabel('New version of').fill('');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.locator('.card').getByText('Failed', { exact: true }).waitFor();
    await page.locator('.card').getByRole('heading', { name: 'letter', exact: true }).waitFor();
    await checkAccessible(page, 'what could not be published');
    assert.notEqual(await page.locator('.card li').first().textContent(), '');
    await close();
  });
}
