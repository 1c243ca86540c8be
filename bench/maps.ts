import { execFile, execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { makeParcels } from './data.ts';
import { exportIt } from './peer.ts';
import { chances, ORIGIN, writeRaster } from './rasterfile.ts';
import { BenchSite } from './site.ts';

/** Metres of the area that all layers share. */
const SIDE = 13_000;
const LAYERS = { parcels: 1, imagery: 2, heights: 3, lines: 4, rings: 5, island: 6 } as const;
type Layer = keyof typeof LAYERS;
const ALL = ['lines', 'rings', 'parcels', 'heights', 'imagery'] as const;
const WORKS: readonly { name: string; layers: readonly Layer[]; isCut?: true; crs?: string }[] = [
  { name: '200,000 parcels', layers: ['parcels'] },
  { name: '100,000 lines', layers: ['lines'] },
  { name: 'a feature of 40,000 rings, 64 MB', layers: ['rings'] },
  { name: 'imagery of 8,000 × 8,000', layers: ['imagery'] },
  { name: 'heights of 8,000 × 8,000', layers: ['heights'] },
  { name: 'all of it', layers: ALL },
  { name: 'the feature, cut by an area', layers: ['rings'], isCut: true },
  { name: 'all of it, cut by an area', layers: ALL, isCut: true },
  { name: 'a polygon of 40,000 holes across the antimeridian, 64 MB', layers: ['island'], crs: 'EPSG:3857' },
];
const PDF = 'application/pdf';

/** Heavy PDF maps, A3 at 600 DPI: the time, the memory of the server with its database and GDAL, and how long viewers take to draw them, by the processor. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'geocrate-bench-'));
  Object.assign(process.env, { GEOCRATE_DEMO: '0', GEOCRATE_CACHE: '0' });
  try {
    process.stderr.write('Making and publishing the layers …\n');
    const { source, crop } = await makeParcels(folder, 200_000);
    const site = await BenchSite.start(join(folder, 'data'), [
      argumentsOf('parcels', source),
      ...(await pixelLayers(folder)),
      ...(await lineLayers(folder)),
    ]);
    try {
      console.log('| map | seconds | memory | size | pdftoppm | mutool |\n|---|---|---|---|---|---|');
      for (const { name, layers, isCut, crs = 'EPSG:2193' } of WORKS) {
        const body = {
          crs,
          formats: { vector: PDF, raster: PDF, grid: PDF },
          items: layers.map((layer) => ({ item: `${site.api}/layers/${LAYERS[layer]}/` })),
          ...(isCut ? { extent: crop } : {}),
          options: { page_size: 'a3', pdf_raster_dpi: 600, include_legend: true, include_scale: true, include_lat_lon_grid: true },
        };
        const { seconds, memory, size } = await exportIt(site, body);
        const archive = join(folder, 'map.zip');
        await site.download(body, archive);
        const map = join(folder, 'map.pdf');
        execFileSync('sh', ['-c', 'unzip -p "$1" "*map.pdf" > "$2"', 'sh', archive, map]);
        const viewers = [
          ['pdftoppm', '-r', '108', '-singlefile', map, join(folder, 'page')],
          ['mutool', 'draw', '-r', '108', '-o', join(folder, 'page.png'), map],
        ].map(([program = '', ...args]) => `${processorSeconds(program, args).toFixed(1)} s`);
        console.log(`| ${[name, `${seconds.toFixed(1)} s`, megabytes(memory), megabytes(size), ...viewers].join(' | ')} |`);
      }
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of `geocrate publish`. */
function argumentsOf(layer: Layer, path: string): string[] {
  return [path, '--id', String(LAYERS[layer]), '--title', layer, ...(layer === 'heights' ? ['--kind', 'grid'] : [])];
}

async function pixelLayers(folder: string): Promise<string[][]> {
  const [imagery, heights] = [join(folder, 'imagery.tif'), join(folder, 'heights.tif')];
  const chance = chances(12345);
  const place = { at: [10_000, 20_000 - SIDE], metres: SIDE, bands: 1, args: [] } as const;
  const colours = new Uint8Array(3 * 8000 ** 2).map((_, n) => 110 + 40 * Math.sin(n / 73_000) + (chance() & 15));
  await writeRaster(imagery, colours, { ...place, side: 8000, bands: 3, args: ['-colorinterp', 'red,green,blue'] });
  const metres = new Uint16Array(8000 ** 2).map((_, n) => 800 + 600 * Math.sin((n % 8000) / 170) * Math.cos(n / 1_760_000));
  await writeRaster(heights, metres, { ...place, side: 8000 });
  return [argumentsOf('imagery', imagery), argumentsOf('heights', heights)];
}

async function lineLayers(folder: string): Promise<string[][]> {
  const chance = chances(54321);
  const [west, south] = [ORIGIN[0] + 10_000, ORIGIN[1] - 20_000];
  const around = (count: number, x: number, y: number, radius: number) =>
    Array.from({ length: count }, (_, n) => [
      x + radius * Math.cos((n / count) * 2 * Math.PI),
      y + radius * Math.sin((n / count) * 2 * Math.PI),
    ]);
  function* lines(): Generator<object> {
    for (let n = 0; n < 100_000; n++)
      yield { type: 'LineString', coordinates: around(30, west + (chance() % SIDE), south + (chance() % SIDE), 40 + (chance() % 60)) };
  }
  function* rings(): Generator<object> {
    const coordinates = Array.from({ length: 40_000 }, (_, n) => {
      const ring = around(100, west + (n % 200) * 65, south + Math.floor(n / 200) * 65, 30);
      return [[...ring, ring[0]]];
    });
    yield { type: 'MultiPolygon', coordinates };
  }
  // In Fiji's grid, whose antimeridian is where x is some 2,130,000.
  function* island(): Generator<object> {
    const [x, y, side] = [1_990_000, 3_900_000, 300_000];
    const holes = Array.from({ length: 40_000 }, (_, n) => {
      const ring = around(100, x + ((n % 200) + 0.5) * 1500, y + (Math.floor(n / 200) + 0.5) * 1500, 600).reverse();
      return [...ring, ring[0]];
    });
    const corners = [0, 1, 2, 3, 4].map((n) => [n % 4 === 1 || n === 2 ? x + side : x, n === 2 || n === 3 ? y + side : y]);
    yield { type: 'Polygon', coordinates: [corners, ...holes] };
  }
  const made = [
    ['lines', 'EPSG:2193', lines],
    ['rings', 'EPSG:2193', rings],
    ['island', 'EPSG:3460', island],
  ] as const;
  for (const [name, crs, geometries] of made) {
    function* texts(): Generator<string> {
      for (const geometry of geometries()) yield `${JSON.stringify({ type: 'Feature', properties: {}, geometry })}\n`;
    }
    await pipeline(Readable.from(texts()), createWriteStream(join(folder, `${name}.geojsonl`)));
    const args = ['-f', 'FlatGeobuf', '-a_srs', crs, join(folder, `${name}.fgb`), `GeoJSONSeq:${join(folder, `${name}.geojsonl`)}`];
    await promisify(execFile)('ogr2ogr', args, { env: { ...process.env, OGR_GEOJSON_MAX_OBJ_SIZE: '0' } });
  }
  return made.map(([name]) => argumentsOf(name, join(folder, `${name}.fgb`)));
}

/** What a program takes of the processor, by the shell's own clock. */
function processorSeconds(program: string, args: readonly string[]): number {
  const command = 'TIMEFORMAT="%U %S"; { time "$@" > /dev/null 2> /dev/null; } 2>&1';
  const said = execFileSync('bash', ['-c', command, 'bash', program, ...args], { encoding: 'utf8' });
  return said.split(' ').reduce((sum, part) => sum + Number(part), 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
