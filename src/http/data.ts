import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  DATASET_FIELDS,
  type Dataset,
  type DatasetSummary,
  type DatasetType,
  datasetType,
  listDatasets,
  listVersions,
  loadDataset,
  loadVersion,
  VERSION_FIELDS,
  type Version,
} from '../catalog/datasets.ts';
import { crsResource } from '../crs/epsg.ts';
import { resourceUrl, type SiteAddress } from '../exports/addresses.ts';
import { nullable, Polygon, Time, Url } from '../exports/resource.ts';
import { timestamp } from '../exports/times.ts';
import { formatsFor } from '../formats/registry.ts';
import { boundsPolygon } from '../geometry/bounds.ts';
import { geometryTypeName } from '../store/profile.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import { isRaster } from '../store/versionprofile.ts';
import { boxParameter, readBox } from './bbox.ts';
import { notFound } from './errors.ts';
import { License, licenseOf } from './licenses.ts';
import { PAGING, readPage, readSort, readTime, sendPage, sortBy, TimeFilter } from './paging.ts';
import { Id, operation, ref, resource } from './resource.ts';
import { type Site, siteAddress } from './site.ts';

const Kind = Type.Enum(['vector', 'table', 'raster', 'grid', 'rat']);
const ENTRY = {
  id: Type.Integer(),
  url: Url,
  type: Type.Enum(['layer', 'table']),
  title: Type.String(),
  name: Type.String({ description: 'The same, for older clients.' }),
  kind: Kind,
  first_published_at: Time,
  published_at: Time,
};
const Data = Type.Object(ENTRY, { $id: 'Data', additionalProperties: false });
const VERSION = { id: Type.Integer(), url: Url };
const VersionEntry = Type.Object(
  { ...VERSION, status: Type.Enum(['published', 'superseded']), published_at: Time },
  { $id: 'Version', additionalProperties: false },
);
const DataDetail = Type.Object(
  {
    ...ENTRY,
    description: Type.String(),
    description_html: Type.String(),
    license: nullable(ref(License)),
    group: Type.Null(),
    categories: Type.Array(Type.String()),
    tags: Type.Array(Type.String()),
    version: Type.Object(VERSION),
    data: Type.Object({
      crs: nullable(
        Type.Object({
          id: nullable(Type.String({ examples: ['EPSG:2193'] })),
          srid: nullable(Type.Integer()),
          name: Type.String(),
          kind: Type.String(),
        }),
      ),
      fields: Type.Array(
        Type.Object({
          name: Type.String({ description: 'Of a raster’s bands: what they are described as, or else `band_1`, `band_2`, …' }),
          type: Type.String({ description: 'Of a raster’s bands: `byte`, `int16`, `float32`, …', examples: ['string', 'byte'] }),
        }),
        { description: 'Fields of features and of rows; the bands of rasters, grids and rats.' },
      ),
      primary_key_fields: Type.Array(Type.String()),
      geometry_field: nullable(Type.String()),
      geometry_type: nullable(Type.String()),
      feature_count: nullable(Type.Integer({ minimum: 0 })),
      extent: nullable(Polygon),
      encoding: nullable(Type.String()),
      has_z: Type.Boolean(),
      raster_resolution: nullable(
        Type.Number({ description: 'The width of a pixel in the units of `crs`; null where there are no pixels.' }),
      ),
      empty_geometry_count: Type.Integer({ minimum: 0 }),
      export_formats: Type.Array(Type.Object({ name: Type.String(), mimetype: Type.String() })),
    }),
    user_permissions: Type.Array(Type.String()),
    tiles: Type.Optional(Type.String({ format: 'uri', description: 'Its tiles; only where it has some that exports may ask for.' })),
  },
  { $id: 'DataDetail', additionalProperties: false },
);
export const DATA_SCHEMAS = [Data, DataDetail, VersionEntry];

const LIST_QUERY = Type.Object({
  ...PAGING,
  sort: sortBy(DATASET_FIELDS),
  id: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
  kind: Type.Optional(Kind),
  q: Type.Optional(Type.String({ description: 'Words of the title, the description or the tags, in any case.' })),
  'updated_at.after': TimeFilter,
  'license.type': Type.Optional(Type.String({ examples: ['cc-by'] })),
  bbox: boxParameter('Layers that meet west,south,east,north in degrees; across the antimeridian where west is past east.'),
  'data.geometry_type': Type.Optional(Type.String({ examples: ['multipolygon'] })),
});
const OneDataset = Type.Object({ id: Id });

/** `/layers/`, `/tables/` and `/data/` (API.md, "Layers, tables, catalogue"). */
export function dataRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/data/', { GET: list(undefined) });
  for (const type of ['layer', 'table'] as const) {
    resource(app, `/${type}s/`, { GET: list(type) });
    resource(app, `/${type}s/:id/`, {
      GET: operation({
        scope: 'layers:read',
        summary: `Get a ${type}`,
        params: OneDataset,
        answers: { 200: ref(DataDetail) },
        async handler(request) {
          const dataset = await find(request.params.id, type);
          return detail(request, dataset, dataset.version);
        },
      }),
    });
    resource(app, `/${type}s/:id/versions/`, {
      GET: operation({
        scope: 'layers:read',
        summary: `List the versions of a ${type}`,
        description: 'Newest first unless told.',
        params: OneDataset,
        query: Type.Object({ ...PAGING, sort: sortBy(VERSION_FIELDS) }),
        answers: { 200: Type.Array(ref(VersionEntry)) },
        async handler(request, reply) {
          const dataset = await find(request.params.id, type);
          const page = readPage(request.query);
          const sort = readSort(request.query.sort, VERSION_FIELDS, { field: 'id', descending: true });
          const { total, versions } = await listVersions(site.db, dataset.id, page, sort);
          const address = siteAddress(site, request);
          const rows = versions.map((version) => versionEntry(address, dataset, version));
          return sendPage(request, reply, address, page, total, rows);
        },
      }),
    });
    resource(app, `/${type}s/:id/versions/:version/`, {
      GET: operation({
        scope: 'layers:read',
        summary: `Get a version of a ${type}`,
        params: Type.Object({ id: Id, version: Id }),
        answers: { 200: ref(DataDetail) },
        async handler(request) {
          const dataset = await find(request.params.id, type);
          const version = await loadVersion(site.db, dataset.id, request.params.version);
          if (!version) throw notFound('version');
          return detail(request, dataset, version);
        },
      }),
    });
  }

  function list(type: DatasetType | undefined) {
    return operation({
      scope: type ? 'layers:read' : 'catalog',
      summary: type ? `List ${type}s` : 'Search the catalogue',
      ...(type ? {} : { description: 'Layers and tables.' }),
      query: LIST_QUERY,
      answers: { 200: Type.Array(ref(Data)) },
      async handler(request, reply) {
        const { query } = request;
        const filter = {
          type,
          kind: query.kind,
          id: query.id,
          q: query.q,
          updatedAfter: readTime('updated_at.after', query['updated_at.after']),
          licenseType: query['license.type'],
          geometryType: query['data.geometry_type'],
          bbox: query.bbox === undefined ? undefined : readBox(query.bbox),
        };
        const page = readPage(query);
        const sort = readSort(query.sort, DATASET_FIELDS, { field: 'id', descending: false });
        const { total, datasets } = await listDatasets(site.db, filter, page, sort);
        const address = siteAddress(site, request);
        const rows = datasets.map((dataset) => entry(address, dataset));
        return sendPage(request, reply, address, page, total, rows);
      },
    });
  }

  async function find(id: number, type: DatasetType): Promise<Dataset> {
    const dataset = await loadDataset(site.db, id);
    if (!dataset || datasetType(dataset.kind) !== type) throw notFound(type);
    return dataset;
  }

  function detail(request: FastifyRequest, dataset: Dataset, version: Version): Static<typeof DataDetail> {
    const address = siteAddress(site, request);
    const { profile } = version;
    const features = isRaster(profile) ? null : profile;
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
        fields: isRaster(profile) ? bandFields(profile) : profile.fields.map(({ name, type }) => ({ name, type })),
        primary_key_fields: features?.primary_key_fields ?? [],
        geometry_field: features?.geometry_column ?? null,
        geometry_type: features && geometryTypeName(features.geometry_types),
        feature_count: features?.feature_count ?? null,
        extent: profile.extent_wgs84 && { type: 'Polygon', coordinates: boundsPolygon(profile.extent_wgs84) },
        encoding: features && 'UTF-8',
        has_z: features?.has_z ?? false,
        raster_resolution: isRaster(profile) ? profile.resolution[0] : null,
        empty_geometry_count: features ? features.null_geometry_count + features.empty_geometry_count : 0,
        export_formats: formatsFor(dataset.kind, site.installation).map((format) => ({
          name: format.displayName,
          mimetype: format.mimetype,
        })),
      },
      user_permissions: ['download', 'view'],
      ...(isRaster(profile) && profile.tiled ? { tiles: tilesUrl(address, dataset, version) } : {}),
    };
  }
}

function entry(address: SiteAddress, dataset: DatasetSummary): Static<typeof Data> {
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

/** Those of the newest version have an address that stays. */
function tilesUrl(address: SiteAddress, { id, version: newest }: Dataset, version: Version): string {
  return resourceUrl(address, version.id === newest.id ? `/layers/${id}/tiles/` : `/layers/${id}/versions/${version.id}/tiles/`);
}

function bandFields({ bands }: RasterProfile): { name: string; type: string }[] {
  return bands.map(({ description, data_type: type }, index) => ({ name: description || `band_${index + 1}`, type: type.toLowerCase() }));
}

function versionEntry(address: SiteAddress, dataset: Dataset, version: Version): Static<typeof VersionEntry> {
  return {
    ...versionOf(address, dataset, version),
    status: version.id === dataset.version.id ? 'published' : 'superseded',
    published_at: timestamp(version.publishedAt),
  };
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
