import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ExportFailure } from '../../src/vector/writer.ts';
import { districts, ORIGIN, parcels, roads } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { boxArea, maps, placed, transformed } from '../fixtures/maps.ts';
import { boxesOf, pathsOf, readPdf, tool, wordsOf } from '../fixtures/pdf.ts';

const folder = temporaryFolder();
const { publish, make } = await maps(folder);
const EVERYTHING = { include_scale: true, include_scale_grid: true, include_lat_lon_grid: true, include_legend: true };
const [W, S] = ORIGIN;

const lots = await publish(parcels(folder), { title: 'Parcels of Ōtautahi' });
const lines = await publish(roads(folder), { title: 'Roads' });
const areas = await publish(districts(folder), { title: 'Districts' });

/** Places of the parts of the page that a map's layer is drawn in: hundredths of points. */
function layerPaths(path: string, form = 0): [number, number][][] {
  const pdf = readPdf(path);
  const [, reference] = pdf.forms[form] ?? [];
  return pathsOf(pdf.content(reference)).map((places) => places.map(([x, y]): [number, number] => [x / 100, y / 100]));
}

test('a map is valid, opens, and is the same for the same request', async () => {
  const one = await make([lines, lots, areas], { options: EVERYTHING });
  const other = await make([lines, lots, areas], { options: EVERYTHING });
  assert.match(tool('qpdf', '--check', one.path), /No syntax or stream encoding errors/);
  tool('pdftoppm', '-r', '30', '-png', one.path, join(folder, 'page'));
  assert.deepEqual(readFileSync(one.path), readFileSync(other.path));
});

test('GDAL places the page in the CRS, within half a point of where PROJ puts corners of the data', async () => {
  for (const crs of ['EPSG:2193', 'EPSG:3857', 'EPSG:4167', 'EPSG:27200', 'EPSG:2263']) {
    const { path, layers } = await make([areas], { crs });
    assert.deepEqual(layers[0]?.isEmpty, false);
    const { toMap, scale, wkt } = placed(path);
    assert.match(wkt, new RegExp(`ID\\["EPSG",${crs.slice(5)}\\]\\]$`), crs);
    const corners = transformed('EPSG:4326', crs, [
      [W, S],
      [W + 0.5, S],
      [W + 1, S + 1],
      [W, S + 1],
    ]);
    const drawn = layerPaths(path)
      .flat()
      .map(([x, y]) => toMap(x, y));
    for (const [x, y] of corners) {
      const nearest = Math.min(...drawn.map(([a, b]) => Math.hypot(a - x, b - y))) * scale;
      assert.ok(nearest < 0.5, `${crs}: a corner is ${nearest} points away`);
    }
  }
});

test('a square metre is placed as well as a country is', async () => {
  const [[w = 0, s = 0] = []] = transformed('EPSG:2193', 'EPSG:4326', [[1_749_000, 5_427_000]]);
  const [[e = 0, n = 0] = []] = transformed('EPSG:2193', 'EPSG:4326', [[1_749_001, 5_427_001]]);
  const file = join(folder, 'metre.geojson');
  const [ring] = boxArea(w, s, e, n)[0] ?? [];
  writeFileSync(file, JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
  const { path } = await make([await publish(file, { title: 'A square metre' })], { options: EVERYTHING });
  const { toMap, scale } = placed(path);
  const drawn = layerPaths(path)
    .flat()
    .map(([x, y]) => toMap(x, y));
  const nearest = Math.min(...drawn.map(([x, y]) => Math.hypot(x - 1_749_000, y - 5_427_000)));
  assert.ok(nearest * scale < 0.5, `${nearest} m away`);
});

test('a deprecated CRS is placed as itself', async () => {
  const file = join(folder, 'antarctic.geojson');
  const [ring] = boxArea(-60, -80, 20, -62)[0] ?? [];
  writeFileSync(file, JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
  const layer = await publish(file, { title: 'A sector' });
  const { path } = await make([layer], { crs: 'EPSG:3412' });
  assert.match(placed(path).wkt, /Hughes 1980/);
});

test('north is at the top also where a CRS counts to the west and south, and its coordinates are told as they are', async () => {
  for (const [crs, west, south] of [
    ['EPSG:2048', 18.5, -33],
    ['EPSG:29379', 19.5, -23],
    ['EPSG:5513', 15, 49.5],
  ] as const) {
    const file = join(folder, `${crs.slice(5)}.geojson`);
    const [ring = []] = boxArea(west, south, west + 0.2, south + 0.2)[0] ?? [];
    // A corner is missing in the north-east.
    writeFileSync(file, JSON.stringify({ type: 'Polygon', coordinates: [[ring[0], ring[1], ring[3], ring[0]]] }));
    const { path, layers } = await make([await publish(file, { title: crs })], { crs, options: { include_scale_grid: true } });
    assert.deepEqual(layers[0]?.warnings, [], crs);
    const { toMap, scale, wkt } = placed(path);
    const corners: [number, number][] = [
      [west, south],
      [west + 0.2, south],
      [west, south + 0.2],
    ];
    const places = layerPaths(path).flat();
    const onPage = transformed('EPSG:4326', wkt, corners).map(([x, y]) => {
      const near = places.map((place) => ({ place, away: Math.hypot(toMap(...place)[0] - x, toMap(...place)[1] - y) * scale }));
      return near.reduce((a, b) => (b.away < a.away ? b : a));
    });
    for (const { away } of onPage) assert.ok(away < 0.5, `${crs}: a corner is ${away} points away`);
    const [[left = 0, bottom = 0], [right = 0], [, top = 0]] = onPage.map(({ place }) => place) as [
      [number, number],
      [number, number],
      [number, number],
    ];
    assert.ok(right - left > 50 && top - bottom > 50, crs);
    // The CRS's own coordinates of the lower left corner, as the labels count, which fall to the right and upwards.
    const labels = wordsOf(path).filter(({ text }) => /^[NESW]$/.test(text));
    assert.deepEqual(new Set(labels.map(({ text }) => text)), new Set(['W', 'S']), crs);
    const own = transformed('EPSG:4326', crs, corners);
    const counts = (at: number) => own.map((place) => place[at] ?? 0);
    const isSwapped = crs === 'EPSG:5513';
    const [westing, southing] = isSwapped ? [counts(1), counts(0)] : [counts(0), counts(1)];
    assert.ok((westing[0] ?? 0) > (westing[1] ?? 0) && (southing[0] ?? 0) > (southing[2] ?? 0), crs);
    const page = toMap(left, bottom);
    assert.ok(Math.abs(page[0] + (westing[0] ?? 0)) * scale < 0.5 && Math.abs(page[1] + (southing[0] ?? 0)) * scale < 0.5, crs);
  }
});

test('a map in a CRS that cannot be turned tells that the north is not at the top', async () => {
  const file = join(folder, 'austria.geojson');
  const [ring] = boxArea(14, 48, 14.2, 48.2)[0] ?? [];
  writeFileSync(file, JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
  const { path, layers } = await make([await publish(file, { title: 'Gusterberg' })], {
    crs: 'EPSG:8044',
    options: { include_scale_grid: true },
  });
  assert.match(layers[0]?.warnings.join(' ') ?? '', /west is at the top of the map, which is seen as in a mirror/);
  const labels = wordsOf(path).filter(({ text }) => /^[NESW]$/.test(text));
  assert.deepEqual(new Set(labels.map(({ text }) => text)), new Set(['W', 'S']));
});

/** A scale bar's points on the page, and the metres that it says. */
function barOf(path: string): { width: number; length: number } {
  const width = boxesOf(readPdf(path).pageContent).reduce((sum, box) => sum + box.width, 0);
  const words = wordsOf(path);
  const unit = words.findIndex(({ text }) => text === 'km');
  return { width, length: Number(words[unit - 1]?.text) * 1000 };
}

test('the scale bar is as long as its ground, on projected maps and on those in degrees', async () => {
  for (const crs of ['EPSG:2193', 'EPSG:3857', 'EPSG:4326']) {
    const { path } = await make([areas], { crs, options: { include_scale: true } });
    const { width, length } = barOf(path);
    // Two places of the parallel through the map's middle, and how far apart they are on the page.
    const middle = S + 0.5;
    const pair = transformed('EPSG:4326', crs, [
      [W + 0.4, middle],
      [W + 0.6, middle],
    ]);
    const { scale } = placed(path);
    const points = Math.hypot((pair[1]?.[0] ?? 0) - (pair[0]?.[0] ?? 0), (pair[1]?.[1] ?? 0) - (pair[0]?.[1] ?? 0)) * scale;
    // The parallel's length, by the ellipsoid's radius there (EPSG guidance note 7-2, GRS 1980).
    const latitude = (middle * Math.PI) / 180;
    const radius = (6_378_137 * Math.cos(latitude)) / Math.sqrt(1 - 0.00669438002 * Math.sin(latitude) ** 2);
    const metres = (radius * 0.2 * Math.PI) / 180;
    assert.ok(Math.abs(width / length / (points / metres) - 1) < 0.005, `${crs}: ${width} points for ${length} m`);
    const [, first = 0] = /^[125]0*$/.exec(String(length)) ? [0, 1] : [];
    assert.equal(first, 1, `${length} is a round number`);
    const numeric = /1:([\d\s\u2009]+?)\s+in the middle/.exec(tool('pdftotext', '-layout', path, '-'))?.[1];
    const denominator = Number(numeric?.replace(/\D/g, ''));
    assert.ok(Math.abs(((width / 72) * 0.0254 * denominator) / length - 1) < 0.001, `${crs}: 1:${denominator}`);
  }
});

test('the scale is true in the middle of a map that has a pole there, and of one whose surroundings end at a pole', async () => {
  const file = join(folder, 'north.geojson');
  const [ring] = boxArea(-30, 75, 40, 82)[0] ?? [];
  writeFileSync(file, JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
  const layer = await publish(file, { title: 'A sector in the north' });
  for (const [crs, south] of [
    ['EPSG:3413', 60],
    ['EPSG:3995', 74],
    ['EPSG:4326', 70],
  ] as const) {
    const { path } = await make([layer], { crs, area: boxArea(-180, south, 180, 90), options: { include_scale: true } });
    const { width, length } = barOf(path);
    const [left, bottom, right, top] = readPdf(path).page['/VP'][0]['/BBox'];
    const { toMap } = placed(path);
    // Half a point on both sides of the middle, and how far that is in UPS North, where the scale at the pole is 0.994 (EPSG guidance note 7-2, 3.2.2).
    const [from = [0, 0], to = [0, 0]] = transformed(crs, 'EPSG:32661', [
      toMap((left + right) / 2 - 0.5, (bottom + top) / 2),
      toMap((left + right) / 2 + 0.5, (bottom + top) / 2),
    ]);
    const polar = Math.hypot(from[0] - 2_000_000, from[1] - 2_000_000) / (2 * 6_378_137);
    // Away from the pole it grows with the square of the distance, as on a sphere.
    const metres = Math.hypot(to[0] - from[0], to[1] - from[1]) / (0.994 * (1 + polar ** 2));
    assert.ok(
      Math.abs((metres * width) / length - 1) < 0.01,
      `${crs}: ${width} points are ${metres * width} m, and said to be ${length} m`,
    );
  }
});

test('meridians and parallels cross where PROJ says, and bend', async () => {
  const { path } = await make([areas], { crs: 'EPSG:3031', options: { include_lat_lon_grid: true } });
  const pdf = readPdf(path);
  const drawn = pathsOf(pdf.pageContent.slice(pdf.pageContent.lastIndexOf('BDC'), pdf.pageContent.lastIndexOf('EMC')));
  const { toMap, scale } = placed(path);
  const labels = wordsOf(path).map(({ text }) => text);
  assert.ok(labels.includes('170°00′E') && labels.includes('43°30′S'), labels.join(' '));
  const [crossing = [0, 0]] = transformed('EPSG:4326', 'EPSG:3031', [[170.5, -43.5]]);
  // Both lines pass through the place, one by one.
  const passing = drawn.filter((line) =>
    line.some((place, i) => {
      const [a, b] = [toMap(...place), toMap(...(line[i + 1] ?? place))];
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      const along = length === 0 ? 0 : ((crossing[0] - a[0]) * (b[0] - a[0]) + (crossing[1] - a[1]) * (b[1] - a[1])) / length ** 2;
      const t = Math.max(0, Math.min(1, along));
      return Math.hypot(a[0] + t * (b[0] - a[0]) - crossing[0], a[1] + t * (b[1] - a[1]) - crossing[1]) * scale < 0.1;
    }),
  );
  assert.equal(passing.length, 2);
  const bends = passing.map((line) => {
    const [first = [0, 0], last = [0, 0]] = [line[0], line.at(-1)];
    const length = Math.hypot(last[0] - first[0], last[1] - first[1]);
    return Math.max(
      ...line.map(([x, y]) => Math.abs((last[0] - first[0]) * (y - first[1]) - (last[1] - first[1]) * (x - first[0])) / length),
    );
  });
  // Meridians of a polar projection are straight, its parallels circles.
  assert.ok(Math.min(...bends) < 0.05 && Math.max(...bends) > 0.3, bends.join(' '));
});

test('layers are groups that can be switched, the first on top, with bookmarks and metadata', async () => {
  const { path } = await make([lines, lots], { title: 'Whangārei & <Ōtautahi>', options: EVERYTHING });
  const { get, root, info, pageContent, properties, content } = readPdf(path);
  const names = root['/OCProperties']['/D']['/Order'].map((one: string) => get(one)['/Name'].slice(2));
  assert.deepEqual(names, ['Roads', 'Parcels of Ōtautahi', 'Graticule']);
  const drawn = [...pageContent.matchAll(/\/OC \/(\w+) BDC/g)].map(([, name]) => get(properties[`/${name}`])['/Name'].slice(2));
  assert.deepEqual(drawn, ['Parcels of Ōtautahi', 'Roads', 'Graticule']);
  const map = get(get(root['/Outlines'])['/First']);
  assert.equal(map['/Title'].slice(2), 'Whangārei & <Ōtautahi>');
  assert.deepEqual([get(map['/First'])['/Title'].slice(2), get(map['/Last'])['/Title'].slice(2)], names.slice(0, 2));
  assert.equal(info['/CreationDate'].slice(2), 'D:20260304050607Z');
  const xmp = Buffer.from(content(root['/Metadata']), 'latin1').toString('utf8');
  assert.match(xmp, /<rdf:li xml:lang="x-default">Whangārei &#38; &#60;Ōtautahi&#62;<\/rdf:li>/);
  assert.match(xmp, /<xmp:CreateDate>2026-03-04T05:06:07Z</);
});

test('the page always tells its CRS, extent, date, licence and source', async () => {
  const { path } = await make([lots]);
  const text = tool('pdftotext', '-layout', path, '-');
  assert.match(text, /NZGD2000 \/ New Zealand Transverse Mercator 2000 \(EPSG:2193\)/);
  assert.match(text, /170°00′E to 171°00′E, 44°00′S to 43°00′S/);
  assert.match(text, /4 March 2026/);
  assert.match(text, /Source: Test Site \(https:\/\/data\.example\.org\)\. Licence: .*Creative Commons Attribution 4\.0/);
});

test('the extent of one place is told as a place, and that of what lies in the CRS by what is there', async () => {
  const said = (path: string) => /(Extent|Place): [^·]*(?= ·)/.exec(tool('pdftotext', '-layout', path, '-'))?.[0];
  const features = (...places: [number, number][]) => {
    const file = join(folder, `places-${places.length}.geojson`);
    writeFileSync(file, JSON.stringify({ type: 'MultiPoint', coordinates: places }));
    return publish(file, { title: 'Places' });
  };
  const one = await make([await features([174.78, -41.29])]);
  assert.equal(said(one.path), 'Place: 174°46′48.0″E, 41°17′24.0″S');
  // Half of them are on the other side of the Earth.
  const more = await make([lots, await features([10, 50], [11, 51])]);
  assert.match(said(more.path) ?? '', /^Extent: 170°\d\d′E to 17[01]°\d\d′E, 44°00′S to 43°\d\d′S$/);
});

type Ring = readonly (readonly number[])[];

/** Publishes polygons of one ring each, as one feature; the first has a hole, where one is given. */
function publishRings(name: string, code: number, rings: readonly Ring[], hole?: Ring) {
  const file = join(folder, `${name}.geojson`);
  const crs = { type: 'name', properties: { name: `urn:ogc:def:crs:EPSG::${code}` } };
  const geometry = { type: 'MultiPolygon', coordinates: rings.map((ring, n) => (hole && n === 0 ? [ring, hole] : [ring])) };
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', crs, features: [{ type: 'Feature', properties: {}, geometry }] }));
  return publish(file, { title: name });
}

/** A ring of more than a megabyte. */
function circle(x: number, y: number, radius: number): number[][] {
  const corners = 150_000;
  return Array.from({ length: corners + 1 }, (_, n) => {
    const angle = (2 * Math.PI * (n % corners)) / corners;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

test('a large feature is drawn as it is, whoever brings it to the map’s CRS', async () => {
  const [end, size] = [20_037_508, 100_000];
  const cases = [
    // Across the antimeridian.
    ['Fiji', 3460, [circle(2_100_000, 4_000_000, 90_000)], ['EPSG:4326', 'EPSG:3857']],
    // With something at both ends of the Earth: by GDAL.
    [
      'world',
      4087,
      [circle(0, 0, 5_000_000), ...[-end, end - size].map((x) => boxArea(x, 0, x + size, size)[0]?.[0] ?? [])],
      ['EPSG:4326'],
    ],
  ] as const;
  for (const [name, code, rings, crss] of cases) {
    const layer = await publishRings(name, code, rings);
    for (const crs of crss) {
      const drawn = layerPaths((await make([layer], { crs })).path).filter((path) => path.length > 20);
      const places = drawn.flat();
      const [width, height] = [0, 1].map((axis) => {
        const values = places.map((place) => place[axis] ?? 0);
        return Math.max(...values) - Math.min(...values);
      });
      const area = drawn.reduce((sum, path) => sum + Math.abs(shoelace(path)), 0);
      // What is cut at 180° has its outline drawn apart.
      const circles = area / (((width ?? 0) * (height ?? 0) * Math.PI) / 4);
      const isWhole = Math.abs(circles - (name === 'Fiji' ? 2 : 1)) < 0.02;
      assert.ok(isWhole, `${name} in ${crs}: ${circles} circles`);
    }
  }
});

test('long edges of a large feature bend as the map’s CRS bends them, across the antimeridian too', async () => {
  const [x, y, side] = [1_990_000, 3_900_000, 400_000];
  const square = boxArea(x, y, x + side, y + side)[0]?.[0] ?? [];
  const layer = await publishRings('square', 3460, [square], circle(x + side / 2, y + side / 2, 50_000).reverse());
  const { path, layers } = await make([layer], { crs: 'EPSG:3857' });
  // What bends past where the layer was found to reach is not left out.
  assert.deepEqual(layers[0]?.warnings, []);
  const { toMap, scale } = placed(path);
  const drawn = layerPaths(path)
    .flat()
    .map(([left, up]) => toMap(left, up));
  const along = [0.15, 0.4, 0.5, 0.85].map((part): [number, number] => [x + part * side, y + side]);
  const turn = 2 * Math.PI * 6_378_137;
  for (const [x, north] of transformed('EPSG:3460', 'EPSG:3857', along)) {
    const place = [x + turn * Math.round(((drawn[0]?.[0] ?? x) - x) / turn), north] as const;
    const nearest = Math.min(...drawn.slice(1).map((to, n) => farFrom(place, drawn[n] ?? to, to))) * scale;
    assert.ok(nearest < 0.1, `${nearest} points from the edge`);
  }
});

/** How far a place is from a segment. */
function farFrom(place: readonly [number, number], from: readonly [number, number], to: readonly [number, number]): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const part = ((place[0] - from[0]) * dx + (place[1] - from[1]) * dy) / Math.max(Number.MIN_VALUE, dx * dx + dy * dy);
  const along = Math.max(0, Math.min(1, part));
  return Math.hypot(place[0] - from[0] - along * dx, place[1] - from[1] - along * dy);
}

function shoelace(path: readonly [number, number][]): number {
  return path.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = path[(i + 1) % path.length] ?? [x, y];
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);
}

test('a layer has its own colour, and others one each', async () => {
  const { path, layers } = await make([{ ...lots, color: '#4477AA' }, areas, lines]);
  const colors = layers.map(({ symbol }) => (symbol.kind === 'vector' ? symbol.color : null));
  assert.equal(colors[0], '#4477AA');
  assert.equal(new Set(colors.map((color) => color?.toLowerCase())).size, 3);
  const pdf = readPdf(path);
  assert.ok(pdf.forms.some(([, form]) => /0\.2667 0\.4667 0\.6667 rg/.test(pdf.content(form))));
});

test('white lines are seen on the map and in its legend', async () => {
  const options = { include_legend: true };
  const shades = (content: string) => [...content.matchAll(/([\d.]+) [\d.]+ [\d.]+ rg [^\n]* re f/g)].map(([, red]) => Number(red));
  const usual = shades(readPdf((await make([lines], { options })).path).pageContent);
  const white = shades(readPdf((await make([{ ...lines, color: '#FFFFFF' }], { options })).path).pageContent);
  // The paper of the map alone, and that with a piece of it under the line in the legend.
  assert.equal(usual.length, 1);
  assert.equal(white.length, 2);
  assert.ok((usual[0] ?? 0) > 0.9 && white.every((shade) => shade < 0.8), `${usual} and ${white}`);
});

/** How wide a map is, of all longitudes. */
function turnsOf(path: string, crs: string): number {
  const [left, , right] = readPdf(path).page['/VP'][0]['/BBox'];
  return (right - left) / placed(path).scale / (crs === 'EPSG:4326' ? 360 : 2 * Math.PI * 6_378_137);
}

test('maps across the antimeridian and around a pole show what is there in one piece', async () => {
  const file = join(folder, 'both-sides.geojson');
  const square = (x: number, y: number) => boxArea(x, y, x + 1, y + 1)[0];
  writeFileSync(
    file,
    JSON.stringify({ type: 'MultiPolygon', coordinates: [square(178, -18), square(-179, -18), square(100, 85), square(-100, 85)] }),
  );
  const layer = await publish(file, { title: 'On both sides' });
  for (const crs of ['EPSG:4326', 'EPSG:3857']) {
    const { path } = await make([layer], { crs, area: boxArea(175, -20, 185, -15), options: EVERYTHING });
    const drawn = layerPaths(path);
    assert.equal(drawn.length, 2, crs);
    const lefts = drawn.map((places) => Math.min(...places.map(([x]) => x))).sort((a, b) => a - b);
    const [[west = 0] = [], [east = 0] = []] = transformed('EPSG:4326', crs, [
      [0, 0],
      [3, 0],
    ]);
    const apart = (east - west) * placed(path).scale;
    assert.ok(Math.abs((lefts[1] ?? 0) - (lefts[0] ?? 0) - apart) < 0.5, `${crs}: ${lefts}`);
    assert.ok(wordsOf(path).some(({ text }) => text === '180°'));
  }
  // Without an area too, where that is how they are published: as near to each other as they lie.
  const near = join(folder, 'islands.geojson');
  writeFileSync(near, JSON.stringify({ type: 'MultiPolygon', coordinates: [square(178, -18), square(-179, -18)] }));
  const islands = await publish(near, { title: 'Islands on both sides' });
  for (const crs of ['EPSG:4326', 'EPSG:3857', 'EPSG:3832']) {
    const { path } = await make([islands], { crs });
    assert.equal(layerPaths(path).length, 2, crs);
    assert.ok(turnsOf(path, crs) < 0.05, `${crs}: ${turnsOf(path, crs)} turns`);
  }
  // All around the Earth is once around it, wherever the CRS begins.
  const belt = join(folder, 'belt.geojson');
  writeFileSync(belt, JSON.stringify({ type: 'MultiPolygon', coordinates: boxArea(-180, -20, 180, -15) }));
  const { path: around } = await make([await publish(belt, { title: 'A belt' })], { crs: 'EPSG:3832', options: EVERYTHING });
  assert.ok(turnsOf(around, 'EPSG:3832') < 1.1, `${turnsOf(around, 'EPSG:3832')} turns`);
  // In a CRS that is meant for both sides: the parts in the far north are not.
  const fiji = await make([layer], { crs: 'EPSG:3460' });
  assert.equal(layerPaths(fiji.path).length, 2);
  const polar = await make([layer], { crs: 'EPSG:3995', area: boxArea(-180, 80, 180, 90), options: EVERYTHING });
  const { toMap, scale } = placed(polar.path);
  const drawn = layerPaths(polar.path)
    .flat()
    .map(([x, y]) => toMap(x, y));
  for (const [x, y] of transformed('EPSG:4326', 'EPSG:3995', [
    [100, 85],
    [-100, 85],
  ]))
    assert.ok(Math.min(...drawn.map(([a, b]) => Math.hypot(a - x, b - y))) * scale < 0.5);
});

test('a map is fitted to where its features are, not to the corners of their extent, nor to what the CRS is not meant for', async () => {
  const file = join(folder, 'states.geojson');
  const squares = [boxArea(-123, 47, -122, 48), boxArea(-68, 45, -67, 46), boxArea(-82, 26, -81, 27), boxArea(-150, 64, -149, 65)];
  const features = squares.map((coordinates) => ({ type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates } }));
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }));
  const states = await publish(file, { title: 'States' });
  const { path, layers } = await make([states], { crs: 'EPSG:5070', options: { page_orientation: 'portrait' } });
  assert.match(layers[0]?.warnings.join(' ') ?? '', /only what EPSG:5070 is meant for/);
  const xs = layerPaths(path).flatMap((places) => places.map(([x]) => x));
  const [left, , right] = readPdf(path).page['/VP'][0]['/BBox'];
  const [wide, all] = [Math.max(...xs) - Math.min(...xs), right - left];
  assert.ok(wide > all * 0.85, `${wide} of ${all} points`);
  // What was asked for is shown, also where nothing is.
  const asked = await make([states], { crs: 'EPSG:5070', area: boxArea(-125, 24, -66, 50) });
  const [[west = 0] = [], [east = 0] = []] = transformed('EPSG:4326', 'EPSG:5070', [
    [-125, 24],
    [-66, 24],
  ]);
  const [from, , to] = readPdf(asked.path).page['/VP'][0]['/BBox'];
  const { toMap } = placed(asked.path);
  assert.ok(toMap(from, 0)[0] < west && toMap(to, 0)[0] > east);
});

test('edges bend where the projection bends them', async () => {
  const file = join(folder, 'sector.geojson');
  const [ring] = boxArea(0, 70, 90, 80)[0] ?? [];
  writeFileSync(file, JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
  const { path } = await make([await publish(file, { title: 'A sector' })], { crs: 'EPSG:3995' });
  const { toMap, scale } = placed(path);
  const drawn = layerPaths(path)
    .flat()
    .map(([x, y]) => toMap(x, y));
  const [middle = [0, 0]] = transformed('EPSG:4326', 'EPSG:3995', [[45, 70]]);
  const radius = Math.hypot(...middle);
  // On the parallel all the way, not on the chord below it.
  const outer = drawn.filter(([x, y]) => Math.abs(Math.hypot(x, y) - radius) * scale < 0.2);
  assert.ok(outer.length > 10, `${outer.length} positions on the parallel`);
  assert.ok(Math.min(...outer.map(([x, y]) => Math.hypot(x - middle[0], y - middle[1]))) * scale < 20);
});

test('a layer of which nothing lies in the area is told, and is not in the legend', async () => {
  const { path, layers } = await make([lots, areas], { area: boxArea(W + 2, S + 2, W + 3, S + 3), options: EVERYTHING });
  assert.deepEqual(
    layers.map(({ isEmpty }) => isEmpty),
    [true, true],
  );
  assert.ok(layers.every(({ warnings }) => warnings.some((warning) => /empty/.test(warning))));
  const text = tool('pdftotext', path, '-');
  assert.doesNotMatch(text.split('Legend')[1] ?? '', /Districts\n/);
  assert.match(text, /No layer has anything here\./);
});

test('a map of more bytes than can be opened is refused, with what to ask for instead', async () => {
  const making = make([areas], { mostBytes: 10_000 });
  await assert.rejects(making, (error: unknown) => {
    assert.ok(error instanceof ExportFailure);
    assert.deepEqual([error.code, /lower pdf_raster_dpi/.test(error.message)], ['too-large', true]);
    return true;
  });
});

test('a map that is no longer wanted ends within a second', async () => {
  const controller = new AbortController();
  let cancelled = 0;
  const making = make([lots, areas], {
    options: EVERYTHING,
    signal: controller.signal,
    onProgress: () => {
      cancelled ||= Date.now();
      controller.abort(new Error('no longer wanted'));
    },
  });
  await assert.rejects(making, /no longer wanted/);
  assert.ok(cancelled > 0 && Date.now() - cancelled < 1000);
});
