import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import packageJson from '../../package.json' with { type: 'json' };
import { type Dataset, datasetType, loadDataset, loadVersion, type Version } from '../catalog/datasets.ts';
import { nullable } from '../exports/resource.ts';
import { BASEMAP_MAX_ZOOM } from '../preview/basemap.ts';
import { legendOf } from '../preview/colours.ts';
import { tileFields } from '../preview/fields.ts';
import { MAX_LATITUDE, type TileAddress, zoomFor } from '../preview/mercator.ts';
import { sampleRows } from '../preview/rows.ts';
import type { TileSource } from '../preview/thread.ts';
import { FEATURES_FILE, geometryTypeName } from '../store/profile.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { MOSAIC_FILE, readTiles, TILES_FILE } from '../store/rastertiles.ts';
import { isRaster, type VersionProfile } from '../store/versionprofile.ts';
import { noneMatch } from './conditional.ts';
import { HttpError, notFound } from './errors.ts';
import { closing } from './exports.ts';
import { Id, operation, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

/** The largest zoom of any tile. */
const MAX_ZOOM = 22;
/** The largest zoom that vector tiles are cut for: a unit of one is 0.6 m then, and maps show it larger from there on. */
const VECTOR_MAX_ZOOM = 14;
/** How tiles are made; another number has browsers ask for them anew. */
const MAKE = 1;
/** How much of a request a tile counts as: a look at a map asks for a dozen. */
const TILE_COST = 0.05;

const LEGEND = Type.Union([
  Type.Object({ type: Type.Literal('picture') }),
  Type.Object({
    type: Type.Literal('values'),
    from: Type.Number(),
    to: Type.Number(),
    unit: Type.String(),
    colors: Type.Array(Type.String(), { description: 'From `from` to `to`, evenly spread.' }),
  }),
  Type.Object({
    type: Type.Literal('classes'),
    classes: Type.Array(Type.Object({ value: Type.Number(), name: Type.String(), color: Type.String() })),
  }),
]);
const Preview = Type.Object(
  {
    tilejson: Type.Literal('3.0.0'),
    type: Type.Enum(['vector', 'raster'], { description: 'Vector tiles have the layer `features`; raster tiles are PNGs of 512 pixels.' }),
    tiles: Type.Array(Type.String(), { description: 'The address of the tiles of this version, which never change.' }),
    tile_size: Type.Literal(512),
    bounds: Type.Array(Type.Number(), {
      minItems: 4,
      maxItems: 4,
      description: 'West, south, east, north in degrees; east passes 180 where the layer crosses the antimeridian.',
    }),
    minzoom: Type.Integer(),
    maxzoom: Type.Integer({ description: 'Of the tiles; a map shows those larger from there on.' }),
    fit_zoom: Type.Integer({ description: 'At which the whole layer shows in about one tile.' }),
    geometry_type: nullable(Type.String()),
    vector_layers: Type.Array(Type.Object({ id: Type.String(), fields: Type.Record(Type.String(), Type.String()) })),
    name_field: nullable(Type.String({ description: 'The property that names a feature.' })),
    legend: nullable(LEGEND),
  },
  { $id: 'Preview', additionalProperties: false },
);
const Rows = Type.Object(
  {
    fields: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
    rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])), {
      description: 'Values in the order of the fields. Long texts end in `…`; whole numbers that JSON would round are text.',
    }),
  },
  { $id: 'Rows', additionalProperties: false },
);
export const PREVIEW_SCHEMAS = [Preview, Rows];

const VERSION = { id: Id, version: Id };
const TILE = { z: Id, x: Id, y: Id };
const ROWS_QUERY = Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: '20 unless told.' })) });
const MVT = { description: 'A vector tile.', type: 'application/vnd.mapbox-vector-tile' };
const PNG = { description: 'A picture.', type: 'image/png' };
const EMPTY = 'There is nothing in this tile.';

/** `/site/preview/` and `/site/basemap/`: what the page's maps show. */
export function previewRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/site/preview/layers/:id/versions/:version/', {
    GET: operation({
      scope: 'layers:read',
      summary: 'Describe the preview of a layer',
      description: 'TileJSON 3.0, with what a map needs besides.',
      params: Type.Object(VERSION),
      answers: { 200: ref(Preview) },
      async handler(request) {
        const { dataset, version } = await find(request.params.id, request.params.version);
        return preview(request, dataset, version);
      },
    }),
  });
  resource(app, '/site/preview/layers/:id/versions/:version/:z/:x/:y(^\\d+).mvt', {
    GET: operation({
      scope: 'layers:read',
      cost: TILE_COST,
      accepts: '*/*',
      summary: 'Get a vector tile of a layer',
      description:
        'Mapbox Vector Tile with one layer, `features`: each with its id, its name and a few more properties. What is smaller than a pixel shows as one pixel without properties.',
      params: Type.Object({ ...VERSION, ...TILE }),
      answers: { 200: MVT, 204: EMPTY, 304: 'You have it already.' },
      handler: (request, reply) => sendTile(request, reply, 'vector'),
    }),
  });
  resource(app, '/site/preview/layers/:id/versions/:version/:z/:x/:y(^\\d+).png', {
    GET: operation({
      scope: 'layers:read',
      cost: TILE_COST,
      accepts: '*/*',
      summary: 'Get a picture of a part of a raster',
      description:
        'Of 512 × 512 pixels; values of grids by a ramp of colours with shaded slopes, classes by their colours; transparent without data.',
      params: Type.Object({ ...VERSION, ...TILE }),
      answers: { 200: PNG, 204: EMPTY, 304: 'You have it already.' },
      handler: (request, reply) => sendTile(request, reply, 'picture'),
    }),
  });
  resource(app, '/site/basemap/:z/:x/:y(^\\d+).mvt', {
    GET: operation({
      cost: 0,
      accepts: '*/*',
      summary: 'Get a vector tile of the basemap',
      description: `Natural Earth and GeoNames, for zooms 0 to ${BASEMAP_MAX_ZOOM}: layers \`land\` (polygons), \`borders\` (lines) and \`places\` (points with \`name\` and \`population\`, the largest first).`,
      params: Type.Object(TILE),
      answers: { 200: MVT, 204: EMPTY, 304: 'You have it already.' },
      async handler(request, reply) {
        const tile = tileAddress(request.params, BASEMAP_MAX_ZOOM);
        const etag = `"basemap-${packageJson.version}-${MAKE}-${tile.z}-${tile.x}-${tile.y}"`;
        reply.header('Cache-Control', 'public, max-age=86400');
        return send(request, reply, { type: 'basemap' }, tile, etag);
      },
    }),
  });
  for (const type of ['layer', 'table'] as const) {
    resource(app, `/site/preview/${type}s/:id/rows/`, {
      GET: operation({
        scope: 'layers:read',
        summary: `Get the first rows of a ${type}`,
        params: Type.Object({ id: Id }),
        query: ROWS_QUERY,
        answers: { 200: ref(Rows) },
        async handler(request) {
          const dataset = await loadDataset(site.db, request.params.id);
          if (!dataset || datasetType(dataset.kind) !== type) throw notFound(type);
          const { profile, content } = dataset.version;
          if (isRaster(profile)) throw new HttpError(404, 'This layer has pixels, and no rows.');
          const rows = await sampleRows(await site.versions.open(content, [FEATURES_FILE]), profile, request.query.limit ?? 20);
          return { fields: profile.fields.map(({ name, type: fieldType }) => ({ name, type: fieldType })), rows };
        },
      }),
    });
  }

  async function find(id: number, versionId: number): Promise<{ dataset: Dataset; version: Version }> {
    const dataset = await loadDataset(site.db, id);
    if (!dataset || datasetType(dataset.kind) !== 'layer') throw notFound('layer');
    const version = dataset.version.id === versionId ? dataset.version : await loadVersion(site.db, id, versionId);
    if (!version) throw notFound('version');
    return { dataset, version };
  }

  async function sendTile(request: FastifyRequest<{ Params: TileParams }>, reply: FastifyReply, type: 'vector' | 'picture') {
    const { params } = request;
    const tile = tileAddress(params, MAX_ZOOM);
    const { version } = await find(params.id, params.version);
    const { profile, content } = version;
    if (isRaster(profile) !== (type === 'picture'))
      throw new HttpError(
        404,
        type === 'picture' ? 'This layer has features: its tiles end in .mvt.' : 'This layer has pixels: its tiles end in .png.',
      );
    const dir = await fetched(content, profile);
    const source: TileSource = type === 'vector' ? { type, dir } : { type, dir, tempDir: site.layout.previewDir };
    reply.header('Cache-Control', 'private, max-age=31536000, immutable');
    return send(request, reply, source, tile, `"${content.slice(0, 24)}-${MAKE}-${tile.z}-${tile.x}-${tile.y}"`);
  }

  /** A version's folder, with what tiles are made of. */
  async function fetched(content: string, profile: VersionProfile): Promise<string> {
    if (!isRaster(profile)) return site.versions.open(content, ['profile.json', FEATURES_FILE]);
    const dir = await site.versions.open(content, ['profile.json', TILES_FILE, MOSAIC_FILE]);
    if (site.versions.areHere) return dir;
    return site.versions.open(
      content,
      (await readTiles(dir)).map(({ file }) => file),
    );
  }

  async function send(request: FastifyRequest, reply: FastifyReply, source: TileSource, tile: TileAddress, etag: string) {
    reply.header('ETag', etag);
    if (noneMatch(request).some((tag) => tag === etag || tag === '*')) return reply.code(304).send();
    const gone = closing(reply);
    let bytes: Uint8Array;
    try {
      bytes = await site.tiles.tile(source, tile, gone);
    } catch (error) {
      // Nobody reads what is said now.
      if (gone.aborted) return reply.code(204).send();
      reply.header('Cache-Control', 'no-store').removeHeader('ETag');
      throw error;
    }
    if (bytes.length === 0) return reply.code(204).send();
    if (source.type === 'picture') return reply.type(PNG.type).send(bytes);
    // Every client of maps takes gzip.
    return reply.type(MVT.type).header('Content-Encoding', 'gzip').send(bytes);
  }

  function preview(request: FastifyRequest, dataset: Dataset, { id, profile }: Version): Static<typeof Preview> {
    const { origin } = siteAddress(site, request);
    const [west, south, east, north] = profile.extent_wgs84 ?? [-180, -MAX_LATITUDE, 180, MAX_LATITUDE];
    const bounds: [number, number, number, number] = [west, Math.max(south, -MAX_LATITUDE), east, Math.min(north, MAX_LATITUDE)];
    const features = isRaster(profile) ? null : profile;
    const fields = features ? tileFields(features) : [];
    const described = fields.map(({ name, index }): [string, string] => [name, features?.fields[index]?.type ?? 'string']);
    return {
      tilejson: '3.0.0',
      type: features ? 'vector' : 'raster',
      tiles: [`${origin}/site/preview/layers/${dataset.id}/versions/${id}/{z}/{x}/{y}.${features ? 'mvt' : 'png'}`],
      tile_size: 512,
      bounds,
      minzoom: 0,
      maxzoom: isRaster(profile) ? rasterZoom(profile) : VECTOR_MAX_ZOOM,
      fit_zoom: zoomFor(bounds),
      geometry_type: features && geometryTypeName(features.geometry_types),
      vector_layers: features ? [{ id: 'features', fields: Object.fromEntries(described) }] : [],
      name_field: fields[0]?.name ?? null,
      legend: isRaster(profile) ? legendOf(profile) : null,
    };
  }
}

interface TileParams {
  id: number;
  version: number;
  z: number;
  x: number;
  y: number;
}

function tileAddress({ z, x, y }: TileAddress, maxZoom: number): TileAddress {
  if (z > maxZoom || x >= 2 ** z || y >= 2 ** z) throw new HttpError(404, 'There is no such tile.');
  return { z, x, y };
}

/** The zoom at which a pixel of a tile is no larger than one of the raster. */
function rasterZoom({ extent_wgs84: [west, south, east, north], size: [columns, rows] }: RasterProfile): number {
  const degrees = Math.min((east - west) / columns, (north - south) / rows);
  return Math.max(0, Math.min(MAX_ZOOM, Math.ceil(Math.log2(360 / (512 * degrees)))));
}
