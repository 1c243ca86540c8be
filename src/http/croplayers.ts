import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  CROP_FIELDS,
  type CropFeatureName,
  type CropLayer as CropLayerRow,
  listCropFeatures,
  listCropLayers,
  loadCropFeature,
  loadCropLayer,
} from '../catalog/croplayers.ts';
import { resourceUrl, type SiteAddress } from '../exports/addresses.ts';
import { MultiPolygon, Url } from '../exports/resource.ts';
import { notFound } from './errors.ts';
import { PAGING, readPage, readSort, sendPage, sortBy } from './paging.ts';
import { Id, operation, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

const CropLayer = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    url: Url,
    features: Url,
    extent: MultiPolygon,
    source_layer: Type.String({ format: 'uri', description: 'The version of the layer that it is made of.' }),
  },
  { $id: 'CropLayer', additionalProperties: false },
);
const FEATURE = { id: Type.Integer(), name: Type.String(), url: Url };
const CropFeature = Type.Object(FEATURE, { $id: 'CropFeature', additionalProperties: false });
const CropFeatureShape = Type.Object({ ...FEATURE, geometry: MultiPolygon }, { $id: 'CropFeatureShape', additionalProperties: false });
export const CROP_SCHEMAS = [CropLayer, CropFeature, CropFeatureShape];

const QUERY = Type.Object({
  ...PAGING,
  sort: sortBy(CROP_FIELDS),
  q: Type.Optional(Type.String({ description: 'A part of the name, in any case.' })),
});
const OneCropLayer = Type.Object({ id: Id });

/** `/exports/croplayers/` (API.md, "Crop layers"). */
export function cropLayerRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/exports/croplayers/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'List crop layers',
      description: 'Layers whose features may be used as the extent of an export.',
      query: QUERY,
      answers: { 200: Type.Array(ref(CropLayer)) },
      async handler(request, reply) {
        const page = readPage(request.query);
        const sort = readSort(request.query.sort, CROP_FIELDS, { field: 'id', descending: false });
        const { total, cropLayers } = await listCropLayers(site.db, request.query.q, page, sort);
        const address = siteAddress(site, request);
        const rows = cropLayers.map((layer) => cropLayer(address, layer));
        return sendPage(request, reply, address, page, total, rows);
      },
    }),
  });
  resource(app, '/exports/croplayers/:id/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'Get a crop layer',
      params: OneCropLayer,
      answers: { 200: ref(CropLayer) },
      handler: async (request) => cropLayer(siteAddress(site, request), await find(request.params.id)),
    }),
  });
  resource(app, '/exports/croplayers/:id/cropfeatures/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'List crop features',
      params: OneCropLayer,
      query: QUERY,
      answers: { 200: Type.Array(ref(CropFeature)) },
      async handler(request, reply) {
        const { id } = await find(request.params.id);
        const page = readPage(request.query);
        const sort = readSort(request.query.sort, CROP_FIELDS, { field: 'name', descending: false });
        const { total, features } = await listCropFeatures(site.db, id, request.query.q, page, sort);
        const address = siteAddress(site, request);
        const rows = features.map((feature) => cropFeature(address, id, feature));
        return sendPage(request, reply, address, page, total, rows);
      },
    }),
  });
  resource(app, '/exports/croplayers/:id/cropfeatures/:feature/', {
    GET: operation({
      scope: 'exports:read',
      summary: 'Get a crop feature with its geometry',
      params: Type.Object({ id: Id, feature: Id }),
      answers: { 200: ref(CropFeatureShape) },
      async handler(request) {
        const { id, feature: featureId } = request.params;
        const feature = await loadCropFeature(site.db, id, featureId);
        if (!feature) throw notFound('crop feature');
        const geometry = { type: 'MultiPolygon', coordinates: feature.geometry };
        return { ...cropFeature(siteAddress(site, request), id, feature), geometry };
      },
    }),
  });

  async function find(id: number): Promise<CropLayerRow> {
    const layer = await loadCropLayer(site.db, id);
    if (!layer) throw notFound('crop layer');
    return layer;
  }
}

function cropLayer(address: SiteAddress, layer: CropLayerRow): Static<typeof CropLayer> {
  const url = resourceUrl(address, `/exports/croplayers/${layer.id}/`);
  return {
    id: layer.id,
    name: layer.name,
    url,
    features: `${url}cropfeatures/`,
    extent: { type: 'MultiPolygon', coordinates: layer.extent },
    source_layer: resourceUrl(address, `/layers/${layer.datasetId}/versions/${layer.versionId}/`),
  };
}

function cropFeature(address: SiteAddress, layerId: number, feature: CropFeatureName): Static<typeof CropFeature> {
  return { id: feature.id, name: feature.name, url: resourceUrl(address, `/exports/croplayers/${layerId}/cropfeatures/${feature.id}/`) };
}
