import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { finished, geocrate, type TestSite } from '../../fixtures/site.ts';
import { checkAccessible, checkFits, openSignedIn } from '../browser.ts';

const run = promisify(execFile);

/** The export that the page went to when it had started it. */
export async function startedExport(page: Page): Promise<number> {
  await page.waitForURL(/\/exports\/\d+\/$/);
  return Number(/(\d+)\/$/.exec(page.url())?.[1]);
}

/** The link to an export's file; earlier exports are in the list, too. */
function downloadOf(page: Page, id: number): Locator {
  return page.locator(`a[href$="/exports/${id}/download/"]`);
}

export function exporting(site: TestSite, folder: string): void {
  test('four clicks lead from the catalogue to an export of several layers and tables, two more to its file', async () => {
    const { page, close } = await openSignedIn(site);
    await page.getByRole('button', { name: 'Add Parcels to the export' }).click();
    await page.getByRole('button', { name: 'Add Places of the world to the export' }).click();
    await page.getByRole('link', { name: 'Set up the export' }).click();
    await page.getByText(/^About .*B$/).waitFor();
    await page.getByRole('button', { name: 'Start export' }).click();
    const id = await startedExport(page);
    const link = downloadOf(page, id);
    await link.waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const path = join(folder, 'mouse.zip');
    await download.saveAs(path);
    const { stdout } = await run('unzip', ['-l', path]);
    assert.match(stdout, /parcels\.gpkg/);
    assert.match(stdout, /places-of-the-world\.csv/);
    const { created_via: via, crs, formats } = (await site.request('GET', `/exports/${id}/`)).body;
    assert.deepEqual([via, crs, formats], ['web', 'EPSG:4326', { vector: 'application/x-ogc-gpkg', table: 'text/csv' }]);
    assert.equal(download.suggestedFilename(), `${(await site.request('GET', `/exports/${id}/`)).body.name}.zip`);
    await close();
  });

  test('the whole flow goes by keyboard alone, with coordinates in the place of drawing', async () => {
    const { page, close } = await openSignedIn(site);
    const { keyboard } = page;
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute('aria-label') ?? element?.closest('label')?.textContent?.trim() ?? element?.textContent?.trim() ?? '';
      });
    const tabTo = async (name: RegExp) => {
      for (let n = 0; n < 80; n++) {
        await keyboard.press('Tab');
        if (name.test(await focused())) return;
      }
      assert.fail(`Tab does not reach ${name}.`);
    };
    await page.getByRole('button', { name: 'Add Parcels to the export' }).waitFor();
    await keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to content');
    await keyboard.press('Enter');
    await tabTo(/^Add Parcels/);
    await keyboard.press('Space');
    await tabTo(/^Set up the export/);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Export', level: 1 }).waitFor();
    await tabTo(/^Type coordinates/);
    await keyboard.press('Enter');
    for (const side of ['-43.55', '169.9', '170.45', '-44.1']) {
      await keyboard.press('Tab');
      await keyboard.type(side);
    }
    await keyboard.press('Enter');
    await page.getByText('Box', { exact: true }).waitFor();
    await tabTo(/^Start export/);
    await keyboard.press('Enter');
    const id = await startedExport(page);
    const { body } = await site.request('GET', `/exports/${id}/`);
    assert.deepEqual(body.extent.coordinates[0].slice(0, 3), [
      [169.9, -44.1],
      [170.45, -44.1],
      [170.45, -43.55],
    ]);
    const link = downloadOf(page, id);
    await link.waitFor();
    await tabTo(/^Download/);
    assert.ok(await link.evaluate((element) => element === document.activeElement));
    const [download] = await Promise.all([page.waitForEvent('download'), keyboard.press('Enter')]);
    assert.equal(download.suggestedFilename(), `${body.name}.zip`);
    await close();
  });

  test('what is wrong is said beside the field concerned, as soon as it is', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1&crs=EPSG:99999');
    await page.locator('#crs-errors').getByText('EPSG:99999').waitFor();
    assert.equal(await page.getByRole('combobox', { name: /coordinate|EPSG/ }).getAttribute('aria-invalid'), 'true');
    await page.locator('.findings').getByText('1 thing to correct').waitFor();
    await page.getByRole('combobox', { name: /EPSG/ }).fill('EPSG:2193');
    await page.keyboard.press('Enter');
    await page.getByText(/^About .*B$/).waitFor();
    await page.getByRole('button', { name: 'Type coordinates' }).click();
    for (const [side, value] of Object.entries({ North: '1', West: '0', East: '1', South: '0' })) await page.getByLabel(side).fill(value);
    await page.getByRole('button', { name: 'Use this box' }).click();
    await page
      .locator('#item-0-errors')
      .getByText(/outside|nothing/i)
      .waitFor();
    await page.getByRole('button', { name: 'Start export' }).click();
    await page.getByText('Correct what is marked first.').waitFor();
    assert.match(page.url(), /\/export\/$/);
    await close();
  });

  test('on a phone, however much there is to say, it is one line that opens to all of it and leads to each field', async () => {
    const settings =
      '#item=layer:1&item=layer:3&item=layer:4&item=layer:5&item=layer:77&crs=EPSG:27700&option.raster_resolution_multiplier=17';
    const { page, expect, close } = await openSignedIn(site, `/export/${settings}`, { width: 390, height: 844 });
    expect(/404/);
    const findings = page.locator('.findings');
    const summary = findings.locator('summary');
    await summary.getByText('2 things to correct, 4 to know').waitFor();
    assert.equal(await page.locator('.start-bar [role="status"]').textContent(), '2 things to correct, 4 to know');
    await checkFits(page, 'the export dialogue with much to say');
    const bar = await page.locator('.start-bar').boundingBox();
    assert.ok(bar && bar.height < 844 / 5, `the bar takes ${bar?.height} of 844 pixels`);
    await page.waitForFunction(() => document.querySelector('.map-frame')?.getAttribute('data-state') !== 'loading');
    await summary.focus();
    await page.keyboard.press('Enter');
    const list = findings.getByRole('group', { name: 'What the check says' });
    assert.equal(await list.getByRole('listitem').count(), 6);
    const opened = await list.boundingBox();
    assert.ok(opened && opened.y > 844 / 4, `the list begins at ${opened?.y}`);
    await checkAccessible(page, 'what the check says');
    await page.keyboard.press('Escape');
    assert.equal(await list.isVisible(), false);
    assert.equal(await summary.evaluate((element) => element === document.activeElement), true);
    await summary.click();
    await list.getByRole('button', { name: /^Make pixels larger Must be a whole number/ }).click();
    assert.equal(await list.isVisible(), false);
    const field = page.getByLabel('Make pixels larger');
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    const said = await page.locator('[id="option-raster_resolution_multiplier-errors"] p').boundingBox();
    assert.ok(
      said &&
        said.y > 0 &&
        said.y + said.height <
          (await page
            .locator('.start-bar')
            .boundingBox()
            .then((box) => box?.y ?? 0)),
    );
    await field.fill('2');
    await summary.getByText('1 thing to correct, 4 to know').waitFor();
    await page.getByRole('button', { name: 'Remove Layer 77' }).click();
    await summary.getByText('4 things to know').waitFor();
    await page.getByText(/^About .*B$/).waitFor();
    await close();
  });

  test('formats say what they are good for, and options show only where they apply', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1&item=layer:4');
    await page.getByLabel('Format for: Vector').selectOption('CSV');
    await page.getByText('scripts and databases: geometry as WKT.').waitFor();
    await page.getByText('the coordinate system (README.txt says it).').waitFor();
    await page.getByText(/^ready in about \d+ secs?$/).waitFor();
    const pixels = page.getByLabel('Make pixels larger');
    await pixels.fill('17');
    await page.locator('[id="option-raster_resolution_multiplier-errors"]').getByText('from 1 to 16').waitFor();
    await pixels.fill('2');
    await page.getByText(/^About .*B$/).waitFor();
    await page.getByRole('button', { name: 'Remove Heights' }).click();
    await pixels.waitFor({ state: 'detached' });
    await close();
  });

  test('a shared address brings the same settings', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1&crs=EPSG:3857&vector=text/csv&name=shared');
    await page.getByText(/^About .*B$/).waitFor();
    await page.getByRole('button', { name: 'Copy link' }).click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole('button', { name: 'Remove Parcels' }).click();
    await page.getByRole('heading', { name: 'Nothing is chosen yet' }).waitFor();
    await page.goto(link);
    assert.equal(await page.getByLabel('Name of the archive').inputValue(), 'shared');
    assert.equal(await page.getByLabel('File format').inputValue(), 'text/csv');
    assert.match(await page.getByRole('combobox', { name: /EPSG/ }).inputValue(), /EPSG:3857/);
    await close();
  });

  test('the request as curl, as Python and as the command line makes the same export', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1&vector=text/csv&crs=EPSG:2193&name=by%20curl');
    await page.getByText(/^About .*B$/).waitFor();
    await page.getByText('The same as curl, Python or command line').click();
    await page.locator('.code .snippet').getByRole('button', { name: 'Copy' }).click();
    const script = await page.evaluate(() => navigator.clipboard.readText());
    await run('sh', ['-e', '-c', script], { cwd: folder, env: { ...process.env, GEOCRATE_TOKEN: site.token } });
    const made = JSON.parse(readFileSync(join(folder, 'export.json'), 'utf8'));
    assert.equal((await finished(site, made.id)).state, 'complete');
    assert.match((await run('unzip', ['-l', join(folder, `${made.name}.zip`)])).stdout, /parcels\.csv/);
    rmSync(join(folder, 'export.json'));
    rmSync(join(folder, `${made.name}.zip`));
    const environment = { ...process.env, GEOCRATE_TOKEN: site.token, PATH: `${dirname(geocrate)}:${process.env.PATH}` };
    for (const [language, program] of [
      ['Python', 'python3'],
      ['geocrate export', 'sh'],
    ] as const) {
      await page.locator('.code').getByLabel(language, { exact: true }).check();
      await page.locator('.code .snippet').getByRole('button', { name: 'Copy' }).click();
      const code = await page.evaluate(() => navigator.clipboard.readText());
      await run(program, ['-c', code], { cwd: folder, env: environment });
      const archive = join(folder, `${made.name}.zip`);
      assert.match((await run('unzip', ['-l', archive])).stdout, /parcels\.csv/, language);
      rmSync(archive);
    }
    await close();
  });

  test('coordinate systems are found by name, place or code, those that suit the area before others', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1');
    const field = page.getByRole('combobox', { name: /EPSG/ });
    await field.click();
    const options = page.locator('.combobox-popup [role="option"]');
    await options.first().getByText('as the layer is stored').waitFor();
    assert.match((await options.nth(1).textContent()) ?? '', /suits the area/);
    await field.fill('new zealand transverse');
    await options.getByText('NZGD2000 / New Zealand Transverse Mercator 2000').first().click();
    await page.getByText(/^About .*B$/).waitFor();
    assert.equal(await field.inputValue(), 'NZGD2000 / New Zealand Transverse Mercator 2000 (EPSG:2193)');
    await field.fill('3857');
    await options.getByText('EPSG:3857').first().waitFor();
    await page.keyboard.press('Enter');
    assert.match(await field.inputValue(), /EPSG:3857/);
    await close();
  });
}
