import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldGdal } from '../../fixtures/gdal.ts';
import { finished, type TestSite } from '../../fixtures/site.ts';
import { until } from '../../fixtures/until.ts';
import { checkAccessible, openPage, openSignedIn } from '../browser.ts';
import { startedExport } from './exporting.ts';

/** From an opened page to a started export: clicks at most, and seconds, which are told but decide nothing: others may be busy on this machine. */
const MOST_CLICKS = 6;
const GOAL_SECONDS = 30;
/** A poor mobile connection: milliseconds there and back, and bytes a second. */
const SLOW = { offline: false, latency: 300, downloadThroughput: 120_000, uploadThroughput: 60_000 };

export function conditions(site: TestSite, gdal: HeldGdal): void {
  test('from opening the page to a started export of a drawn area it takes six clicks at most', async (t) => {
    const { page, close } = await openSignedIn(site, '/exports/');
    await page.addInitScript(() => {
      // Clicks of a person, whichever page of the site they are on.
      addEventListener(
        'pointerdown',
        ({ isTrusted }) => {
          if (isTrusted) sessionStorage.setItem('clicks', String(Number(sessionStorage.getItem('clicks') ?? 0) + 1));
        },
        true,
      );
    });
    const started = performance.now();
    await page.goto('/');
    await page.getByRole('button', { name: 'Add Parcels to the export' }).click();
    await page.getByRole('link', { name: 'Set up the export' }).click();
    await page.locator('.map-tools').waitFor();
    await page.getByRole('button', { name: 'Rectangle' }).click();
    const map = await page.locator('.export-map .map-frame').boundingBox();
    assert.ok(map);
    const at = (part: number): [number, number] => [map.x + map.width * part, map.y + map.height * part];
    await page.mouse.click(...at(0.25));
    await page.mouse.move(...at(0.5), { steps: 3 });
    await page.mouse.click(...at(0.75));
    await page.getByText('Box', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Start export' }).click();
    const id = await startedExport(page);
    const seconds = (performance.now() - started) / 1000;
    const clicks = Number(await page.evaluate(() => sessionStorage.getItem('clicks')));
    t.diagnostic(`${clicks} clicks, ${seconds.toFixed(1)} s of ${GOAL_SECONDS}`);
    assert.ok(clicks >= 4 && clicks <= MOST_CLICKS, `${clicks} clicks`);
    assert.equal((await site.request('GET', `/exports/${id}/`)).body.extent.type, 'Polygon');
    await finished(site, id);
    await close();
  });

  test('on a slow network the page says that it is loading, and can be used before the map is there', async () => {
    const { page, context, close } = await openSignedIn(site, '/sign-in/');
    const network = await context.newCDPSession(page);
    await network.send('Network.enable');
    await network.send('Network.setCacheDisabled', { cacheDisabled: true });
    await network.send('Network.emulateNetworkConditions', SLOW);
    await page.goto('/', { waitUntil: 'commit' });
    await page.locator('.waiting').first().waitFor();
    const add = page.getByRole('button', { name: 'Add Parcels to the export' });
    await add.waitFor();
    assert.equal(await page.locator('.catalogue .waiting, main > .waiting').count(), 0, 'nothing waits any more');
    await add.click();
    await page.getByRole('link', { name: 'Set up the export' }).click();
    await page.locator('.map-frame[data-state="loading"]').getByText('Loading the map').waitFor();
    await page.getByLabel('Name of the archive').fill('on a train');
    await page.getByRole('button', { name: 'Start export' }).click();
    const id = await startedExport(page);
    await page.locator('.card-wanted').getByText('Ready', { exact: true }).waitFor();
    assert.match((await finished(site, id)).name, /on-a-train/);
    // The map comes in the end, too.
    await page.goto('/export/#item=layer:1');
    await page.locator('.map-frame[data-state="ready"]').waitFor({ timeout: 60_000 });
    await close();
  });

  test('a connection that breaks is told of, and tried again with one click', async () => {
    const { page, context, expect, close } = await openSignedIn(site, '/');
    expect(/ERR_INTERNET_DISCONNECTED/);
    await page.locator('.entry').nth(4).waitFor();
    await context.setOffline(true);
    await page.getByRole('searchbox').fill('Districts');
    const problem = page.getByRole('alert');
    await problem.waitFor();
    await context.setOffline(false);
    await problem.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Add Districts to the export' }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll('.entry').length === 1);
    await close();
  });

  test('the browser notifies of an export that is done, where it may and the page is not looked at', async () => {
    const { page, context, close } = await openSignedIn(site, '/exports/');
    await context.grantPermissions(['notifications', 'clipboard-read', 'clipboard-write']);
    await page.addInitScript(() => {
      const told: string[] = [];
      // The browser's own, which gives leave once the test has answered, and writes down what it was asked to show.
      const { Notification: Own } = window;
      const answered = new Promise<void>((answer) => Object.assign(window, { answer }));
      class Recorder extends Own {
        static override async requestPermission() {
          await answered;
          return Own.requestPermission();
        }
        constructor(title: string, options?: NotificationOptions) {
          super(title, options);
          told.push(title);
        }
      }
      const look = { away: false };
      Object.assign(window, { Notification: Recorder, told, look });
      Object.defineProperty(document, 'visibilityState', { get: () => (look.away ? 'hidden' : 'visible') });
    });
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
    const lookAway = (away: boolean) =>
      page.evaluate((is) => Object.assign((window as unknown as { look: object }).look, { away: is }), away);
    const body = (name: string) => ({
      crs: 'EPSG:2193',
      formats: { vector: 'application/x-ogc-mapinfo_file' },
      items: [{ item: `${site.api}/layers/1/` }],
      name,
    });
    const make = async (name: string, away: boolean) => {
      gdal.hold();
      const { id } = (await site.request('POST', '/exports/', body(name))).body;
      await page.goto(`/exports/${id}/`);
      await page.locator('.card-wanted').getByText('In the making').waitFor();
      await lookAway(away);
      gdal.release();
      await page.locator('.card-wanted').getByText('Ready', { exact: true }).waitFor();
    };
    await page.goto('/exports/');
    const box = page.getByLabel('Notify me when done');
    await page.getByText('Notify me when done').click();
    assert.equal(await box.isChecked(), false, 'nobody has given leave yet');
    await page.evaluate(() => (window as unknown as { answer: () => void }).answer());
    await until('it is on', () => box.isChecked());
    await make('looked at', false);
    await page.getByText(/looked-at.* is ready to download/).waitFor();
    assert.deepEqual(await told(), [], 'whoever looks at the page sees it there');
    await make('not looked at', true);
    await until('it was told', async () => (await told()).length > 0);
    assert.match((await told()).join(), /^[^,]*not-looked-at.* is ready to download/);
    await close();
  });

  test('a part of the map that cannot be loaded is told of, and so is a page', async () => {
    const { page, expect, close } = await openSignedIn(site, '/');
    expect(/ERR_FAILED|dynamically imported module|Worker failed/);
    for (const part of [/assets\/drawing-/, /maplibre-gl-worker/]) {
      await page.route(part, (route) => route.abort());
      await page.goto('about:blank');
      await page.goto('/export/#item=layer:1');
      await page.locator('.map-frame[data-state="failed"]').getByText('This browser cannot show the map.').waitFor();
      assert.equal(await page.locator('.map-tool').count(), 0, 'nothing is there to be pressed without effect');
      await page.unroute(part);
    }
    await page.route(/assets\/page-/, (route) => route.abort());
    await page.goto('/publish/');
    await page.getByRole('button', { name: 'Reload' }).waitFor();
    await checkAccessible(page, 'a page that cannot be loaded');
    await page.unroute(/assets\/page-/);
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('heading', { name: 'Publishing needs another token' }).waitFor();
    await close();
  });

  test('a session that ends during work asks to sign in, and what was set up is there after it', async () => {
    const token = await site.createToken('short');
    const { page, expect, close } = await openSignedIn(site, '/export/#item=layer:1&item=layer:4', {}, token);
    expect(/401/);
    await page.getByLabel('Name of the archive').fill('half done');
    await page.getByText(/^About .*B$/).waitFor();
    // What the page asks for by itself has been answered: it is the choice below that meets the end of the session.
    await page.waitForLoadState('networkidle');
    await site.geocrate('token', 'revoke', token);
    await page.getByLabel('Format for: Vector').selectOption('CSV');
    await page.getByText('You are signed out: your session has ended.').waitFor();
    await checkAccessible(page, 'a session that has ended');
    await page.getByLabel('Token').fill(site.token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Export', level: 1 }).waitFor();
    assert.equal(await page.getByLabel('Name of the archive').inputValue(), 'half done');
    assert.equal(await page.getByLabel('Format for: Vector').inputValue(), 'text/csv');
    // A reload keeps it as well.
    await page.reload();
    await page.getByText(/^About .*B$/).waitFor();
    assert.equal(await page.getByLabel('Name of the archive').inputValue(), 'half done');
    await close();
  });

  test('two windows have one crate, and what is removed in one is removed in the other', async () => {
    const { page, context, close } = await openSignedIn(site, '/');
    const other = await context.newPage();
    await other.goto('/');
    await other.getByRole('button', { name: 'Add Parcels to the export' }).click();
    await page.getByText('1 item chosen').waitFor();
    await page.getByRole('button', { name: 'Add Districts to the export' }).click();
    await other.getByText('2 items chosen').waitFor();
    // An archive that is discarded elsewhere is no longer offered once one looks.
    const body = { items: [{ item: `${site.api}/tables/2/` }], formats: { table: 'text/csv' }, name: 'to be discarded' };
    const { id } = (await site.request('POST', '/exports/', body, { prefer: 'wait=30' })).body;
    await page.goto(`/exports/${id}/`);
    const card = page.locator('.card-wanted');
    await card.getByRole('link', { name: /^Download/ }).waitFor();
    assert.equal((await site.request('POST', `/exports/${id}/discard/`)).status, 200);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await card.getByText('Removed', { exact: true }).waitFor();
    await card.getByText('The archive has expired or was removed.').waitFor();
    assert.equal(await card.getByRole('link', { name: /^Download/ }).count(), 0);
    await close();
  });

  test('without WebGL the page says so, and coordinates take the place of the map', async () => {
    const { page, context, expect, close } = await openPage(site, '/', { webgl: false });
    expect(/WebGL/);
    await page.getByLabel('Token').fill(site.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.entry').first().waitFor();
    assert.equal(await page.evaluate(() => document.createElement('canvas').getContext('webgl2')), null);
    await page.goto('/export/#item=layer:1');
    await page.locator('.map-frame[data-state="failed"]').getByText('This browser cannot show the map.').waitFor();
    await page.getByRole('button', { name: 'Type coordinates' }).click();
    for (const [side, value] of [
      ['North', '-43.55'],
      ['West', '169.9'],
      ['East', '170.45'],
      ['South', '-44.1'],
    ] as const)
      await page.getByLabel(side).fill(value);
    await page.getByRole('button', { name: 'Use this box' }).click();
    await page.getByText('Box', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Start export' }).click();
    const id = await startedExport(page);
    assert.equal((await finished(site, id)).state, 'complete');
    // A layer's page does without, too.
    await page.goto('/layers/1/');
    await page.locator('.map-frame[data-state="failed"]').waitFor();
    await page.locator('.sample').waitFor();
    await context.clearCookies();
    await close();
  });
}
