// What the page does, in a real browser against a real server.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { districts, parcels, places } from '../fixtures/data.ts';
import { temporaryFolder } from '../fixtures/folder.ts';
import { heldGdal } from '../fixtures/gdal.ts';
import { raster } from '../fixtures/rasters.ts';
import { startSite } from '../fixtures/site.ts';
import { catalogue } from './page/catalogue.ts';
import { conditions } from './page/conditions.ts';
import { drawing } from './page/drawing.ts';
import { exporting } from './page/exporting.ts';
import { exportList } from './page/exportlist.ts';
import { items } from './page/items.ts';
import { publishing } from './page/publishing.ts';
import { quality } from './page/quality.ts';
import { signIn } from './page/signin.ts';

const folder = temporaryFolder();
const gdal = heldGdal(folder);
/** What a publisher with bad intent, or a careless one, writes. */
const HOSTILE = '<img src=x onerror="document.title=1"> & <b>bold</b>\n\nA second paragraph.';
const LONG = `Parcels of ${'Taumatawhakatangihangakoauauotamateaturipukakapikimaungahoronukupokaiwhenuakitanatahu'.repeat(2)}`;
writeFileSync(join(folder, 'one.geojson'), '{"type": "Point", "coordinates": [170.5, -43.5]}');
const site = await startSite({
  publish: [
    [parcels(folder), { id: 1, title: 'Parcels', license: 'CC-BY-4.0', description: HOSTILE }],
    [places(folder), { id: 2, title: 'Places of the world', license: 'CC0-1.0' }],
    [districts(folder), { id: 3, title: 'Districts', cropLayer: true }],
    [raster(folder, 'heights.tif'), { id: 4, title: 'Heights', kind: 'grid' }],
    [join(folder, 'one.geojson'), { id: 5, title: LONG }],
  ],
  env: { PATH: gdal.PATH },
});

signIn(site);
catalogue(site);
items(site);
exporting(site, folder);
drawing(site, folder);
exportList(site, gdal);
publishing(site, folder);
quality(site);
conditions(site, gdal);
