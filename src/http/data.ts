import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type Dataset,
  type DatasetType,
  datasetType,
  type License,
  listDatasets,
  listVersions,
  loadDataset,
  loadVersion,
  type Version,
} from '../catalog/datasets.ts';
import { crsResource } from '../crs/epsg.ts';
import { resourceUrl, type SiteAddress } from '../exports/addresses.ts';
import { formatsFor } from '../formats/registry.ts';
import { boundsPolygon } from '../geometry/bounds.ts';
import { notFound } from './errors.ts';
import { readPaging, sendPage } from './paging.ts';
import { pathId, queryText, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';
import { timestamp } from './times.ts';

/** `/layers/`, `/tables/` and `/data/` (API.md, "Layers, tables, catalogue"). */
export function dataRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/data/', { GET: { scope: 'catalog', handler: (request, reply) => list(request, reply, undefined) } });
  for (const type of ['layer', 'table'] as const) {
    resource(app, `/${type}s/`, { GET: { scope: 'layers:read', handler: (request, reply) => list(request, reply, type) } });
    resource(app, `/${type}s/:id/`, {
      GET: {
        scope: 'layers:read',
        handler: async (request) => {
          const dataset = await find(request, type);
          return detail(request, dataset, dataset.version);
        },
      },
    });
    resource(app, `/${type}s/:id/versions/`, {
      GET: { scope: 'layers:read', handler: (request, reply) => versions(request, reply, type) },
    });
    resource(app, `/${type}s/:id/versions/:version/`, {
      GET: {
        scope: 'layers:read',
        handler: async (request) => {
          const dataset = await find(request, type);
          const version = await loadVersion(site.db, dataset.id, pathId(request, 'version', 'version'));
          if (!version) throw notFound('version');
          return detail(request, dataset, version);
        },
      },
    });
  }

  async function list(request: FastifyRequest, reply: FastifyReply, type: DatasetType | undefined) {
    const paging = readPaging(request);
    const filter = { type, kind: queryText(request, 'kind'), q: queryText(request, 'q') };
    const { total, datasets } = await listDatasets(site.db, filter, paging);
    const address = siteAddress(site, request);
    return sendPage(
      request,
      reply,
      address,
      paging,
      total,
      datasets.map((dataset) => entry(address, dataset)),
    );
  }

  async function find(request: FastifyRequest, type: DatasetType): Promise<Dataset> {
    const dataset = await loadDataset(site.db, pathId(request, 'id', type));
    if (!dataset || datasetType(dataset.kind) !== type) throw notFound(type);
    return dataset;
  }

  async function versions(request: FastifyRequest, reply: FastifyReply, type: DatasetType) {
    const dataset = await find(request, type);
    const paging = readPaging(request);
    const { total, versions } = await listVersions(site.db, dataset.id, paging);
    const address = siteAddress(site, request);
    const page = versions.map((version) => ({
      ...versionOf(address, dataset, version),
      status: version.id === dataset.version.id ? 'published' : 'superseded',
      published_at: timestamp(version.publishedAt),
    }));
    return sendPage(request, reply, address, paging, total, page);
  }

  function detail(request: FastifyRequest, dataset: Dataset, version: Version) {
    const address = siteAddress(site, request);
    const { profile } = version;
    const extent = profile.extent_wgs84 && { type: 'Polygon', coordinates: boundsPolygon(profile.extent_wgs84) };
    return {
      ...entry(address, dataset),
      description: dataset.description,
      description_html: paragraphs(dataset.description),
      license: licenseOf(address, dataset.license),
      group: null,
      categories: [],
      tags: dataset.tags,
      version: versionOf(address, dataset, version),
      data: {
        crs: profile.crs && crsResource(profile.crs),
        fields: profile.fields.map(({ name, type }) => ({ name, type })),
        primary_key_fields: profile.primary_key_fields,
        geometry_field: profile.geometry_column,
        geometry_type: geometryType(profile.geometry_types),
        feature_count: profile.feature_count,
        extent,
        encoding: 'UTF-8',
        has_z: profile.has_z,
        raster_resolution: null,
        empty_geometry_count: profile.null_geometry_count + profile.empty_geometry_count,
        export_formats: formatsFor(dataset.kind, site.installation).map((format) => ({
          name: format.displayName,
          mimetype: format.mimetype,
        })),
      },
      user_permissions: ['download', 'view'],
    };
  }
}

function entry(address: SiteAddress, dataset: Dataset) {
  const type = datasetType(dataset.kind);
  return {
    id: dataset.id,
    url: resourceUrl(address, `/${type}s/${dataset.id}/`),
    type,
    title: dataset.title,
    name: dataset.title,
    kind: dataset.kind,
    first_published_at: timestamp(dataset.firstPublishedAt),
    published_at: timestamp(dataset.publishedAt),
  };
}

function versionOf(address: SiteAddress, dataset: Dataset, version: Version) {
  return { id: version.id, url: resourceUrl(address, `/${datasetType(dataset.kind)}s/${dataset.id}/versions/${version.id}/`) };
}

/** A licence as it stands in layers and in `validate`; null when none was given. */
export function licenseOf(address: SiteAddress, license: License | null) {
  return (
    license && {
      id: license.id,
      title: license.title,
      type: license.type,
      version: license.version,
      url: resourceUrl(address, `/licenses/${license.id}/`),
      url_html: license.url,
    }
  );
}

/** The layer's type of geometry, in lower case: the single one, the multi-type that holds both, or `geometry`. */
function geometryType(types: Readonly<Record<string, number | undefined>>): string | null {
  const names = Object.keys(types).filter((name) => types[name]);
  if (names.length === 0) return null;
  const bases = new Set(names.map((name) => name.replace(/^Multi/, '')));
  if (bases.size > 1) return 'geometry';
  return (names.find((name) => name.startsWith('Multi')) ?? names[0] ?? 'geometry').toLowerCase();
}

/** Plain text as HTML paragraphs; nothing in it is markup. */
function paragraphs(text: string): string {
  const escaped = text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
  return escaped
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => `<p>${paragraph.trim()}</p>`)
    .join('\n');
}
