import { listDatasets, loadDataset } from '../catalog/datasets.ts';
import { findCaller } from '../catalog/users.ts';
import { searchCrs } from '../crs/search.ts';
import { boundsPolygon } from '../geometry/bounds.ts';
import { loadGeos } from '../geometry/geos.ts';
import { united } from '../geometry/mended.ts';
import type { Versions } from '../storage/versions.ts';
import { resourceUrl } from './addresses.ts';
import { listExports } from './exports.ts';
import type { CheckContext } from './items.ts';
import { checkRequest } from './request.ts';

/** As often as it takes for the code to be compiled. */
const TIMES = 20;
/** How many of the areas are looked up in an index. */
const AREAS = 8;
/** Of a layer's height. */
const FLAT = 1e-4;
/** How many maps are foreseen, for which some features are painted. */
const MAPS = 3;
/** How many outlines are gone along. */
const OUTLINES = 3;
/** On another datum than most layers, so that the ways between datums are looked up. */
const CRS = 'EPSG:4258';
const SHAPEFILE = 'application/x-zipped-shp';
const GEOTIFF = 'image/tiff;subtype=geotiff';
const PDF = 'application/pdf';
/** How many layers are tried until one has its files here. */
const LAYERS = 5;

/** A star drawn in one go, whose edges cross each other: outlines that were cut at a box must be mended as well. */
const POINTS = 7;
const STAR = Array.from({ length: POINTS + 1 }, (_, point) => {
  const angle = (2 * Math.PI * ((point * (POINTS >> 1)) % POINTS)) / POINTS;
  return [Math.cos(angle), Math.sin(angle)];
});

/** Does what requests do, so that nobody waits for what takes its time once: statements, GEOS, the datasets of PROJ, the index of coordinate systems, an index of the store. */
export async function rehearse(context: CheckContext & { versions: Pick<Versions, 'areHere'> }): Promise<void> {
  const { db, versions } = context;
  const anyone = await db.selectFrom('users').select('id').limit(1).executeTakeFirst();
  for (let time = 0; time < TIMES; time++) {
    // What every request asks, and every list; nobody is that caller.
    await findCaller(db, '');
    if (anyone) await listExports(db, anyone.id, {}, { offset: 0, limit: 1 }, { field: 'id', descending: true });
  }
  searchCrs('', null);
  const geos = await loadGeos();
  for (let time = 0; time < TIMES; time++) united(geos, [[STAR]]);
  // What is kept elsewhere would have to be fetched.
  if (!versions.areHere) return;
  const { datasets } = await listDatasets(db, { kind: 'vector' }, { offset: 0, limit: LAYERS });
  for (const { id } of datasets) {
    // Where another machine has it, what follows may be here.
    if (await lookInto(id, context)) break;
  }
  await lookAlong(context);
}

/** Asks for parts of a layer; false where its files are not on this machine. */
async function lookInto(layer: number, context: CheckContext): Promise<boolean> {
  const profile = (await loadDataset(context.db, layer))?.version.profile;
  if (!profile?.extent_wgs84) return true;
  const [west, south, east, north] = profile.extent_wgs84;
  const item = resourceUrl(context.site, `/layers/${layer}/`);
  const ask = (format: string, part: number, height = part) => {
    const coordinates = boundsPolygon([west, south, west + part * (east - west), south + height * (north - south)]);
    const extent = { type: 'Polygon', coordinates };
    return checkRequest({ crs: CRS, items: [{ item }], formats: { vector: format }, extent }, context);
  };
  if ((await ask(SHAPEFILE, 0.5)).missing.length > 0) return false;
  // What was looked at before would be remembered.
  for (let time = 0; time < TIMES; time++) await ask(SHAPEFILE, 0.5 - (time % AREAS) * 0.01);
  // Nothing lies deep inside so flat an area: what it cuts is cut.
  for (let time = 0; time < AREAS; time++) await ask(SHAPEFILE, 0.5 - time * 0.01, FLAT);
  for (let time = 0; time < MAPS; time++) await ask(PDF, 0.5 - time * 0.01);
  return true;
}

/** Asks for what a few outlines of a crop layer hold of its own layer, which shares its edges with them, and of an image. */
async function lookAlong(context: CheckContext): Promise<void> {
  const { db, site } = context;
  const outlines = await db
    .selectFrom('crop_features')
    .innerJoin('crop_layers', 'crop_layers.id', 'crop_layer_id')
    .select(['crop_features.id', 'crop_layer_id', 'dataset_id'])
    .where('current', '=', true)
    .orderBy('crop_features.id')
    .limit(OUTLINES)
    .execute();
  const { datasets: images } = await listDatasets(db, { kind: 'raster' }, { offset: 0, limit: 1 });
  for (const { id, crop_layer_id: layer, dataset_id: dataset } of outlines) {
    const items = [dataset, ...images.map((image) => image.id)].map((one) => ({ item: resourceUrl(site, `/layers/${one}/`) }));
    const extent = resourceUrl(site, `/exports/croplayers/${layer}/cropfeatures/${id}/`);
    for (const [vector, raster] of [
      [SHAPEFILE, GEOTIFF],
      [PDF, PDF],
    ])
      await checkRequest({ crs: CRS, items, formats: { vector, raster }, extent }, context);
  }
}
