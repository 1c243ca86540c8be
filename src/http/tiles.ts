import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { datasetType, loadDataset, loadVersion, type Version } from '../catalog/datasets.ts';
import { listTiles, TILE_FIELDS } from '../catalog/tiles.ts';
import { Polygon } from '../exports/resource.ts';
import { TILES_FILE } from '../store/rastertiles.ts';
import { isRaster } from '../store/versionprofile.ts';
import { boxParameter, readBox } from './bbox.ts';
import { HttpError, notFound } from './errors.ts';
import { PAGING, readPage, readSort, sendPage, sortBy } from './paging.ts';
import { Id, operation, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

const Tile = Type.Object(
  {
    id: Type.String({ description: 'What an export names it by, as `tile_id`.', examples: ['BX24'] }),
    name: Type.String({ description: 'The name of the file that was published, without its ending.' }),
    geometry: Polygon,
  },
  { $id: 'Tile', additionalProperties: false },
);
export const TILE_SCHEMAS = [Tile];

const QUERY = Type.Object({
  ...PAGING,
  sort: sortBy(TILE_FIELDS),
  bbox: boxParameter('Tiles that meet west,south,east,north in degrees; across the antimeridian where west is past east.'),
  q: Type.Optional(Type.String({ description: 'A part of the id or the name, in any case.' })),
});

/** `/layers/:id/tiles/`, and those of a version that is not the newest (API.md, "Layers, tables, catalogue"). */
export function tileRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/layers/:id/tiles/', {
    GET: operation({
      scope: 'layers:read',
      summary: 'List the tiles of a layer',
      description: 'Of a raster, grid or rat that was published as several files. Their outlines are in EPSG:4326.',
      params: Type.Object({ id: Id }),
      query: QUERY,
      answers: { 200: Type.Array(ref(Tile)) },
      handler: async (request, reply) => answer(request, reply, (await find(request.params.id)).version),
    }),
  });
  resource(app, '/layers/:id/versions/:version/tiles/', {
    GET: operation({
      scope: 'layers:read',
      summary: 'List the tiles of a version of a layer',
      params: Type.Object({ id: Id, version: Id }),
      query: QUERY,
      answers: { 200: Type.Array(ref(Tile)) },
      async handler(request, reply) {
        const dataset = await find(request.params.id);
        const version = await loadVersion(site.db, dataset.id, request.params.version);
        if (!version) throw notFound('version');
        return answer(request, reply, version);
      },
    }),
  });

  async function find(id: number) {
    const dataset = await loadDataset(site.db, id);
    if (!dataset || datasetType(dataset.kind) !== 'layer') throw notFound('layer');
    return dataset;
  }

  async function answer(request: FastifyRequest<{ Querystring: Static<typeof QUERY> }>, reply: FastifyReply, version: Version) {
    const { profile, content } = version;
    if (!isRaster(profile) || !profile.tiled) throw new HttpError(404, 'This layer has no tiles: it is exported as a whole.');
    const { bbox, q, ...query } = request.query;
    const filter = { bbox: bbox === undefined ? undefined : readBox(bbox), q };
    const page = readPage(query);
    const sort = readSort(query.sort, TILE_FIELDS, { field: 'id', descending: false });
    const { total, tiles } = await listTiles(await site.versions.open(content, [TILES_FILE]), filter, page, sort);
    const rows = tiles.map(({ id, name, footprint }) => ({ id, name, geometry: { type: 'Polygon', coordinates: [footprint] } }));
    return sendPage(request, reply, siteAddress(site, request), page, total, rows);
  }
}
