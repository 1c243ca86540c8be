import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../fixtures/folder.ts';
import { boxArea, maps, placed, transformed } from '../fixtures/maps.ts';
import { readPdf, tool, wordsOf } from '../fixtures/pdf.ts';
import { raster } from '../fixtures/rasters.ts';

const folder = temporaryFolder();
const { publish, make } = await maps(folder);

/** 64 by 48 pixels of 10 m; red in the west half, blue in the east. */
const imagery = await publish(
  raster(folder, 'imagery.tif', {
    type: 'Byte',
    bands: 3,
    pixel: (x, _, band) => (band === (x < 32 ? 0 : 2) ? 200 : 20),
    args: ['-colorinterp', 'red,green,blue'],
  }),
  { title: 'Imagery' },
);
const heights = await publish(
  raster(folder, 'heights.tif', { type: 'Float32', pixel: (x, y) => (x < 16 ? -9999 : 100 + 5 * y), args: ['-a_nodata', '-9999'] }),
  { title: 'Elevation', kind: 'grid' },
);

interface Listed {
  kind: string;
  width: number;
  height: number;
  color: string;
  encoding: string;
  dpi: number[];
}

function images(path: string): Listed[] {
  return tool('pdfimages', '-list', path)
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => {
      const [, , kind = '', width, height, color = '', , , encoding = '', , , , x, y] = line.trim().split(/\s+/);
      return { kind, width: Number(width), height: Number(height), color, encoding, dpi: [Number(x), Number(y)] };
    });
}

/** The page as it is seen: red, green and blue of the pixel at a place, in points from the lower left corner. */
function seen(path: string): (x: number, y: number) => number[] {
  const root = join(folder, `seen-${images(path).length}-${Math.round(Math.random() * 1e9)}`);
  tool('pdftoppm', '-r', '72', '-singlefile', path, root);
  const file = readFileSync(`${root}.ppm`);
  const [head = '', width = '', height = ''] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(file.subarray(0, 40).toString('latin1')) ?? [];
  return (x, y) => {
    const at = head.length + 3 * ((Number(height) - 1 - Math.floor(y)) * Number(width) + Math.floor(x));
    return [...file.subarray(at, at + 3)];
  };
}

/** Where a place of the CRS is on the page. */
function onPage(path: string, x: number, y: number): [number, number] {
  const { toMap, scale } = placed(path);
  const [x0, y0] = toMap(0, 0);
  return [(x - x0) * scale, (y - y0) * scale];
}

test('images have the DPI that was asked for, in the CRS of the layer and in others', async () => {
  for (const [dpi, crs] of [
    [72, 'EPSG:2193'],
    [150, 'EPSG:4326'],
    [300, 'EPSG:2193'],
  ] as const) {
    const { path } = await make([imagery], { crs, options: { pdf_raster_dpi: dpi } });
    const [image] = images(path);
    assert.ok(image && image.kind === 'image' && image.color === 'rgb' && image.encoding === 'jpeg');
    for (const one of image.dpi) assert.ok(Math.abs(one - dpi) <= 1, `${one} for ${dpi}`);
  }
});

test('pixels lie where they belong, and what has no data is transparent', async () => {
  for (const crs of ['EPSG:2193', 'EPSG:3857']) {
    const { path } = await make([imagery], { crs, options: { pdf_raster_dpi: 150 } });
    const color = seen(path);
    const [west = [0, 0], east = [0, 0], beside = [0, 0]] = transformed('EPSG:2193', crs, [
      [1_600_300, 5_399_760],
      [1_600_340, 5_399_760],
      [1_599_995, 5_399_760],
    ]);
    const [red = 0, , blue = 0] = color(...onPage(path, ...west));
    assert.ok(red > 150 && blue < 80, `${crs}: ${red}, ${blue}`);
    const [otherRed = 0, , otherBlue = 0] = color(...onPage(path, ...east));
    assert.ok(otherRed < 80 && otherBlue > 150, `${crs}: ${otherRed}, ${otherBlue}`);
    assert.ok(
      color(...onPage(path, ...beside)).every((part) => part > 230),
      `${crs}: paper`,
    );
  }
  const { path } = await make([heights]);
  const color = seen(path);
  assert.ok(
    color(...onPage(path, 1_600_080, 5_399_760)).every((part) => part > 230),
    'no data',
  );
  assert.ok(!color(...onPage(path, 1_600_400, 5_399_560)).every((part) => part > 230), 'data');
});

test('imagery of the whole Earth lies where it belongs on oval maps of it, wherever they are cut open', async () => {
  // Red in the west and blue in the east, and each darker in the south.
  const pixel = (x: number, y: number, band: number) => (band === (x < 180 ? 0 : 2) ? (y < 90 ? 250 : 120) : 10);
  const args = ['-colorinterp', 'red,green,blue'];
  const place: [number, number, number, number] = [-180, 90, 1, 1];
  const source = raster(folder, 'earth.tif', { type: 'Byte', bands: 3, size: [360, 180], crs: 'EPSG:4326', place, pixel, args });
  const earth = await publish(source, { title: 'Earth' });
  for (const crs of ['EPSG:8857', 'EPSG:8859']) {
    const { path } = await make([earth], {
      crs,
      options: { include_lat_lon_grid: true, include_scale: true, include_scale_grid: true, include_legend: true },
    });
    const color = seen(path);
    const places = [-140, -80, -35, 20, 80, 140].flatMap((lon) => [-50, 10, 50].map((lat) => [lon, lat] as const));
    for (const [i, place] of transformed('EPSG:4326', crs, places).entries()) {
      const [lon = 0, lat = 0] = places[i] ?? [];
      const [red = 0, , blue = 0] = color(...onPage(path, ...place));
      const [own, other] = lon < 0 ? [red, blue] : [blue, red];
      assert.ok(Math.abs(own - (lat > 0 ? 250 : 120)) < 30 && other < 60, `${crs} ${lon} ${lat}: ${red}, ${blue}`);
    }
    // In the corner of the frame there is no place.
    const [[west = 0] = [], [, north = 0] = []] = transformed('EPSG:4326', crs, [
      [crs === 'EPSG:8857' ? -179.9 : -29.9, 0],
      [0, 80],
    ]);
    assert.deepEqual(color(...onPage(path, west, north)), [245, 246, 244], `${crs}: beside the world`);
    const words = wordsOf(path);
    for (const parallel of ['30°N', '30°S', '60°N', '60°S'])
      assert.equal(words.filter(({ text }) => text === parallel).length, 2, `${crs}: ${parallel} at either end`);
  }
});

test('imagery of 16 bits goes from black to white over the values that it has', async () => {
  for (const type of ['UInt16', 'Int16'] as const) {
    const source = raster(folder, `${type}.tif`, { type, pixel: (x) => 1000 + 50 * x });
    const { path } = await make([await publish(source, { title: type, kind: 'raster' })], { options: { pdf_raster_dpi: 150 } });
    const color = seen(path);
    const at = (x: number) => color(...onPage(path, x, 5_399_760))[0] ?? 0;
    const [west, middle, east] = [at(1_600_015), at(1_600_320), at(1_600_625)];
    assert.ok(west < 25 && Math.abs(middle - 128) < 20 && east > 230, `${type}: ${west}, ${middle}, ${east}`);
  }
});

test('a mask of zeros and ones is black and white', async () => {
  const mask = raster(folder, 'mask.tif', { type: 'Byte', pixel: (x) => Number(x >= 32) });
  const { path } = await make([await publish(mask, { title: 'Flooded', kind: 'raster' })]);
  const at = seen(path);
  const [dark, light] = [at(...onPage(path, 1_600_100, 5_399_760)), at(...onPage(path, 1_600_500, 5_399_760))];
  assert.ok(Math.max(...dark) < 10 && Math.min(...light) > 245, `${dark} and ${light}`);
});

test('images that would make the file too large get fewer DPI, and that is said', async () => {
  // Without any order: no JPEG makes it small.
  let state = 1;
  const pixel = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 255;
  };
  const source = raster(folder, 'noise.tif', { type: 'Byte', bands: 3, size: [400, 300], pixel, args: ['-colorinterp', 'red,green,blue'] });
  const noise = await publish(source, { title: 'Noise' });
  const mostBytes = 300_000;
  const { path, layers } = await make([noise], { options: { pdf_raster_dpi: 200 }, mostBytes });
  assert.ok(statSync(path).size <= mostBytes, `${statSync(path).size} bytes`);
  const dpi = Number(/too large with images of 200 DPI; they have (\d+)\.$/.exec(layers[0]?.warnings.join(' ') ?? '')?.[1]);
  const [image] = images(path);
  assert.ok(dpi >= 36 && dpi < 200 && Math.abs((image?.dpi[0] ?? 0) - dpi) <= 1, `${dpi} and ${image?.dpi}`);
});

test('an area cuts imagery along its outline', async () => {
  const [[w = 0, s = 0] = [], [e = 0, n = 0] = []] = transformed('EPSG:2193', 'EPSG:4326', [
    [1_600_100, 5_399_600],
    [1_600_500, 5_399_900],
  ]);
  const area = [[[...(boxArea(w, s, e, n)[0]?.[0]?.slice(0, 3) ?? []), [w, s]]]];
  const { path } = await make([imagery], { area, options: { pdf_raster_dpi: 150 } });
  const color = seen(path);
  // A triangle of the box's corners but the north-western one.
  assert.ok(!color(...onPage(path, 1_600_420, 5_399_680)).every((part) => part > 230), 'inside');
  assert.ok(
    color(...onPage(path, 1_600_180, 5_399_840)).every((part) => part > 230),
    'outside',
  );
  assert.deepEqual(
    images(path).map(({ kind }) => kind),
    ['image', 'smask'],
  );
});

test('the legend of a grid tells its range, and its colours go from light to dark, or to the one asked for', async () => {
  for (const color of [null, '#0044aa']) {
    const { path, layers } = await make([{ ...heights, color }], { options: { include_legend: true } });
    const symbol = layers[0]?.symbol;
    assert.ok(symbol?.kind === 'ramp');
    const lightness = symbol.colors.map(
      (one) => Number.parseInt(one.slice(1, 3), 16) + 2 * Number.parseInt(one.slice(3, 5), 16) + Number.parseInt(one.slice(5), 16),
    );
    assert.deepEqual(
      lightness,
      lightness.toSorted((a, b) => b - a),
    );
    const words = wordsOf(path).map(({ text }) => text);
    const ends = symbol.ticks.map((tick) => Number(tick));
    assert.ok(Math.abs((ends[0] ?? 0) - 100) < 3 && Math.abs((ends[2] ?? 0) - 335) < 3, symbol.ticks.join(' '));
    for (const tick of symbol.ticks) assert.ok(words.includes(tick), `${tick} in ${words.join(' ')}`);
    assert.match(readPdf(path).pageContent, /re f/);
  }
});

test('a grid on both sides of the antimeridian has one range of colours', async () => {
  // High ground in the west alone; what lies around it is as high on either side.
  const pixel = (x: number, y: number) => (x > 350 && y < 105 ? 1000 : 50);
  const place: [number, number, number, number] = [-180, 90, 1, 1];
  const file = raster(folder, 'sides.tif', { type: 'Int16', size: [360, 180], crs: 'EPSG:4326', place, pixel });
  const grid = await publish(file, { title: 'Rain', kind: 'grid' });
  const { path, layers } = await make([grid], { crs: 'EPSG:4326', area: boxArea(170, -20, 190, -10) });
  const symbol = layers[0]?.symbol;
  assert.ok(symbol?.kind === 'ramp' && symbol.ticks.at(-1)?.endsWith('000'), JSON.stringify(symbol));
  const color = seen(path);
  const [west, east, high] = [color(...onPage(path, 172, -18)), color(...onPage(path, 188, -18)), color(...onPage(path, 172, -12))];
  const apart = (one: readonly number[], other: readonly number[]) => Math.max(...one.map((part, i) => Math.abs(part - (other[i] ?? 0))));
  assert.ok(apart(west, east) < 6 && apart(west, high) > 60, `${west} and ${east}, ${high} where it is high`);
});

test('values that are no heights have colours of their own, which differ in lightness all the way', async () => {
  const source = raster(folder, 'rain.tif', { type: 'Float32', pixel: (x) => x / 10 });
  const { layers } = await make([await publish(source, { title: 'Rain in a year', kind: 'grid' })]);
  const symbol = layers[0]?.symbol;
  assert.ok(symbol?.kind === 'ramp');
  assert.deepEqual([symbol.colors[0], symbol.colors.at(-1)], ['#440154', '#fde725']);
  assert.match(symbol.ticks.join(' '), /^0(\.0\d)? 3\.1\d 6\.\d+$/);
});

test('classes have a colour each, and the legend names those that are seen', async () => {
  const columns = ['<Name>Value</Name><Type>0</Type><Usage>5</Usage>', '<Name>Class</Name><Type>2</Type><Usage>2</Usage>'];
  const fields = columns.map((column, index) => `<FieldDefn index="${index}">${column}</FieldDefn>`).join('');
  const rows = ['<F>1</F><F>Bush</F>', '<F>7</F><F>Water</F>', '<F>9</F><F>Tundra</F>'].map(
    (row, index) => `<Row index="${index}">${row}</Row>`,
  );
  const table = `<GDALRasterAttributeTable tableType="thematic">${fields}${rows.join('')}</GDALRasterAttributeTable>`;
  // The last pixels have a value that is no class.
  const source = raster(folder, 'cover.tif', { type: 'Byte', pixel: (x) => (x < 32 ? 1 : x < 60 ? 7 : 3) });
  writeFileSync(`${source}.aux.xml`, `<PAMDataset><PAMRasterBand band="1">${table}</PAMRasterBand></PAMDataset>`);
  const cover = await publish(source, { title: 'Land cover' });
  assert.equal(cover.profile.kind, 'rat');
  const { path, layers } = await make([cover], { options: { include_legend: true } });
  assert.deepEqual(layers[0]?.symbol, {
    kind: 'classes',
    classes: [
      { value: 1, name: 'Bush', color: '#4477aa' },
      { value: 7, name: 'Water', color: '#cc6677' },
    ],
  });
  const text = tool('pdftotext', path, '-');
  assert.match(text, /Land cover\s+Bush\s+Water/);
  assert.doesNotMatch(text, /Tundra/);
  const color = seen(path);
  assert.deepEqual(color(...onPage(path, 1_600_100, 5_399_760)), [0x44, 0x77, 0xaa]);
  assert.deepEqual(color(...onPage(path, 1_600_400, 5_399_760)), [0xcc, 0x66, 0x77]);
  assert.deepEqual(color(...onPage(path, 1_600_620, 5_399_760)), [245, 246, 244], 'no class');
});

test('imagery is seen through polygons that lie on it', async () => {
  const corners = transformed('EPSG:2193', 'EPSG:4326', [
    [1_600_100, 5_399_600],
    [1_600_300, 5_399_600],
    [1_600_300, 5_399_900],
    [1_600_100, 5_399_900],
    [1_600_100, 5_399_600],
  ]);
  const file = join(folder, 'on-imagery.geojson');
  writeFileSync(file, JSON.stringify({ type: 'Polygon', coordinates: [corners] }));
  const block = { ...(await publish(file, { title: 'A block' })), color: '#0000ff' };
  const inside = async (items: (typeof imagery)[]) => {
    const { path } = await make(items, { options: { pdf_raster_dpi: 150 } });
    return seen(path)(...onPage(path, 1_600_200, 5_399_760));
  };
  const [red = 0, , blue = 0] = await inside([block, imagery]);
  assert.ok(red > 140 && blue > 50 && blue < 100, `red imagery, a little blue: ${red}, ${blue}`);
  const [alone = 0] = await inside([block]);
  assert.ok(alone < 150, `more colour on paper: ${alone}`);
  const { layers } = await make([imagery, block]);
  assert.deepEqual(layers[0]?.warnings, []);
  assert.match(layers[1]?.warnings.join(' ') ?? '', /^"Imagery" lies over it and hides what it covers/);
});

test('a tile of a layer is shown alone, and a tile elsewhere is empty', async () => {
  const dir = join(folder, 'tiles');
  const { mkdirSync } = await import('node:fs');
  mkdirSync(dir);
  for (const column of [0, 1])
    raster(dir, `T${column}.tif`, { type: 'Byte', pixel: () => 100 + 100 * column, place: [1_600_000 + column * 640, 5_400_000, 10, 10] });
  const tiled = await publish(dir, { title: 'Tiles', kind: 'raster' });
  const whole = await make([tiled]);
  const one = await make([{ ...tiled, tile: 'T1' }, imagery]);
  const color = seen(one.path);
  assert.ok((color(...onPage(one.path, 1_600_900, 5_399_760))[0] ?? 0) > 180);
  assert.equal(images(whole.path)[0]?.color, 'gray');
  const [[w = 0, s = 0] = [], [e = 0, n = 0] = []] = transformed('EPSG:2193', 'EPSG:4326', [
    [1_600_100, 5_399_600],
    [1_600_500, 5_399_900],
  ]);
  const outside = await make([{ ...tiled, tile: 'T1' }, imagery], { area: boxArea(w, s, e, n) });
  assert.deepEqual(
    outside.layers.map(({ isEmpty }) => isEmpty),
    [true, false],
  );
  assert.match(outside.layers[0]?.warnings.join(' ') ?? '', /empty/);
});
