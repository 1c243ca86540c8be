import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { layerSquare, writeLayer } from './layers.ts';
import { RASTER_CASES, rasterBody, rasterLayers } from './rastercases.ts';
import { circle } from './shapes.ts';
import { BenchSite } from './site.ts';

const FEATURES = 20_000;
/** Layers of the demo data and of `layers.ts`, by their ids here. */
const LAYERS = { countries: 1, borders: 2, cities: 3, counties: 4, parcels: 21, roads: 22, addresses: 23 } as const;
/** Layers of the demo data of other kinds. */
const PIXELS = { imagery: [6, 'raster'], elevation: [7, 'grid'], continents: [8, 'rat'] } as const;
const FACTS = 5;
const MIMETYPES = {
  shp: 'application/x-zipped-shp',
  gpkg: 'application/x-ogc-gpkg',
  gdb: 'application/x-ogc-filegdb',
  tab: 'application/x-ogc-mapinfo_file',
  mif: 'application/x-ogc-mapinfo_file+mif',
  csv: 'text/csv',
  kml: 'application/vnd.google-earth.kml+xml',
  dxf: 'image/vnd.dxf',
  geojson: 'application/geo+json',
  fgb: 'application/flatgeobuf',
  parquet: 'application/vnd.apache.parquet',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
} as const;
type FormatName = keyof typeof MIMETYPES;

/** One export: what of it is, as which format, in which CRS, cropped to which area. */
export type Case = [item: keyof typeof LAYERS | keyof typeof PIXELS | 'facts', format: FormatName, crs: string, area: Area | null];
type Area = 'small' | 'half' | 'ring' | 'feature' | 'oceania' | 'europe';

/** Sixty, over all formats; made-up layers are in EPSG:2193, the demo's in EPSG:4326. */
export const CASES: readonly Case[] = [
  ['parcels', 'shp', 'EPSG:2193', null],
  ['parcels', 'shp', 'EPSG:4326', 'half'],
  ['parcels', 'gpkg', 'EPSG:2193', 'ring'],
  ['parcels', 'gpkg', 'EPSG:3857', null],
  ['parcels', 'gdb', 'EPSG:2193', 'half'],
  ['parcels', 'tab', 'EPSG:4326', null],
  ['parcels', 'mif', 'EPSG:2193', 'small'],
  ['parcels', 'csv', 'EPSG:2193', null],
  ['parcels', 'csv', 'EPSG:4326', 'ring'],
  ['parcels', 'kml', 'EPSG:4326', 'small'],
  ['parcels', 'dxf', 'EPSG:2193', 'small'],
  ['parcels', 'geojson', 'EPSG:4326', null],
  ['parcels', 'fgb', 'EPSG:2193', 'half'],
  ['parcels', 'parquet', 'EPSG:3857', null],
  ['roads', 'shp', 'EPSG:2193', 'ring'],
  ['roads', 'gpkg', 'EPSG:4326', null],
  ['roads', 'gdb', 'EPSG:4326', 'half'],
  ['roads', 'tab', 'EPSG:2193', 'small'],
  ['roads', 'mif', 'EPSG:4326', null],
  ['roads', 'csv', 'EPSG:2193', 'half'],
  ['roads', 'kml', 'EPSG:4326', 'small'],
  ['roads', 'dxf', 'EPSG:3857', 'half'],
  ['roads', 'geojson', 'EPSG:4326', 'small'],
  ['roads', 'fgb', 'EPSG:4326', null],
  ['roads', 'parquet', 'EPSG:2193', 'half'],
  ['addresses', 'shp', 'EPSG:2193', null],
  ['addresses', 'gpkg', 'EPSG:2193', 'half'],
  ['addresses', 'gdb', 'EPSG:3857', null],
  ['addresses', 'tab', 'EPSG:2193', 'ring'],
  ['addresses', 'csv', 'EPSG:4326', null],
  ['addresses', 'kml', 'EPSG:4326', 'small'],
  ['addresses', 'geojson', 'EPSG:4326', 'half'],
  ['addresses', 'fgb', 'EPSG:2193', 'small'],
  ['addresses', 'parquet', 'EPSG:2193', null],
  ['countries', 'shp', 'EPSG:4326', null],
  ['countries', 'gpkg', 'EPSG:3857', 'oceania'],
  ['countries', 'geojson', 'EPSG:4326', 'feature'],
  ['countries', 'kml', 'EPSG:4326', null],
  ['borders', 'csv', 'EPSG:4326', null],
  ['borders', 'gdb', 'EPSG:4326', null],
  ['cities', 'shp', 'EPSG:4326', 'feature'],
  ['cities', 'csv', 'EPSG:4326', null],
  ['cities', 'gpkg', 'EPSG:3857', null],
  ['counties', 'tab', 'EPSG:4326', null],
  ['counties', 'parquet', 'EPSG:5070', null],
  ['counties', 'mif', 'EPSG:5070', 'feature'],
  ['facts', 'csv', 'EPSG:4326', null],
  ['facts', 'xlsx', 'EPSG:4326', null],
  ['facts', 'gpkg', 'EPSG:4326', null],
  ['facts', 'shp', 'EPSG:4326', null],
  ['parcels', 'pdf', 'EPSG:2193', null],
  ['parcels', 'pdf', 'EPSG:4326', 'small'],
  ['roads', 'pdf', 'EPSG:2193', 'half'],
  ['addresses', 'pdf', 'EPSG:2193', null],
  ['countries', 'pdf', 'EPSG:8857', null],
  ['countries', 'pdf', 'EPSG:3035', 'europe'],
  ['cities', 'pdf', 'EPSG:4326', null],
  ['imagery', 'pdf', 'EPSG:4326', null],
  ['imagery', 'pdf', 'EPSG:3035', 'europe'],
  ['elevation', 'pdf', 'EPSG:3035', 'europe'],
];

/** Makes the exports and prints how far each estimate was from its archive, how long it took, and what was said of the time left. Arguments: --only pixels. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string', default: '' } } });
  const { only } = values;
  const folder = await mkdtemp(join(tmpdir(), 'geocrate-bench-'));
  const publish: string[][] = [];
  for (const kind of ['parcels', 'roads', 'addresses'] as const) {
    await writeLayer(join(folder, `${kind}.fgb`), kind, FEATURES);
    publish.push([join(folder, `${kind}.fgb`), '--id', String(LAYERS[kind]), '--title', kind, '--license', 'CC-BY-4.0']);
  }
  publish.push(...(await rasterLayers(folder)));
  const site = await BenchSite.start(join(folder, 'data'), publish);
  try {
    const features = CASES.map((one) => ({ words: [...one], body: () => bodyOf(site, one) }));
    const pixels = RASTER_CASES.map((one) => ({ words: [...one], body: async () => rasterBody(site.api, one) }));
    for (const [name, cases] of [
      ['features and rows', features],
      ['pixels', pixels],
    ] as const) {
      if (only !== '' && !name.includes(only)) continue;
      await measure(site, name, cases);
    }
  } finally {
    await site.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  site: BenchSite,
  name: string,
  cases: readonly { words: readonly (string | number | null)[]; body: () => Promise<object> }[],
): Promise<void> {
  const factors: number[] = [];
  const paces: number[] = [];
  const times: number[] = [];
  const etas: number[] = [];
  console.log(`${name}`.padEnd(46), 'estimate     archive  factor  validate   seconds, and said');
  for (const { words, body: bodyOfCase } of cases) {
    const body = await bodyOfCase();
    const before = performance.now();
    const { size_estimate_zipped: estimate, seconds_estimate: said } = await site.request('POST', '/exports/validate/', body);
    times.push(performance.now() - before);
    const made = await site.export(body);
    factors.push(Math.max(estimate / made.size, made.size / estimate));
    paces.push(Math.max(said / made.seconds, made.seconds / said));
    etas.push(...made.etas.map(({ said: left, left: was }) => left - was));
    console.log(
      words
        .map((word) => String(word ?? 'all').padEnd(10))
        .join(' ')
        .padEnd(44),
      String(estimate).padStart(10),
      String(made.size).padStart(11),
      `${estimate < made.size ? '-' : '+'}${factors.at(-1)?.toFixed(2)}`.padStart(7),
      `${times.at(-1)?.toFixed(0)} ms`.padStart(9),
      `${made.seconds.toFixed(1)}, ${said?.toFixed(1)}`.padStart(12),
    );
  }
  const near = factors.filter((factor) => factor <= 1.5).length;
  console.log(`\n${near} of ${factors.length} within a factor of 1.5 (${Math.round((100 * near) / factors.length)}%); goal: 90%`);
  const timely = paces.filter((factor) => factor <= 2).length;
  console.log(`seconds_estimate: ${timely} of ${paces.length} within a factor of 2`);
  times.sort((a, b) => a - b);
  console.log(
    `validate, each request for the first time: median ${times[times.length >> 1]?.toFixed(0)} ms, most ${times.at(-1)?.toFixed(0)} ms`,
  );
  const off = etas.map(Math.abs).sort((a, b) => a - b);
  console.log(
    `eta_seconds: ${off.length} answers, median ${off[off.length >> 1]?.toFixed(1)} s off, most ${off.at(-1)?.toFixed(1)} s off\n`,
  );
}

/** The request of a case. */
export async function bodyOf(site: BenchSite, [item, format, crs, area]: Case): Promise<object> {
  const [id, kind] = isPixels(item) ? PIXELS[item] : item === 'facts' ? ([FACTS, 'table'] as const) : ([LAYERS[item], 'vector'] as const);
  return {
    crs,
    formats: { [kind]: MIMETYPES[format] },
    items: [{ item: `${site.api}/${kind === 'table' ? 'tables' : 'layers'}/${id}/` }],
    ...(area ? { extent: await extentOf(site, item, area) } : {}),
  };
}

function isPixels(item: Case[0]): item is keyof typeof PIXELS {
  return item in PIXELS;
}

/** Degrees of a metre near the made-up layers. */
const PER_METRE = [1 / 80_700, 1 / 111_100] as const;
/** EPSG:2193's 1,568,000, 5,168,000. */
const NEAR = [172.6, -43.64] as const;

async function extentOf(site: BenchSite, item: Case[0], area: Area): Promise<object | string> {
  if (area === 'feature') {
    const [layer] = await site.request('GET', '/exports/croplayers/');
    const wanted = item === 'cities' ? 'Germany' : 'United States of America';
    const found = await site.request('GET', `/exports/croplayers/${layer.id}/cropfeatures/?q=${encodeURIComponent(wanted)}`);
    return found[0].url;
  }
  if (area === 'europe') return circle(10, 47.5, 20, 12.5, 40);
  if (area === 'oceania') return circle(170, -25, 35, 25, 40);
  const { x, y, half } = layerSquare(FEATURES);
  const [lon, lat] = [NEAR[0] + (x - 1_568_000) * PER_METRE[0], NEAR[1] + (y - 5_168_000) * PER_METRE[1]];
  const [width, height] = [half * PER_METRE[0], half * PER_METRE[1]];
  if (area === 'small') return circle(lon, lat, width / 12, height / 12, 12);
  if (area === 'half') return circle(lon, lat, width * 0.8, height * 0.8, 200);
  return circle(lon, lat, width * 0.9, height * 0.9, 60, 0.5);
}
