import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Contract } from './site.ts';

/** The table of "Formats", for vectors and tables: display names by value. */
const FORMATS = {
  vector: {
    'application/x-zipped-shp': 'Shapefile',
    'application/x-ogc-gpkg': 'GeoPackage',
    'applicaton/x-ogc-filegdb': 'File Geodatabase',
    'application/x-ogc-mapinfo_file': 'MapInfo TAB',
    'application/x-ogc-mapinfo_file+mif': 'MapInfo MIF',
    'text/csv': 'CSV',
    'application/vnd.google-earth.kml+xml': 'KML',
    'image/vnd.dxf': 'DXF',
    'application/pdf': 'PDF',
    'application/geo+json': 'GeoJSON',
    'application/flatgeobuf': 'FlatGeobuf',
    'application/vnd.apache.parquet': 'GeoParquet',
  },
  table: {
    'application/x-ogc-gpkg': 'GeoPackage',
    'applicaton/x-ogc-filegdb': 'File Geodatabase',
    'application/x-ogc-mapinfo_file': 'MapInfo TAB',
    'application/x-ogc-mapinfo_file+mif': 'MapInfo MIF',
    'text/csv': 'CSV',
    'application/x-zipped-shp': 'dBASE (DBF)',
    'application/vnd.apache.parquet': 'Parquet',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Excel',
  },
} as const;
const ITEMS = { vector: 1, table: 3 } as const;

/** "Formats". What is in the files is tested with each format. */
export function formats({ site, item }: Contract): void {
  const validated = async (kind: keyof typeof FORMATS, mimetype: string) => {
    const body = { crs: 'EPSG:2193', formats: { [kind]: mimetype }, items: [{ item: item(ITEMS[kind]) }] };
    return (await site.request('POST', '/exports/validate/', body)).body;
  };

  for (const kind of ['vector', 'table'] as const) {
    test(`OPTIONS offers the formats of the contract for ${kind}, by value and display name`, async () => {
      const { body } = await site.request('OPTIONS', '/exports/');
      const choices: { value: string; display_name: string }[] = body.actions.POST.formats.children[kind].choices;
      const offered = Object.fromEntries(choices.map(({ value, display_name: name }) => [value, name]));
      assert.equal(Object.keys(offered).length, choices.length);
      for (const [value, name] of Object.entries(FORMATS[kind])) assert.equal(offered[value], name, value);
      assert.equal(offered['image/vnd.dwg'], undefined);
    });

    test(`a ${kind}’s details list the same formats`, async () => {
      const { body } = await site.request('OPTIONS', '/exports/');
      const choices: { value: string; display_name: string }[] = body.actions.POST.formats.children[kind].choices;
      const { data } = (await site.request('GET', item(ITEMS[kind]))).body;
      assert.deepEqual(
        data.export_formats,
        choices.map(({ value, display_name: name }) => ({ name, mimetype: value })),
      );
    });

    test(`every format that is offered for ${kind} is accepted, and those of the other kind are not`, async () => {
      for (const value of Object.keys(FORMATS[kind])) assert.deepEqual((await validated(kind, value)).errors, {}, value);
      const others = Object.keys(FORMATS[kind === 'table' ? 'vector' : 'table']).filter((value) => !Object.hasOwn(FORMATS[kind], value));
      for (const value of others) assert.deepEqual((await validated(kind, value)).invalid_reasons, ['format-not-for-kind'], value);
    });
  }

  test('the File Geodatabase is accepted by its right spelling too', async () => {
    for (const kind of ['vector', 'table'] as const) {
      assert.equal((await validated(kind, 'application/x-ogc-filegdb')).is_valid, true);
      const body = { crs: 'EPSG:2193', formats: { [kind]: 'application/x-ogc-filegdb' }, items: [{ item: item(ITEMS[kind]) }] };
      const created = await site.request('POST', '/exports/', body);
      assert.deepEqual(created.body.formats, body.formats);
      assert.match(created.body.name, /-GDB$/);
      await site.request('DELETE', `/exports/${created.body.id}/`);
    }
  });
}
