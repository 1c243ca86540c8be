import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parcels, places, roads, squareExtent } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { tool } from '../fixtures/pdf.ts';
import { raster } from '../fixtures/rasters.ts';
import { exported } from '../fixtures/readback.ts';
import { startSite } from '../fixtures/site.ts';

const folder = temporaryFolder();
const heights = raster(folder, 'heights.tif', { place: [1_360_000, 5_130_000, 1500, 1500] });
const site = await startSite({
  publish: [
    [parcels(folder), { id: 1, title: 'Parcels of Ōtautahi', license: 'CC-BY-4.0' }],
    [roads(folder), { id: 2, title: 'Roads' }],
    [places(folder), { id: 3, title: 'Places', kind: 'table' }],
    [heights, { id: 4, title: 'Heights', kind: 'grid' }],
  ],
});
const layer = (id: number) => ({ item: `${site.api}/layers/${id}/` });
const PDF = 'application/pdf';
const everything = { include_scale: true, include_scale_grid: true, include_lat_lon_grid: true, include_legend: true };

test('all items that ask for PDF are on one map at the top of the archive, the others in folders of their own', async () => {
  const body = {
    crs: 'EPSG:2193',
    formats: { vector: PDF, grid: PDF, table: 'text/csv' },
    items: [layer(2), { item: `${site.api}/tables/3/` }, { ...layer(1), color: '#cc3311' }, layer(4)],
    name: 'Ōtautahi from above',
    options: everything,
  };
  const { dir, done } = await exported(site, folder, body);
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
  assert.ok(manifest.files.some(({ path }: { path: string }) => path === 'map.pdf'));
  assert.deepEqual(
    manifest.items.map((item: { shared_files?: string[]; files: object[] }) => [item.shared_files ?? null, item.files.length]),
    [
      [['map.pdf'], 0],
      [null, 1],
      [['map.pdf'], 0],
      [['map.pdf'], 0],
    ],
  );
  assert.equal(manifest.items[2].feature_count, 100);
  assert.ok(existsSync(join(dir, 'places', 'places.csv')));
  const readme = readFileSync(join(dir, 'README.txt'), 'utf8');
  assert.match(readme, /1\. Roads\n {3}File {6}map\.pdf, as one of its layers/);
  assert.doesNotMatch(readme, /Folder {4}roads/);
  const text = tool('pdftotext', '-layout', join(dir, 'map.pdf'), '-');
  for (const words of ['Ōtautahi from above', 'Parcels of Ōtautahi', 'Roads', 'Heights', 'Creative Commons Attribution 4.0'])
    assert.ok(text.includes(words), words);
  assert.ok(done.size_estimate_zipped > done.size_zipped / 1.5 && done.size_estimate_zipped < done.size_zipped * 1.5);
  // Again: the same bytes, whenever they are made.
  const again = await exported(site, folder, body);
  assert.deepEqual(readFileSync(join(dir, 'map.pdf')), readFileSync(join(again.dir, 'map.pdf')));
  assert.equal(done.sha256, again.done.sha256);
});

test('a map without a name is headed with its layers’ titles, and is made in threads as the rest is', async () => {
  const { dir, done } = await exported(site, folder, {
    crs: 'EPSG:4326',
    formats: { vector: PDF, grid: 'image/tiff;subtype=geotiff' },
    items: [layer(1), layer(2), layer(4)],
    extent: squareExtent(0.05, 0.05, 0.5),
  });
  assert.match(tool('pdfinfo', join(dir, 'map.pdf')), /Title: +Parcels of Ōtautahi, Roads\n/);
  assert.ok(existsSync(join(dir, 'heights', 'heights.tif')));
  assert.equal(done.progress, 1);
});

test('a map needs a CRS, and OPTIONS offers it for vectors, rasters and grids', async () => {
  const { body } = await site.request('POST', '/exports/validate/', { formats: { vector: PDF }, items: [layer(1)] });
  assert.ok(body.invalid_reasons.includes('crs-required'));
  const { children } = (await site.request('OPTIONS', '/exports/')).body.actions.POST.formats;
  for (const kind of ['vector', 'raster', 'grid', 'rat', 'table']) {
    const offered = children[kind].choices.some(({ value }: { value: string }) => value === PDF);
    assert.equal(offered, ['vector', 'raster', 'grid'].includes(kind), kind);
  }
});

test('a direct link makes a map with its options', async () => {
  const query = 'format=pdf&crs=EPSG:2193&page_size=a3&page_orientation=portrait&include_legend=true&wait=60';
  const answer = await site.request('GET', `/layers/1/export/?${query}`);
  assert.equal(answer.status, 302);
  assert.match(answer.headers.get('location') ?? '', /parcels-of-otautahi-PDF/i);
});
