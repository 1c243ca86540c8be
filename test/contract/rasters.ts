import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gdal, gdalinfo, type RasterOptions, raster } from '../fixtures/rasters.ts';
import { exported } from '../fixtures/readback.ts';
import type { Contract } from './site.ts';
import { SENTENCE } from './site.ts';

/** The table of "Formats", for rasters: display names by value. KEA is offered where GDAL has it. */
const FORMATS = {
  raster: {
    'image/tiff;subtype=geotiff': 'GeoTIFF',
    'image/jpeg': 'JPEG',
    'image/jp2': 'JPEG2000',
    'image/jp2;compression=lossless': 'JPEG2000 lossless',
    'image/png': 'PNG',
    'application/x-erdas-hfa': 'ERDAS Imagine',
    'application/vnd.google-earth.kml+xml': 'KML',
    'application/pdf': 'PDF',
  },
  grid: { 'image/tiff;subtype=geotiff': 'GeoTIFF', 'application/x-ogc-aaigrid': 'ASCII Grid', 'application/pdf': 'PDF' },
  rat: { 'image/tiff;subtype=geotiff': 'GeoTIFF', 'application/x-erdas-hfa': 'ERDAS Imagine' },
} as const;
/** An attribute table as GDAL's own files have it. */
const TABLE =
  '<GDALRasterAttributeTable tableType="thematic"><FieldDefn index="0"><Name>Value</Name><Type>0</Type><Usage>5</Usage></FieldDefn><FieldDefn index="1"><Name>Class</Name><Type>2</Type><Usage>2</Usage></FieldDefn><Row index="0"><F>1</F><F>Forest</F></Row></GDALRasterAttributeTable>';
/** Ids that no other section takes. */
const [IMAGERY, GRID, CLASSES, TILED] = [31, 32, 33, 34];

/** Exports of rasters, grids and rasters with an attribute table. */
export function rasters(contract: Contract): void {
  const { site, folder } = contract;
  const item = (id: number) => `${site.api}/layers/${id}/`;
  const validated = async (body: object) => (await site.request('POST', '/exports/validate/', body)).body;
  const geotiff = (changes: object = {}) => ({
    crs: 'EPSG:2193',
    formats: { raster: 'image/tiff;subtype=geotiff' },
    items: [{ item: item(TILED) }],
    ...changes,
  });
  const CORNER = {
    type: 'Polygon',
    coordinates: [
      [
        [172.999, -41.6],
        [173.004, -41.6],
        [173.004, -41.5],
        [172.999, -41.5],
        [172.999, -41.6],
      ],
    ],
  };

  before(async () => {
    const dir = join(folder, 'raster-export-tiles');
    mkdirSync(dir);
    const rgb: RasterOptions = { type: 'Byte', bands: 3, args: ['-colorinterp', 'red,green,blue'] };
    for (const column of [0, 1, 2])
      raster(dir, `BQ${column}.tif`, {
        ...rgb,
        size: [50, 40],
        place: [1_600_000 + 500 * column, 5_400_000, 10, 10],
        pixel: (x, y, b) => (x * y + b) % 250,
      });
    const imagery = raster(folder, 'raster-export.tif', { ...rgb, size: [90, 60], pixel: (x, y, b) => (x + y + b) % 250 });
    const grid = raster(folder, 'raster-export-grid.tif', { type: 'Float32', size: [90, 60], args: ['-a_nodata', '-9999'] });
    const plain = raster(folder, 'raster-export-plain.tif', { type: 'Byte', size: [90, 60], pixel: (x) => x % 3 });
    const classes = join(folder, 'raster-export-classes.vrt');
    gdal('gdal_translate', '-of', 'VRT', plain, classes);
    writeFileSync(classes, readFileSync(classes, 'utf8').replace(/<ColorInterp>.*<\/ColorInterp>/, TABLE));
    for (const [id, path, kind, title] of [
      [IMAGERY, imagery, 'raster', 'Imagery'],
      [GRID, grid, 'grid', 'Heights'],
      [CLASSES, classes, 'rat', 'Cover'],
      [TILED, dir, 'raster', 'Photos'],
    ] as const)
      await site.publish(path, { id, title, kind });
  });

  for (const [kind, formats] of Object.entries(FORMATS)) {
    test(`OPTIONS offers the formats of the contract for ${kind}, and they are accepted`, async () => {
      const { body } = await site.request('OPTIONS', '/exports/');
      const choices: { value: string; display_name: string }[] = body.actions.POST.formats.children[kind].choices;
      const offered = Object.fromEntries(choices.map(({ value, display_name: name }) => [value, name]));
      for (const [value, name] of Object.entries(formats)) assert.equal(offered[value], name, value);
      const id = { raster: IMAGERY, grid: GRID, rat: CLASSES }[kind] ?? 0;
      for (const value of Object.keys(formats)) {
        const answer = await validated({ crs: 'EPSG:2193', formats: { [kind]: value }, items: [{ item: item(id) }] });
        assert.deepEqual(answer.errors, {}, value);
        assert.ok(answer.items[0].size_estimate_zipped > 0);
      }
      const { data } = (await site.request('GET', `/layers/${id}/`)).body;
      assert.deepEqual(
        data.export_formats,
        choices.map(({ value, display_name: name }) => ({ name, mimetype: value })),
      );
    });
  }

  test('what a raster cannot be written as is refused by validate', async () => {
    const wrong: [code: string, body: object][] = [
      ['format-not-for-kind', { formats: { grid: 'image/jpeg' }, items: [{ item: item(GRID) }] }],
      ['format-not-for-kind', { formats: { raster: 'application/x-zipped-shp' }, items: [{ item: item(IMAGERY) }] }],
      ['format-not-available', { formats: { raster: 'image/webp' }, items: [{ item: item(IMAGERY) }] }],
      ['no-format-for-kind', { formats: { vector: 'text/csv' }, items: [{ item: item(IMAGERY) }] }],
    ];
    for (const [code, body] of wrong) {
      const answer = await validated({ crs: 'EPSG:2193', ...body });
      assert.ok(answer.invalid_reasons.includes(code), JSON.stringify(answer));
      for (const sentences of Object.values<string[]>(answer.errors)) for (const sentence of sentences) assert.match(sentence, SENTENCE);
    }
  });

  test('floating-point imagery is refused for JPEG and PNG, 16-bit imagery for JPEG alone', async () => {
    const float = raster(folder, 'raster-float.tif', { type: 'Float32', size: [40, 30], bands: 3 });
    const deep = raster(folder, 'raster-deep.tif', { type: 'UInt16', size: [40, 30], bands: 3 });
    await site.publish(float, { id: 35, title: 'Float', kind: 'raster' });
    await site.publish(deep, { id: 36, title: 'Deep', kind: 'raster' });
    for (const [id, format, valid] of [
      [35, 'image/jpeg', false],
      [35, 'image/png', false],
      [35, 'application/x-erdas-hfa', true],
      [36, 'image/jpeg', false],
      [36, 'image/png', true],
    ] as const) {
      const answer = await validated({ crs: 'EPSG:2193', formats: { raster: format }, items: [{ item: item(id) }] });
      assert.equal(answer.is_valid, valid, `${id} ${format}`);
      if (valid) continue;
      assert.deepEqual(answer.items[0].invalid_reasons, ['format-not-for-kind']);
      assert.match(answer.errors['items[0].item'][0], /holds pixels of type .*, and this layer’s are (Float32|UInt16)\./);
    }
  });

  test('tiles are items of their own; the same one twice is a duplicate, another layer’s is unknown', async () => {
    const tiles = (await site.request('GET', `/layers/${TILED}/tiles/`)).body.map(({ id }: { id: string }) => id);
    assert.equal(tiles.length, 3);
    const items = tiles.map((tile: string) => ({ item: item(TILED), tile_id: tile }));
    assert.equal((await validated(geotiff({ items }))).is_valid, true);
    assert.equal((await validated(geotiff({ items: [{ item: item(TILED) }, ...items] }))).is_valid, true);
    const twice = await validated(geotiff({ items: [items[0], items[1], items[0]] }));
    assert.deepEqual(
      twice.items.map((one: { invalid_reasons: string[] }) => one.invalid_reasons),
      [[], [], ['duplicate-item']],
    );
    for (const tile of ['nowhere', '../0', 7, '', {}]) {
      const answer = await validated(geotiff({ items: [{ item: item(TILED), tile_id: tile }] }));
      assert.deepEqual(answer.items[0].invalid_reasons, ['tile-unknown'], JSON.stringify(tile));
      assert.match(answer.errors['items[0].tile_id'][0], SENTENCE);
    }
    const untiled = await validated(geotiff({ items: [{ item: item(IMAGERY), tile_id: tiles[0] }] }));
    assert.deepEqual(untiled.items[0].invalid_reasons, ['not-tiled']);
    const outside = await validated(geotiff({ items: [{ item: item(TILED), tile_id: tiles[2] }], extent: CORNER }));
    assert.deepEqual(outside.items[0].invalid_reasons, ['outside-extent']);
  });

  test('sizes follow the tile, the extent and the multiplier', async () => {
    const size = async (changes: object) => (await validated(geotiff(changes))).items[0].size_estimate_zipped;
    const whole = await size({});
    const tile = (await site.request('GET', `/layers/${TILED}/tiles/`)).body[0].id;
    assert.ok((await size({ items: [{ item: item(TILED), tile_id: tile }] })) < whole / 2);
    assert.ok((await size({ extent: CORNER })) < whole / 2);
    assert.ok((await size({ options: { raster_resolution_multiplier: 4 } })) < whole / 2);
  });

  test('a tile’s export tells its tile, and the archive what its pixels are', async () => {
    const [tile] = (await site.request('GET', `/layers/${TILED}/tiles/`)).body;
    const { dir, done } = await exported(
      site,
      folder,
      geotiff({ items: [{ item: item(TILED), tile_id: tile.id }], options: { raster_resolution_multiplier: 2 } }),
    );
    assert.equal(done.items[0].tile_id, tile.id);
    assert.equal(done.name, 'photos-GTIFF');
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
    const [described] = manifest.items;
    assert.equal(described.feature_count, null);
    assert.equal(described.tile_id, tile.id);
    assert.deepEqual(described.raster_resolution, [20, 20]);
    assert.deepEqual(
      described.bands.map(({ type }: { type: string }) => type),
      ['Byte', 'Byte', 'Byte'],
    );
    assert.equal(manifest.request.items[0].tile_id, tile.id);
    assert.deepEqual(gdalinfo(join(dir, 'photos', `${tile.name}.tif`)).size, [25, 20]);
    const readme = readFileSync(join(dir, 'README.txt'), 'utf8');
    assert.match(readme, /Pixels of rasters 2 times larger\./);
    assert.match(readme, /Pixels +20 by 20 in units of the CRS/);
  });

  test('imagery, a grid and classes go into one archive, each in its format', async () => {
    const { dir, done } = await exported(site, folder, {
      crs: 'EPSG:2193',
      formats: { raster: 'image/jpeg', grid: 'application/x-ogc-aaigrid', rat: 'application/x-erdas-hfa' },
      items: [IMAGERY, GRID, CLASSES].map((id) => ({ item: item(id) })),
      extent: CORNER,
    });
    assert.match(done.name, /-3layers-ASC-IMG-JPEG$/);
    for (const file of ['imagery/imagery.jpg', 'heights/heights.asc', 'cover/cover.img'])
      assert.ok(gdalinfo(join(dir, file)).size[0] < 90, file);
    assert.ok(done.warnings.some((one: string) => /JPEG is lossy/.test(one)));
  });

  test('direct links take tiles, short names and the multiplier', async () => {
    const [tile] = (await site.request('GET', `/layers/${TILED}/tiles/`)).body;
    const answer = await site.request(
      'GET',
      `/layers/${TILED}/export/?format=tif&tile_id=${encodeURIComponent(tile.id)}&raster_resolution_multiplier=2&wait=60`,
    );
    assert.equal(answer.status, 302, JSON.stringify(answer.body));
    const refused = await site.request('GET', `/layers/${TILED}/export/?format=tif&tile_id=nowhere`);
    assert.deepEqual(refused.body.items[0].invalid_reasons, ['tile-unknown']);
  });

  test('geocrate export finds out what a layer is, and takes tiles and larger pixels', async () => {
    const out = join(folder, 'tile.zip');
    const tiles = (await site.request('GET', `/layers/${TILED}/tiles/`)).body;
    await site.geocrate('export', '--layer', String(TILED), '--tile-id', tiles[1].id, '--format', 'gtiff', '--crs', 'EPSG:2193', '-o', out);
    assert.match(readFileSync(out).toString('latin1'), new RegExp(`photos/${tiles[1].name}\\.tif`));
    const both = join(folder, 'both.zip');
    const layers = ['--layer', String(GRID), '--layer', '1', '--format', 'shp', '--grid-format', 'asc', '--resolution-multiplier', '4'];
    await site.geocrate('export', ...layers, '--crs', 'EPSG:2193', '-o', both);
    assert.match(readFileSync(both).toString('latin1'), /heights\/heights\.asc[\s\S]*land-parcels\/land-parcels\.shp/);
    await assert.rejects(
      site.geocrate('export', '--layer', '1', '--format', 'nothing', '--crs', 'EPSG:2193'),
      /There is no layer format "nothing"/,
    );
  });
}
