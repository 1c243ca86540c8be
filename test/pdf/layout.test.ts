import assert from 'node:assert/strict';
import { test } from 'node:test';
import { districts, parcels, roads } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { maps } from '../fixtures/maps.ts';
import { tool, type Word, wordsOf } from '../fixtures/pdf.ts';
import { raster } from '../fixtures/rasters.ts';

const folder = temporaryFolder();
const { publish, make } = await maps(folder);

const lots = await publish(parcels(folder), { title: 'Parcels of Ōtautahi' });
const lines = await publish(roads(folder), { title: 'Roads' });
const areas = await publish(districts(folder), { title: 'Districts' });
const heights = await publish(raster(folder, 'heights.tif', { place: [1_360_000, 5_130_000, 1500, 1500], size: [60, 80] }), {
  title: 'Heights above the sea',
  kind: 'grid',
});
const LONG = 'A very long title of a map that somebody asked for without thinking of how wide a page of paper is, '.repeat(4);
const OPTIONS = ['include_scale', 'include_scale_grid', 'include_lat_lon_grid', 'include_legend'] as const;
const PAGES = { a4: [841.89, 595.276], a3: [1190.551, 841.89], letter: [792, 612] } as const;

/** What of a word's box has ink: fonts have room above and below for the tallest of marks. */
function ink({ text, box: [left, top, right, bottom] }: Word): [number, number, number, number] {
  // A turned word is higher than wide, and has its room beside it.
  const turned = text.length > 2 && bottom - top > right - left;
  const [across, down] = turned ? [(right - left) * 0.2, 0] : [0, (bottom - top) * 0.2];
  return [left + across, top + down, right - across, bottom - down];
}

/** Words of a page that lie over each other, or not wholly on it. */
function clashes(path: string, [width, height]: readonly [number, number]): string[] {
  const words = wordsOf(path);
  const boxes = words.map(ink);
  const found: string[] = [];
  words.forEach((word, i) => {
    const [left, top, right, bottom] = boxes[i] ?? [0, 0, 0, 0];
    if (left < 20 || top < 20 || right > width - 20 || bottom > height - 20) found.push(`"${word.text}" leaves the page`);
    for (let j = i + 1; j < words.length; j++) {
      const [l, t, r, b] = boxes[j] ?? [0, 0, 0, 0];
      if (words[j]?.page !== word.page) continue;
      if (Math.min(right, r) - Math.max(left, l) > 0.3 && Math.min(bottom, b) - Math.max(top, t) > 0.3)
        found.push(`"${word.text}" and "${words[j]?.text}" at ${left.toFixed(0)}, ${top.toFixed(0)}`);
    }
  });
  return found;
}

const none = Object.fromEntries(OPTIONS.map((option) => [option, false]));
const all = Object.fromEntries(OPTIONS.map((option) => [option, true]));

// That all sets of options fit is shown by arrangement.test.ts, without a file; here pages are read as they are written.
for (const [size, [long, short]] of Object.entries(PAGES))
  for (const orientation of ['landscape', 'portrait']) {
    const sets: Record<string, boolean>[] = [all];
    if (size === 'a4' && orientation === 'landscape') sets.unshift(none, ...OPTIONS.map((option) => ({ ...none, [option]: true })));
    test(`nothing lies over anything else on ${size} ${orientation}, with ${sets.length} sets of options`, async () => {
      const page = orientation === 'portrait' ? ([short, long] as const) : ([long, short] as const);
      for (const options of sets) {
        // The grid's ramp is the widest part of a legend.
        const layers = options === all ? [lines, lots, heights] : [lines, lots];
        const { path } = await make(layers, { options: { ...options, page_size: size, page_orientation: orientation } });
        const [, width, height] = /Page size: +([\d.]+) x ([\d.]+) pts/.exec(tool('pdfinfo', path)) ?? [];
        assert.ok(Math.abs(Number(width) - page[0]) < 0.01 && Math.abs(Number(height) - page[1]) < 0.01, `${width} x ${height}`);
        assert.deepEqual(clashes(path, page), [], JSON.stringify(options));
        const text = wordsOf(path)
          .map((word) => word.text)
          .join(' ');
        assert.equal(/Legend/.test(text), options.include_legend, 'legend');
        assert.equal(/in the middle of the map/.test(text), options.include_scale, 'scale');
        assert.equal(/\d\sm E/.test(text), options.include_scale_grid, 'scale grid');
        assert.equal(/\d°\d\d′E/.test(text.replace(/Extent:.*?·/, '')), options.include_lat_lon_grid, 'graticule');
      }
    });
  }

test('thirty layers and a very long title fit: the legend goes on behind the map', async () => {
  const many = Array.from({ length: 30 }, (_, n) => ({
    ...(n % 3 === 0 ? areas : n % 3 === 1 ? lines : lots),
    title: `Layer ${n + 1} ${n % 4 === 0 ? 'with a title that takes more than one line of the legend, as they do' : ''}`,
  }));
  for (const [orientation, page] of [
    ['landscape', PAGES.a4],
    ['portrait', [PAGES.a4[1], PAGES.a4[0]]],
  ] as const) {
    const { path } = await make(many, { title: LONG, options: { ...all, page_orientation: orientation } });
    assert.deepEqual(clashes(path, page), []);
    const text = tool('pdftotext', path, '-');
    for (let n = 1; n <= 30; n++) assert.match(text, new RegExp(`Layer ${n}\\b`), `layer ${n} is in no legend`);
    if (orientation === 'landscape') assert.match(text, /and \d+ more on the next page/);
  }
});

test('titles in many scripts can be read, with fonts embedded', async () => {
  const titles = [
    'Whangārei, Ōtautahi, Māori',
    'Αθήνα και Θεσσαλονίκη',
    'Москва и Łódź',
    '東京都の地図',
    '北京市地图',
    '서울특별시',
    'Việt Nam',
  ];
  const { path } = await make(
    titles.map((title, n) => ({ ...(n % 2 === 0 ? areas : lines), title })),
    { title: titles.join(' · '), options: { include_legend: true } },
  );
  const text = tool('pdftotext', path, '-').normalize('NFC');
  for (const title of titles) assert.ok(text.includes(title), `${title} in ${text}`);
  const fonts = tool('pdffonts', path).split('\n').slice(2).filter(Boolean);
  for (const font of fonts) assert.match(font, / yes yes yes /, font);
  assert.deepEqual(clashes(path, PAGES.a4), []);
});

test('titles from right to left stand in their order, and what no font has is told', async () => {
  const { path, layers } = await make([{ ...areas, title: 'מפת ירושלים 1:50,000' }], {
    title: 'خريطة المدينة \u{1F5FA} ไทย \u202e\u0000',
    options: { include_legend: true },
  });
  const words = wordsOf(path);
  const [first, second] = ['ירושלים', 'מפת'].map((text) => {
    // As it is drawn, from left to right.
    const drawn = [...text].reverse().join('');
    return words.find((word) => word.text === drawn);
  });
  assert.ok(first && second && first.box[2] < second.box[0], 'the second word is to the left of the first one');
  assert.match(tool('qpdf', '--check', path), /No syntax/);
  assert.ok(layers[0]?.warnings.includes('The map has no font for "\u{1F5FA}ไทย"; they are left blank.'), layers[0]?.warnings.join(' '));
  // What is blank is not found as something else.
  assert.doesNotMatch(tool('pdftotext', path, '-'), /\u{1F5FA}/u);
});
