import { runGdal } from './process.ts';

/** A field as OGR sees it. */
export interface OgrField {
  name: string;
  /** Integer, Integer64, Real, String, Date, Time, DateTime, Binary, or a …List of the first four. */
  type: string;
  /** Boolean, Int16, Float32, JSON or UUID; else null. */
  subType: string | null;
  /** 0 where the source declares none. */
  width: number;
  precision: number;
}

export interface OgrLayer {
  name: string;
  /** -1 when it was not counted. */
  featureCount: number;
  /** OGR's own words (`Polygon`, `3D Measured Point`, `Unknown (any)`); null for a table. */
  geometryType: string | null;
  /** The key column's name, or null when the source only numbers its features. */
  fidColumn: string | null;
  geometryColumn: string | null;
  crs: OgrCrs | null;
  fields: OgrField[];
}

export interface OgrCrs {
  /** WKT 2:2019. */
  wkt: string;
  /** `EPSG:2193`, or null when the source names no authority. */
  id: string | null;
  name: string;
}

export interface OgrDataset {
  driver: string;
  layers: OgrLayer[];
}

export interface DescribeOptions {
  /** Arguments before the dataset, such as `['-oo', 'ENCODING=UTF-8']`. */
  args?: readonly string[];
  /** Layer names; all unless told. */
  layers?: readonly string[];
  signal?: AbortSignal;
}

/**
 * What GDAL says of a vector dataset's layers, without its features.
 * @param dataset a path or a connection string.
 * @throws {GdalError} when GDAL cannot open it.
 */
export async function describeDataset(dataset: string, { args = [], layers = [], signal }: DescribeOptions = {}): Promise<OgrDataset> {
  const selection = layers.length > 0 ? [] : ['-al'];
  const command = ['-ro', '-so', '-noextent', '-nomd', '-wkt_format', 'WKT2_2019', ...selection, ...args, dataset, ...layers];
  const { stdout } = await runGdal('ogrinfo', command, signal ? { signal } : {});
  const [head = '', ...parts] = stdout.split(/^Layer name: /m);
  return { driver: /using driver `(.+?)' successful/.exec(head)?.[1] ?? '', layers: parts.map(parseLayer) };
}

const FIELD =
  /^(.*): (Integer|Integer64|Real|String|Date|Time|DateTime|Binary|IntegerList|Integer64List|RealList|StringList)(?:\((\w+)\))? \((\d+)\.(\d+)\)/s;

/** Reads one layer of `ogrinfo -so`; its `-json` needs GDAL 3.7, and 3.6 is what stable distributions carry. */
function parseLayer(text: string): OgrLayer {
  const [name = '', ...lines] = text.split('\n');
  const value = (label: RegExp) => lines.map((line) => label.exec(line)?.[1]).find((found) => found !== undefined);
  const geometry = value(/^Geometry(?: \(.*\))?: (.+)$/);
  return {
    name,
    featureCount: Number(value(/^Feature Count: (-?\d+)$/) ?? -1),
    geometryType: geometry === undefined || geometry === 'None' ? null : geometry,
    fidColumn: value(/^FID Column = (.+)$/) ?? null,
    geometryColumn: value(/^Geometry Column(?: \d+)? = (.+)$/) ?? null,
    crs: parseCrs(lines),
    fields: parseFields(lines),
  };
}

/** What stands before the fields: labels, the WKT of the CRS, metadata. */
const HEAD = /^(Geometry|Feature Count|Extent|Layer SRS|SRS WKT|Data axis|FID Column|Geometry Column|Metadata|\(unknown\)|[A-Z]\w+\[| )/;

/** A field is one line, but for one whose name has line breaks. */
function parseFields(lines: readonly string[]): OgrField[] {
  const first = lines.findIndex((line) => FIELD.test(line));
  const fields: OgrField[] = [];
  let from = lines.findLastIndex((line, index) => index < first && HEAD.test(line)) + 1;
  for (let to = Math.max(0, first); to < lines.length; to++) {
    const match = FIELD.exec(lines.slice(from, to + 1).join('\n'));
    if (!match) continue;
    const [, name = '', type = '', subType, width, precision] = match;
    fields.push({ name, type, subType: subType ?? null, width: Number(width), precision: Number(precision) });
    from = to + 1;
  }
  return fields;
}

function parseCrs(lines: readonly string[]): OgrCrs | null {
  const from = lines.findIndex((line) => /^(Layer )?SRS WKT/.test(line)) + 1;
  if (from === 0) return null;
  let to = from;
  // The WKT's first line starts at the margin and its others are indented.
  while (to < lines.length && (to === from || /^ +\S/.test(lines[to] ?? ''))) to++;
  const wkt = lines.slice(from, to).join('\n').trim();
  if (wkt === '' || wkt.startsWith('(unknown)')) return null;
  return crsOfWkt(wkt);
}

/** @param wkt WKT 2:2019, with GDAL's line breaks. */
export function crsOfWkt(wkt: string): OgrCrs {
  const id = /\n {4}ID\["(\w+)",(\d+)\]\]$/.exec(wkt);
  return { wkt, id: id ? `${id[1]}:${id[2]}` : null, name: /^\w+\["((?:[^"]|"")*)"/.exec(wkt)?.[1]?.replaceAll('""', '"') ?? '' };
}
