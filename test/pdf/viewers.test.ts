import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { parcels, roads } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { boxArea, maps } from '../fixtures/maps.ts';
import { raster } from '../fixtures/rasters.ts';

const folder = temporaryFolder();
const { publish, make } = await maps(folder);
const ALL = { include_scale: true, include_scale_grid: true, include_lat_lon_grid: true, include_legend: true };

const lots = await publish(parcels(folder), { title: 'Parcels of Ōtautahi' });
const lines = await publish(roads(folder), { title: 'Дороги, 道路, שבילים' });
const heights = await publish(raster(folder, 'heights.tif', { place: [1_360_000, 5_130_000, 1500, 1500], size: [60, 80] }), {
  title: 'Heights above the sea',
  kind: 'grid',
});
const imagery = await publish(
  raster(folder, 'imagery.tif', {
    type: 'Byte',
    bands: 3,
    place: [1_370_000, 5_120_000, 800, 800],
    args: ['-colorinterp', 'red,green,blue'],
  }),
  { title: 'Imagery' },
);
const file = join(folder, 'specks.geojson');
const specks = Array.from({ length: 400 }, (_, n) =>
  boxArea(170.2 + (n % 20) * 1e-3, -43.8 + n * 1e-3, 170.2 + (n % 20) * 1e-3 + 1e-5, -43.8 + n * 1e-3 + 1e-5),
);
writeFileSync(
  file,
  JSON.stringify({
    type: 'FeatureCollection',
    features: specks.map((coordinates) => ({ type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates } })),
  }),
);
const dots = await publish(file, { title: 'Specks' });

/** How dark a page is in squares of 16 points a side, 0..1, row by row from the top. */
function shades(pixels: Uint8Array | Uint8ClampedArray, width: number, height: number, bands: 3 | 4): number[] {
  const made: number[] = [];
  for (let top = 0; top + SQUARE <= height; top += SQUARE)
    for (let left = 0; left + SQUARE <= width; left += SQUARE) {
      let sum = 0;
      for (let y = top; y < top + SQUARE; y++)
        for (let x = left; x < left + SQUARE; x++) for (let band = 0; band < 3; band++) sum += pixels[bands * (y * width + x) + band] ?? 0;
      made.push(1 - sum / (SQUARE * SQUARE * 3 * 255));
    }
  return made;
}
const SQUARE = 16;

/** Reads a picture in PPM (netpbm, "P6"). */
function ppmShades(path: string): number[] {
  const bytes = readFileSync(path);
  const [head = '', width = '', height = ''] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.subarray(0, 40).toString('latin1')) ?? [];
  return shades(bytes.subarray(head.length), Number(width), Number(height), 3);
}

/** Runs a viewer; gives what it had to say. */
function said(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  assert.equal(status, 0, `${program}: ${stderr}`);
  return `${stdout}${stderr}`;
}

/** What pdf.js makes of the first page, and what it has to say. */
async function inPdfJs(path: string): Promise<{ shades: number[]; groups: string[]; text: string; warnings: string[] }> {
  const warnings: string[] = [];
  const { warn, log } = console;
  console.warn = console.log = (...words: unknown[]) => void warnings.push(words.join(' '));
  try {
    const document = await getDocument({ data: new Uint8Array(readFileSync(path)), verbosity: VerbosityLevel.WARNINGS }).promise;
    const page = await document.getPage(1);
    const viewport = page.getViewport({ scale: 1 });
    const [width, height] = [Math.ceil(viewport.width), Math.ceil(viewport.height)];
    const canvas = createCanvas(width, height);
    const context = canvas.getContext('2d');
    // The package's types are those of a browser, of which it needs what this canvas has.
    await page.render({ canvas: null, canvasContext: Object(context), viewport }).promise;
    const config = await document.getOptionalContentConfig();
    const { items } = await page.getTextContent();
    return {
      shades: shades(context.getImageData(0, 0, width, height).data, width, height, 4),
      groups: [...config].map(([, group]) => String(group.name)),
      text: items.map((item) => ('str' in item ? item.str : '')).join(''),
      warnings,
    };
  } finally {
    console.warn = warn;
    console.log = log;
  }
}

for (const [what, items, request] of [
  ['features and a grid', [lines, dots, lots, heights], {}],
  ['features over imagery, on portrait, in degrees', [lines, lots, imagery], { crs: 'EPSG:4326' }],
  ['around a pole', [lots], { crs: 'EPSG:3031' }],
  ['of many layers, with a page behind it', Array.from({ length: 40 }, () => lots), {}],
] as const)
  test(`poppler, mupdf and pdf.js open a map without a word, and show the same: ${what}`, async () => {
    const { path } = await make(items, {
      title: 'Ōtautahi · Αθήνα',
      ...request,
      options: { ...ALL, ...(what.includes('portrait') ? { page_orientation: 'portrait' } : {}) },
    });
    assert.match(said('qpdf', '--check', path), /No syntax or stream encoding errors/);
    const [poppler, mupdf] = [join(folder, 'poppler'), join(folder, 'mupdf.ppm')];
    assert.equal(said('pdftoppm', '-r', '72', '-f', '1', '-singlefile', path, poppler), '');
    // It tells how it was built.
    assert.match(said('mutool', 'draw', '-q', '-r', '72', '-o', mupdf, path, '1'), /^(warning: ICC support is not available\n)?$/);
    assert.doesNotMatch(said('mutool', 'info', path), /warning|error/i);
    const seen = await inPdfJs(path);
    assert.deepEqual(seen.warnings, []);
    assert.deepEqual(seen.groups, [...items.map(({ title }) => title), 'Graticule']);
    assert.match(seen.text, /Ōtautahi · Αθήνα/);
    const truth = ppmShades(`${poppler}.ppm`);
    for (const [viewer, made] of [
      ['mupdf', ppmShades(mupdf)],
      ['pdf.js', seen.shades],
    ] as const) {
      const off = truth.map((value, n) => Math.abs(value - (made[n] ?? 1)));
      assert.ok(truth.length > 1000 && Math.max(...truth) > 0.1);
      const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
      assert.ok(mean < 0.01 && Math.max(...off) < 0.15, `${viewer}: ${mean} on average, ${Math.max(...off)} at most`);
    }
  });
