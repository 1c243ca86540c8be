import type { FastifyInstance } from 'fastify';
import {
  type CropFeatureName,
  type CropLayer,
  listCropFeatures,
  listCropLayers,
  loadCropFeature,
  loadCropLayer,
} from '../catalog/croplayers.ts';
import { resourceUrl, type SiteAddress } from '../exports/addresses.ts';
import { notFound } from './errors.ts';
import { readPaging, sendPage } from './paging.ts';
import { pathId, queryText, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

/** `/exports/croplayers/` (API.md, "Crop layers"). */
export function cropLayerRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/exports/croplayers/', {
    GET: {
      scope: 'exports:read',
      handler: async (request, reply) => {
        const paging = readPaging(request);
        const { total, cropLayers } = await listCropLayers(site.db, paging);
        const address = siteAddress(site, request);
        return sendPage(
          request,
          reply,
          address,
          paging,
          total,
          cropLayers.map((layer) => cropLayer(address, layer)),
        );
      },
    },
  });
  resource(app, '/exports/croplayers/:id/', {
    GET: {
      scope: 'exports:read',
      handler: async (request) => cropLayer(siteAddress(site, request), await find(pathId(request, 'id', 'crop layer'))),
    },
  });
  resource(app, '/exports/croplayers/:id/cropfeatures/', {
    GET: {
      scope: 'exports:read',
      handler: async (request, reply) => {
        const { id } = await find(pathId(request, 'id', 'crop layer'));
        const paging = readPaging(request);
        const { total, features } = await listCropFeatures(site.db, id, queryText(request, 'q'), paging);
        const address = siteAddress(site, request);
        return sendPage(
          request,
          reply,
          address,
          paging,
          total,
          features.map((feature) => cropFeature(address, id, feature)),
        );
      },
    },
  });
  resource(app, '/exports/croplayers/:id/cropfeatures/:feature/', {
    GET: {
      scope: 'exports:read',
      handler: async (request) => {
        const id = pathId(request, 'id', 'crop layer');
        const feature = await loadCropFeature(site.db, id, pathId(request, 'feature', 'crop feature'));
        if (!feature) throw notFound('crop feature');
        const geometry = { type: 'MultiPolygon', coordinates: feature.geometry };
        return { ...cropFeature(siteAddress(site, request), id, feature), geometry };
      },
    },
  });

  async function find(id: number): Promise<CropLayer> {
    const layer = await loadCropLayer(site.db, id);
    if (!layer) throw notFound('crop layer');
    return layer;
  }
}

function cropLayer(address: SiteAddress, layer: CropLayer) {
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

function cropFeature(address: SiteAddress, layerId: number, feature: CropFeatureName) {
  return { id: feature.id, name: feature.name, url: resourceUrl(address, `/exports/croplayers/${layerId}/cropfeatures/${feature.id}/`) };
}
