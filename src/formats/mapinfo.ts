import type { Bounds, FieldProfile } from '../store/profile.ts';
import { asIs, asText, EXACT_IN_FLOAT, within } from '../vector/columns.ts';
import { geometryTypeOf, type OgrOutput, ogrSink, type Part } from '../vector/ogr.ts';
import type { ColumnPlan } from '../vector/rules.ts';
import type { Target } from '../vector/writer.ts';
import { ANY_GEOMETRY, atMostFields, type FeatureFormat } from './format.ts';
import { featureStyle } from './style.ts';

const TEXT = { unit: 'bytes', count: 254 } as const;

/** What TAB and MIF have in common. */
const writer: Omit<FeatureFormat['writer'], 'open'> = {
  geometry: { ...ANY_GEOMETRY, collections: 'apart', multiPoints: 'apart', z: false, m: false, empties: 'null' },
  names: {
    max: { unit: 'characters', count: 31 },
    forbidden: /[^A-Za-z0-9_]/u,
    caseInsensitive: true,
    mayStartWithDigit: false,
    reserved: [],
  },
  carriesStyle: true,
  attributes: true,
  nullsAs: 'zeros and empty texts',
  infinities: false,
  texts: null,
  blanksAreNulls: false,
  column,
};

/** MapInfo TAB: coordinates as 32-bit whole numbers over the data's own bounds. */
export const mapinfoTab: FeatureFormat = {
  mimetype: 'application/x-ogc-mapinfo_file',
  aliases: ['application/x-ogc-mapinfo_file+tab'],
  kinds: ['vector', 'table'],
  displayName: 'MapInfo TAB',
  shortName: 'TAB',
  linkNames: ['tab', 'mapinfo'],
  extension: 'tab',
  driver: 'MapInfo File',
  fixedCrs: null,
  crsOptional: false,
  refuse: atMostFields(250, 'MapInfo TAB'),
  writer: { ...writer, open: async (target) => mapinfoSink(target, 'tab') },
};

/** MapInfo interchange format: the same as text. */
export const mapinfoMif: FeatureFormat = {
  ...mapinfoTab,
  mimetype: 'application/x-ogc-mapinfo_file+mif',
  aliases: [],
  displayName: 'MapInfo MIF',
  shortName: 'MIF',
  linkNames: ['mif'],
  extension: 'mif',
  refuse: atMostFields(250, 'MapInfo MIF'),
  writer: {
    ...writer,
    // A row of the MID file is a line.
    texts: { forbidden: /\r\n|[\r\n]/g, replacement: ' ', what: 'line breaks' },
    open: async (target) => mapinfoSink(target, 'mif'),
  },
};

function mapinfoSink(target: Target, extension: 'tab' | 'mif') {
  return ogrSink(target, {
    perFile: 'any',
    // A MIF file has at least one field; of a TAB file GDAL sees to that itself.
    ...(extension === 'mif' && target.columns.length === 0 ? { extraColumns: [{ name: 'ID', value: '' }] } : {}),
    ...(target.color ? { style: featureStyle(target.color) } : {}),
    output: (part) => output(target, part, extension),
  });
}

function output(target: Target, part: Part, extension: 'tab' | 'mif'): OgrOutput {
  const latin = [...part.characters].every((character) => WINDOWS_1252.has(character));
  const args = ['-lco', `ENCODING=${latin ? 'CP1252' : 'UTF-8'}`];
  if (extension === 'mif') args.push('-dsco', 'FORMAT=MIF');
  if (part.bounds) args.push('-lco', `BOUNDS=${declaredBounds(part.bounds).join(',')}`);
  args.push('-nlt', geometryTypeOf(part, { ...target, hasZ: false, hasM: false }));
  return {
    driver: 'MapInfo File',
    dataset: `${target.name}.${extension}`,
    layer: target.name,
    args,
    countable: true,
    hasCrs: target.kind === 'vector',
    warnings: latin
      ? []
      : ['Texts have characters beyond Windows-1252, so all are UTF-8; GDAL and QGIS read them, MapInfo before 15.2 does not.'],
  };
}

/** The data's own bounds and a little more, never empty. */
function declaredBounds([minX, minY, maxX, maxY]: Bounds): number[] {
  const margin = Math.max((maxX - minX) * 0.001, (maxY - minY) * 0.001, Math.max(1, Math.abs(maxX), Math.abs(maxY)) * 1e-6);
  return [minX - margin, minY - margin, maxX + margin, maxY + margin];
}

/** All characters of Windows-1252 beyond ASCII. */
const WINDOWS_1252 = new Set(new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i)));

function column(field: FieldProfile): ColumnPlan {
  const plan = { ...asIs(field), precision: 0, width: 0 };
  switch (plan.as) {
    case 'boolean':
      return { ...plan, as: 'int16' };
    case 'integer64':
      if (within(field, 2n ** 31n - 1n)) return { ...plan, as: 'integer' };
      if (within(field, EXACT_IN_FLOAT)) return { ...plan, as: 'real' };
      return { ...asText(TEXT, `Field “${field.name}” has whole numbers past 2^53, which MapInfo holds as text only.`), width: 20 };
    case 'float32':
      return { ...plan, as: 'real' };
    case 'datetime':
      return { ...plan, toUtc: true };
    case 'binary':
      return text(2 * field.longest_bytes, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
    case 'string':
    case 'json':
      return text(Math.max(field.longest_bytes, field.type === 'string' ? field.width : 0), plan.warning);
    default:
      return plan;
  }
}

function text(width: number, warning: string | null): ColumnPlan {
  return { ...asText(TEXT, warning), width: Math.min(254, Math.max(1, width)) };
}
