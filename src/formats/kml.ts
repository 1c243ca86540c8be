import { join } from 'node:path';
import type { Geometry, Value } from '../store/feature.ts';
import type { FieldType } from '../store/profile.ts';
import { isEmpty, lineEnds } from '../store/shape.ts';
import { xml } from '../store/xml.ts';
import { asIs, asText } from '../vector/columns.ts';
import type { OutputFeature, Sink, Target, Written } from '../vector/writer.ts';
import { ANY_GEOMETRY, ANY_NAME, type FeatureFormat, neverRefuse, XML_TEXT } from './format.ts';
import { isCounterClockwise } from './rings.ts';
import { TextFile } from './textfile.ts';

/** A tenth of a millimetre. */
const DECIMALS = 9;
const FACTOR = 10 ** DECIMALS;
/** What a point is drawn as, where a colour was asked for: a white disc, which takes the colour. */
const ICON = 'http://maps.google.com/mapfiles/kml/shapes/placemark_circle.png';

/** KML 2.2 (OGC 07-147r2): always longitude and latitude of WGS 84. Fields are typed data of a schema (section 9.8), one called name also each placemark's name. */
export const kml: FeatureFormat = {
  mimetype: 'application/vnd.google-earth.kml+xml',
  aliases: [],
  kinds: ['vector'],
  displayName: 'KML',
  shortName: 'KML',
  linkNames: ['kml'],
  extension: 'kml',
  driver: null,
  fixedCrs: 'EPSG:4326',
  crsOptional: true,
  refuse: neverRefuse,
  writer: {
    geometry: { ...ANY_GEOMETRY, m: false, empties: 'null' },
    names: { ...ANY_NAME, forbidden: /[\p{Cc}\ufffe\uffff]/u, caseInsensitive: true },
    carriesStyle: true,
    attributes: true,
    nullsAs: null,
    infinities: false,
    texts: XML_TEXT,
    blanksAreNulls: true,
    column(field) {
      switch (field.type) {
        case 'boolean':
        case 'int16':
          return { ...asIs(field), as: 'integer' };
        case 'float32':
          return { ...asIs(field), as: 'real' };
        case 'integer64':
        case 'date':
        case 'time':
        case 'datetime':
        case 'json':
          // The schema's types are numbers of 32 bits, floats and texts.
          return asText(null);
        case 'binary':
          return asText(null, `Field “${field.name}” is binary, and was written as hexadecimal text.`);
        default:
          return asIs(field);
      }
    },
    open: async (target) => new KmlSink(target, await TextFile.create(join(target.outDir, `${target.name}.kml`))),
  },
};

/** The types of the schema's fields (section 9.9) that columns have here. */
const TYPES: Partial<Record<FieldType, string>> = { integer: 'int', real: 'double', string: 'string' };

class KmlSink implements Sink {
  readonly #file: TextFile;
  readonly #columns: readonly { before: string; as: FieldType }[];
  /** The column whose values name the placemarks; -1 where there is none. */
  readonly #nameColumn: number;
  readonly #schema: string;
  readonly #style: string;
  #head: string;

  constructor({ columns, name, color }: Target, file: TextFile) {
    this.#file = file;
    this.#columns = columns.map((column) => ({ before: `<SimpleData name="${xml(column.name)}">`, as: column.as }));
    this.#nameColumn = columns.findIndex((column) => column.name.toLowerCase() === 'name');
    this.#schema = columns.length > 0 ? `<ExtendedData><SchemaData schemaUrl="#${name}">` : '';
    this.#style = color ? '<styleUrl>#style</styleUrl>' : '';
    const fields = columns.map((column) => `<SimpleField name="${xml(column.name)}" type="${TYPES[column.as] ?? 'string'}"/>`);
    this.#head = [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>${xml(name)}</name>`,
      color ? styleOf(color) : '',
      columns.length > 0 ? `<Schema name="${xml(name)}" id="${name}">${fields.join('')}</Schema>` : '',
      `<Folder><name>${xml(name)}</name>`,
      '',
    ].join('\n');
  }

  write({ geometry, values }: OutputFeature): void | Promise<void> {
    const named = values[this.#nameColumn] ?? null;
    const name = named === null ? '' : `<name>${xml(String(named))}</name>`;
    const data =
      this.#schema && `${this.#schema}${values.map((value, index) => this.#simpleData(value, index)).join('')}</SchemaData></ExtendedData>`;
    return this.#write(`<Placemark>${name}${this.#style}${data}${geometry ? shape(geometry) : ''}</Placemark>\n`);
  }

  #simpleData(value: Value, index: number): string {
    const column = this.#columns[index];
    return value === null || !column ? '' : `${column.before}${xml(String(value))}</SimpleData>`;
  }

  #write(text: string): void | Promise<void> {
    const head = this.#head;
    this.#head = '';
    return this.#file.write(head + text);
  }

  async close(): Promise<Written> {
    await this.#write('</Folder></Document></kml>\n');
    await this.#file.close();
    return { layers: [], warnings: [] };
  }

  abort(): Promise<void> {
    return this.#file.abandon();
  }
}

/** Colours are aabbggrr (section 16.9). */
function styleOf(color: string): string {
  const [, red = '', green = '', blue = ''] = /^#(..)(..)(..)$/.exec(color.toLowerCase()) ?? [];
  const bgr = `${blue}${green}${red}`;
  return (
    `<Style id="style"><IconStyle><color>ff${bgr}</color><Icon><href>${ICON}</href></Icon></IconStyle>` +
    `<LineStyle><color>ff${bgr}</color><width>2</width></LineStyle><PolyStyle><color>80${bgr}</color></PolyStyle></Style>`
  );
}

/** A geometry's element (section 10); multis and collections are MultiGeometry. */
function shape(geometry: Geometry): string {
  if (isEmpty(geometry)) return '';
  const points = geometry.xy.length / 2;
  switch (geometry.type) {
    case 'Point':
      return `<Point>${coordinates(geometry, 0, 1)}</Point>`;
    case 'LineString':
      return `<LineString>${coordinates(geometry, 0, points)}</LineString>`;
    case 'MultiPoint':
      return multi(Array.from({ length: points }, (_, i) => `<Point>${coordinates(geometry, i, i + 1)}</Point>`));
    case 'MultiLineString':
      return multi(lines(geometry).map(([from, to]) => `<LineString>${coordinates(geometry, from, to)}</LineString>`));
    case 'Polygon':
      return `<Polygon>${lines(geometry)
        .map(([from, to], index) => boundary(geometry, from, to, index === 0))
        .join('')}</Polygon>`;
    case 'MultiPolygon':
    case 'GeometryCollection':
      return multi(geometry.parts.map(shape));
  }
}

function multi(parts: readonly string[]): string {
  return `<MultiGeometry>${parts.join('')}</MultiGeometry>`;
}

function lines(geometry: Geometry): [from: number, to: number][] {
  let from = 0;
  return Array.from(lineEnds(geometry), (to): [number, number] => {
    const line: [number, number] = [from, to];
    from = to;
    return line;
  });
}

/** Rings run counter-clockwise, holes too (section 10.8.3.4.1). */
function boundary(geometry: Geometry, from: number, to: number, outer: boolean): string {
  const name = outer ? 'outerBoundaryIs' : 'innerBoundaryIs';
  const ring = coordinates(geometry, from, to, !isCounterClockwise(geometry.xy, from, to));
  return `<${name}><LinearRing>${ring}</LinearRing></${name}>`;
}

function coordinates({ xy, z }: Geometry, from: number, to: number, reversed = false): string {
  let text = '<coordinates>';
  for (let k = from; k < to; k++) {
    const i = reversed ? from + to - 1 - k : k;
    text += `${k > from ? ' ' : ''}${rounded(xy[2 * i])},${rounded(xy[2 * i + 1])}`;
    if (z) text += `,${z[i]}`;
  }
  return `${text}</coordinates>`;
}

function rounded(value = 0): number {
  return Math.round(value * FACTOR) / FACTOR;
}
