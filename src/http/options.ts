import { OPTION_RULES, type OptionRule } from '../exports/options.ts';
import { MAX_ITEMS } from '../exports/request.ts';
import { formatsFor } from '../formats/registry.ts';
import type { GdalInstallation } from '../gdal/drivers.ts';

const KINDS = ['vector', 'table'] as const;

/** The form of `POST /exports/`, for `OPTIONS /exports/`: the formats are what this site can write now. */
export function describeExports(installation: GdalInstallation) {
  const field = (type: string, label: string, required: boolean, more: object = {}) => ({
    type,
    required,
    read_only: false,
    label,
    ...more,
  });
  const formats = KINDS.map((kind) => {
    const choices = formatsFor(kind, installation).map((format) => ({ value: format.mimetype, display_name: format.displayName }));
    return [kind, field('choice', kind.charAt(0).toUpperCase() + kind.slice(1), false, { choices })];
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
        items: field('list', 'Items', true, { max_length: MAX_ITEMS, child: field('nested object', 'Item', true, { children: item }) }),
        name: field('string', 'Name', false, { help_text: 'The archive’s name; made from the content unless given.', max_length: 200 }),
        extent: field('geojson', 'Extent', false, {
          help_text: 'A GeoJSON Polygon or MultiPolygon in EPSG:4326 with at most 1,000 vertices, or the URL of a crop feature.',
        }),
        options: field('nested object', 'Options', false, {
          children: Object.fromEntries(OPTION_RULES.map((rule) => [rule.name, describeOption(rule)])),
        }),
        delivery: field('nested object', 'Delivery', false, {
          children: {
            method: field('choice', 'Method', false, { choices: [{ value: 'download', display_name: 'Download' }], default: 'download' }),
          },
        }),
      },
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
