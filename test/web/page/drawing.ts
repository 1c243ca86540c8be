import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { decodeRings } from '../../../web/export/rings.ts';
import { squareExtent } from '../../fixtures/data.ts';
import type { TestSite } from '../../fixtures/site.ts';
import { until } from '../../fixtures/until.ts';
import { rawZip } from '../../fixtures/zip.ts';
import { openSignedIn } from '../browser.ts';

/** A page with one layer chosen, and its map there. */
async function withMap(site: TestSite) {
  const opened = await openSignedIn(site, '/export/#item=layer:1', { width: 1100, height: 700 });
  await opened.page.locator('.map-tools').waitFor();
  await opened.page.waitForTimeout(500);
  /** A place on the map, as parts of its width and height; the page may have been scrolled meanwhile. */
  const at = async (x: number, y: number): Promise<[number, number]> => {
    const box = await opened.page.locator('.export-map .map-frame').boundingBox();
    assert.ok(box);
    return [box.x + x * box.width, box.y + y * box.height];
  };
  return { ...opened, at };
}

/** As a hand does it: it looks before it takes hold, and before it lets go. */
async function drag(page: Page, from: [number, number], to: [number, number]): Promise<void> {
  await page.waitForTimeout(500);
  await page.mouse.move(...from, { steps: 2 });
  await page.waitForTimeout(150);
  await page.mouse.down();
  await page.waitForTimeout(150);
  await page.mouse.move(...to, { steps: 6 });
  await page.waitForTimeout(150);
  await page.mouse.up();
}

/** Whether a text is there within a moment. */
function appears(page: Page, text: string): Promise<boolean> {
  const found = page.getByText(text, { exact: true }).waitFor({ timeout: 2000 });
  return found.then(
    () => true,
    () => false,
  );
}

async function vertices(page: Page): Promise<number> {
  const text = await page.locator('.area-set .meta').textContent();
  return Number(/^([\d,]+) of/.exec(text ?? '')?.[1]?.replaceAll(',', ''));
}

/** The area as the next export would have it, from the shared address. */
async function area(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Copy link' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  return new URLSearchParams(new URL(link).hash.slice(1)).get('area') ?? '';
}

/** The area that takes the place of another. */
async function areaAfter(page: Page, before: string): Promise<string> {
  for (let round = 0; round < 100; round++) {
    const now = await area(page);
    if (now !== before) return now;
    await page.waitForTimeout(100);
  }
  return assert.fail('The area stays as it is.');
}

export function drawing(site: TestSite, folder: string): void {
  test('a rectangle is drawn with two clicks, and its corners are moved', async () => {
    const { page, at, close } = await withMap(site);
    await page.getByRole('button', { name: 'Rectangle' }).click();
    // Twice at one place draws nothing, and the tool stays.
    for (let n = 0; n < 2; n++) {
      await page.mouse.click(...(await at(0.3, 0.3)));
      await page.waitForTimeout(400);
    }
    assert.equal(await page.getByRole('button', { name: 'Rectangle' }).getAttribute('aria-pressed'), 'true');
    await page.getByText('Whole layers.').waitFor();
    await page.mouse.click(...(await at(0.4, 0.4)));
    await page.mouse.move(...(await at(0.5, 0.5)), { steps: 3 });
    await page.mouse.click(...(await at(0.6, 0.6)));
    await page.getByText('Box', { exact: true }).waitFor();
    assert.equal(await vertices(page), 4);
    const before = await area(page);
    await page.getByRole('button', { name: 'Edit' }).click();
    // Where nothing draws but the processor, the points take a moment to be there.
    await until('the corner was moved', async () => {
      await drag(page, await at(0.6, 0.6), await at(0.7, 0.7));
      return appears(page, 'Shape');
    });
    assert.notEqual(await area(page), before);
    // In the middle of a side is a point that adds a corner.
    await until('a corner was added', async () => {
      await drag(page, await at(0.5, 0.4), await at(0.5, 0.3));
      return appears(page, '5 of 1,000 vertices');
    });
    await close();
  });

  test('a polygon and a freehand outline are drawn, and the view is taken', async () => {
    const { page, at, close } = await withMap(site);
    await page.getByRole('button', { name: 'Polygon' }).click();
    for (const [x, y] of [
      [0.3, 0.3],
      [0.6, 0.35],
      [0.5, 0.6],
      [0.35, 0.55],
    ] as const) {
      await page.mouse.move(...(await at(x, y)), { steps: 2 });
      await page.mouse.click(...(await at(x, y)));
      await page.waitForTimeout(350);
    }
    await page.keyboard.press('Enter');
    await page.getByText('4 of 1,000 vertices').waitFor();
    await page.getByRole('button', { name: 'Freehand' }).click();
    await page.mouse.move(...(await at(0.5, 0.3)));
    await page.mouse.down();
    for (let n = 1; n <= 40; n++)
      await page.mouse.move(...(await at(0.5 + 0.2 * Math.sin((n * Math.PI) / 20), 0.5 - 0.2 * Math.cos((n * Math.PI) / 20))));
    await page.mouse.up();
    await page.waitForFunction(() => !/^4 of/.test(document.querySelector('.area-set .meta')?.textContent ?? '4 of'));
    assert.ok((await vertices(page)) > 8);
    await page.getByRole('button', { name: 'View' }).click();
    await page.getByText('Box', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('Whole layers.').waitFor();
    await close();
  });

  test('an area comes from pasted GeoJSON, a zipped Shapefile or KML, and a wrong one is told of', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1');
    await page.getByRole('button', { name: 'Paste or open a file' }).click();
    await page.getByLabel('Area as text').fill('{"type": "Point", "coordinates": [1, 2]}');
    await page.getByRole('button', { name: 'Use this text' }).click();
    await page.getByText('There is no polygon in it.').waitFor();
    await page.getByLabel('Area as text').fill(JSON.stringify(squareExtent(0, 0, 0.5)));
    await page.getByRole('button', { name: 'Use this text' }).click();
    await page.getByText('4 of 1,000 vertices').waitFor();
    const pasted = await area(page);
    const source = join(folder, 'drawn.geojson');
    writeFileSync(source, JSON.stringify({ type: 'Feature', properties: {}, geometry: squareExtent(0, 0, 0.25) }));
    // In New Zealand's own projection: the .prj says so.
    execFileSync('ogr2ogr', ['-f', 'ESRI Shapefile', '-t_srs', 'EPSG:2193', join(folder, 'drawn'), source]);
    execFileSync('ogr2ogr', ['-f', 'ESRI Shapefile', '-t_srs', 'EPSG:2193', join(folder, 'drawn.shz'), source]);
    execFileSync('ogr2ogr', ['-f', 'KML', join(folder, 'drawn.kml'), source]);
    const chooser = page.locator('input[type="file"]');
    await chooser.setInputFiles({ name: 'drawn.zip', mimeType: 'application/zip', buffer: readFileSync(join(folder, 'drawn.shz')) });
    const shapefile = await areaAfter(page, pasted);
    // Dropped, as from a folder.
    const kml = readFileSync(join(folder, 'drawn.kml'), 'utf8');
    const transfer = await page.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'drawn.kml'));
      return data;
    }, kml);
    await page.locator('.paste').dispatchEvent('drop', { dataTransfer: transfer });
    await areaAfter(page, shapefile);
    await page.getByText('Box', { exact: true }).waitFor();
    await close();
  });

  test('an area with too many vertices is simplified to fit with one click', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1');
    await page.getByRole('button', { name: 'Paste or open a file' }).click();
    const ring = Array.from({ length: 3000 }, (_, n) => [
      170.5 + 0.4 * Math.cos((n * Math.PI) / 1500),
      -43.5 + 0.4 * Math.sin((n * Math.PI) / 1500),
    ]);
    const buffer = Buffer.from(JSON.stringify({ type: 'Polygon', coordinates: [[...ring, ring[0]]] }));
    await page.locator('input[type="file"]').setInputFiles({ name: 'circle.geojson', mimeType: 'application/geo+json', buffer });
    await page.getByText('3,000 of 1,000 vertices').waitFor();
    await page
      .locator('#area-errors')
      .getByText(/vertices/)
      .waitFor();
    await page.getByRole('button', { name: 'Simplify to 1,000' }).click();
    await page.getByText('1,000 of 1,000 vertices').waitFor();
    await page.getByText(/^About .*B$/).waitFor();
    assert.equal(await page.locator('#area-errors').textContent(), '');
    await close();
  });

  test('KML with holes and KMZ are areas, and a file that is neither whole nor an area says so', async () => {
    const { page, expect, close } = await openSignedIn(site, '/export/#item=layer:1');
    // The browser says with a style of its own where XML is broken, and then that the page allows none.
    expect(/inline style/);
    await page.getByRole('button', { name: 'Paste or open a file' }).click();
    const chooser = page.locator('input[type="file"]');
    const open = (name: string, buffer: Buffer) => chooser.setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
    const ring = (half: number) => {
      const corners = [
        [-half, -half],
        [half, -half],
        [half, half],
        [-half, half],
        [-half, -half],
      ];
      return `<LinearRing><coordinates>${corners.map(([x = 0, y = 0]) => `${170.2 + x},${-43.8 + y},12`).join(' ')}</coordinates></LinearRing>`;
    };
    const kml = Buffer.from(
      `<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><Polygon>
      <outerBoundaryIs>${ring(0.2)}</outerBoundaryIs><innerBoundaryIs>${ring(0.1)}</innerBoundaryIs></Polygon></Placemark></Document></kml>`,
    );
    await open('hole.kml', kml);
    await page.getByText('8 of 1,000 vertices').waitFor();
    await page.getByText(/^About .*B$/).waitFor();
    const fromKml = await area(page);
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await open('hole.kmz', rawZip([{ name: 'doc.kml', content: kml }]));
    await page.getByText('8 of 1,000 vertices').waitFor();
    assert.equal(await area(page), fromKml);
    const said = page.locator('#paste-errors');
    for (const [name, content, sentence] of [
      ['cut.kml', kml.subarray(0, 200), 'This cannot be read.'],
      ['cut.zip', rawZip([{ name: 'doc.kml', content: kml }]).subarray(0, 150), 'This cannot be read.'],
      ['letter.pdf', Buffer.from('%PDF-1.7'), 'This is no GeoJSON, KML, KMZ or zipped Shapefile.'],
      ['metres.geojson', Buffer.from('{"type":"Polygon","coordinates":[[[1e6,5e6],[2e6,5e6],[2e6,6e6],[1e6,5e6]]]}'), 'not degrees'],
    ] as const) {
      await open(name, content);
      await said.getByText(sentence).waitFor();
    }
    const large = join(folder, 'large.geojson');
    writeFileSync(large, Buffer.alloc(50_000_001, 32));
    await chooser.setInputFiles(large);
    await said.getByText('larger than 50 MB').waitFor();
    // What was there before is there still.
    await page.getByText('8 of 1,000 vertices').waitFor();
    await close();
  });

  test('an outline of more vertices than the server would read is not sent, and one click makes it fit', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1');
    await page.getByRole('button', { name: 'Paste or open a file' }).click();
    const corners = Array.from({ length: 200_000 }, (_, n) => {
      const angle = (n * Math.PI) / 100_000;
      return `[${170.2 + 0.3 * Math.cos(angle)},${-43.8 + 0.3 * Math.sin(angle)}]`;
    });
    const buffer = Buffer.from(`{"type": "Polygon", "coordinates": [[${corners.join()},${corners[0]}]]}`);
    const sent: number[] = [];
    page.on('request', (request) => sent.push(request.postDataBuffer()?.length ?? 0));
    await page.locator('input[type="file"]').setInputFiles({ name: 'huge.geojson', mimeType: 'application/geo+json', buffer });
    await page.locator('#area-errors').getByText('more vertices than this site takes').waitFor();
    await page.locator('.findings').getByText('1 thing to correct').waitFor();
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.locator('.toast-failed').getByText('Simplify it first').waitFor();
    await page.getByText('The same as curl, Python or command line').click();
    await page.locator('.code').getByText('Simplify it first').waitFor();
    await page.getByRole('button', { name: 'Simplify to 1,000' }).click();
    await page.getByText(/^About .*B$/).waitFor();
    await page.locator('.code .snippet').waitFor();
    assert.ok(Math.max(...sent) < 200_000, `${Math.max(...sent)} bytes were sent at once`);
    await close();
  });

  test('an area goes across the antimeridian, and one without a width is none', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1');
    await page.getByRole('button', { name: 'Type coordinates' }).click();
    const fill = async (sides: Record<string, string>) => {
      for (const [side, value] of Object.entries(sides)) await page.getByLabel(side).fill(value);
      await page.getByRole('button', { name: 'Use this box' }).click();
    };
    await fill({ North: '-30', West: '169,5', East: '-170', South: '−50' });
    await page.getByText(/^About .*B$/).waitFor();
    const shared = new URLSearchParams(`area=${await area(page)}`).get('area') ?? '';
    const longitudes = decodeRings(shared)?.[0]?.map(([x]) => x) ?? [];
    assert.deepEqual([Math.min(...longitudes.map(Number)), Math.max(...longitudes.map(Number))], [169.5, 190]);
    await fill({ East: '169.5' });
    await page.locator('#coordinates-errors').getByText('East and west are the same.').waitFor();
    await fill({ East: '170', South: '-30' });
    await page.locator('#coordinates-errors').getByText('North must be larger than south.').waitFor();
    await fill({ South: 'x' });
    await page.locator('#coordinates-errors').getByText('Fill in all four sides').waitFor();
    // A polygon that is a line.
    await page.getByRole('button', { name: 'Paste or open a file' }).click();
    await page.getByLabel('Area as text').fill('{"type": "Polygon", "coordinates": [[[170, -44], [170, -43], [170, -44]]]}');
    await page.getByRole('button', { name: 'Use this text' }).click();
    await page.locator('#paste-errors p').waitFor();
    await page.getByLabel('Area as text').fill('{"type": "Polygon", "coordinates": [[[170, -44], [170, -43], [170, -42], [170, -44]]]}');
    await page.getByRole('button', { name: 'Use this text' }).click();
    await page.locator('#area-errors p').waitFor();
    await close();
  });

  test('a place is found by its name', async () => {
    const { page, close } = await openSignedIn(site, '/export/#item=layer:1');
    await page.getByRole('button', { name: 'Search a place' }).click();
    await page.getByRole('combobox', { name: 'Place', exact: true }).fill('eas');
    await page.getByRole('option', { name: /East/ }).click();
    await page.locator('.area-set').getByText('East').waitFor();
    await page.getByText(/^About .*B$/).waitFor();
    await page.getByText('The same as curl, Python or command line').click();
    assert.match((await page.locator('.code code').textContent()) ?? '', /croplayers\/1\/cropfeatures\/2/);
    await close();
  });
}
