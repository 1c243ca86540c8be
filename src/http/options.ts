import type { Limits } from '../config.ts';
import { MAX_NAME, MAX_URL } from '../exports/fields.ts';
import { OPTION_RULES, type OptionRule } from '../exports/options.ts';
import { formatsFor } from '../formats/registry.ts';
import type { GdalInstallation } from '../gdal/drivers.ts';
import { KINDS, type Kind } from '../store/versionprofile.ts';

const LABELS: Readonly<Record<Kind, string>> = {
  vector: 'Vector',
  table: 'Table',
  raster: 'Raster',
  grid: 'Grid',
  rat: 'Raster with an attribute table',
};

/** The form of `POST /exports/`, for `OPTIONS /exports/`: the formats are what this site can write now. */
export function describeExports(installation: GdalInstallation, limits: Limits) {
  const field = (type: string, label: string, required: boolean, more: object = {}) => ({
    type,
    required,
    read_only: false,
    label,
    ...more,
  });
  const formats = KINDS.map((kind) => {
    const choices = formatsFor(kind, installation).map((format) => ({ value: format.mimetype, display_name: format.displayName }));
    return [kind, field('choice', LABELS[kind], false, { choices })];
  });
  const item = {
    item: field('url', 'Item', true, { help_text: 'The URL of a layer or table.' }),
    color: field('string', 'Colour', false, { help_text: '#RRGGBB, for formats that carry style.', min_length: 7, max_length: 7 }),
    tile_id: field('string', 'Tile', false, { help_text: 'The id of a tile of a tiled dataset.' }),
  };
  return {
    name: 'Export List',
    description:
      'Lists exports, and creates them: some layers and tables, in formats, a coordinate system and an area of your choice, as one archive.',
    renders: ['application/json'],
    parses: ['application/json'],
    actions: {
      POST: {
        formats: field('nested object', 'Formats', true, { children: Object.fromEntries(formats) }),
        crs: field('string', 'CRS', false, {
          help_text: 'EPSG:n, projected, geographic or compound. Required unless every layer is asked for as KML, or only tables are.',
        }),
        items: field('list', 'Items', true, { max_length: limits.items, child: field('nested object', 'Item', true, { children: item }) }),
        name: field('string', 'Name', false, {
          help_text: 'The archive’s name; made from the content unless given.',
          max_length: MAX_NAME,
        }),
        extent: field('geojson', 'Extent', false, {
          help_text: `A GeoJSON Polygon or MultiPolygon in EPSG:4326 with at most ${limits.vertices} vertices, or the URL of a crop feature.`,
          max_vertices: limits.vertices,
        }),
        options: field('nested object', 'Options', false, {
          children: Object.fromEntries(OPTION_RULES.map((rule) => [rule.name, describeOption(rule)])),
        }),
        delivery: field('nested object', 'Delivery', false, {
          children: {
            method: field('choice', 'Method', false, { choices: [{ value: 'download', display_name: 'Download' }], default: 'download' }),
          },
        }),
        notify: field('nested object', 'Notify', false, {
          children: {
            url: field('url', 'URL', true, { help_text: 'Is told by a signed POST when the export has ended.', max_length: MAX_URL }),
          },
        }),
      },
    },
    limits: {
      items: limits.items,
      vertices: limits.vertices,
      body_bytes: limits.bodyBytes,
      export_bytes: limits.exportBytes,
      active_exports: limits.activePerUser,
      requests_per_minute: limits.requestsPerMinute,
    },
  };
}

function describeOption(rule: OptionRule) {
  const { name: _, choices, ...rest } = { choices: undefined, ...rule };
  return {
    ...rest,
    required: false,
    read_only: false,
    ...(choices ? { choices: choices.map((value) => ({ value, display_name: value })) } : {}),
  };
}
