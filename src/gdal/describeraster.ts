import { crsOfWkt, type OgrCrs } from './describe.ts';
import { type GdalOptions, runGdal } from './process.ts';

export interface GdalBand {
  /** GDAL's name of its data type: `Byte`, `Float32`, … A signed byte is `Int8`, whatever GDAL's version calls it. */
  type: string;
  /** Bits of a value, where those are fewer than the type has; else null. */
  bits: number | null;
  colorInterpretation: string;
  /** A block's width and height. */
  block: [number, number];
  /** As text, as it may be no number that JSON has: `-9999`, `nan`, `inf`, `-inf`. Null where there is none. */
  nodata: string | null;
  description: string;
  unit: string;
  scale: number | null;
  offset: number | null;
  /** [red, green, blue, alpha] by pixel value; null where there is none. */
  palette: [number, number, number, number][] | null;
  /** What else is said of it: `wavelength`, … */
  metadata: Record<string, string>;
  /** What tells which pixels are valid: `PER_DATASET`, `ALPHA`, `NODATA`, or nothing. */
  maskFlags: string[];
  /** Widths and heights. */
  overviews: [number, number][];
}

export interface GdalAttributeTable {
  /** Whether its rows are classes; else they are ranges of a measured value, or a histogram. */
  thematic: boolean;
  /** `type`: 0 integer, 1 real, 2 string (GDALRATFieldType). `usage`: GDALRATFieldUsage. */
  /** Row n is of the values from first + n * size on, up to the next row's; null where rows are not told so. */
  bins: { first: number; size: number } | null;
  columns: { name: string; type: number; usage: number }[];
  rows: (number | string)[][];
}

export interface GdalRaster {
  driver: string;
  /** The file itself, and those that belong to it (`.aux.xml`, `.ovr`, …). */
  files: string[];
  size: [number, number];
  crs: OgrCrs | null;
  /** GDAL's six numbers; null where the pixels have no place. */
  geoTransform: [number, number, number, number, number, number] | null;
  /** Ground control points, or rational polynomials, in place of a transform. */
  hasControlPoints: boolean;
  /** IMAGE_STRUCTURE: `COMPRESSION`, `LAYOUT`, `JPEG_QUALITY`, … */
  structure: Record<string, string>;
  subdatasets: { name: string; description: string }[];
  /** What else is said of it: `TIFFTAG_COPYRIGHT`, … */
  metadata: Record<string, string>;
  bands: GdalBand[];
  /** The attribute table of the (last) band that has one. */
  rat: GdalAttributeTable | null;
}

type Metadata = Record<string, Record<string, string>>;

/** What `gdalinfo -json` prints (GDAL 3.6 and later), as far as it is read here. */
interface Printed {
  driverShortName: string;
  files?: string[];
  size: [number, number];
  coordinateSystem?: { wkt: string };
  geoTransform?: [number, number, number, number, number, number];
  gcps?: { gcpList?: unknown[] };
  metadata?: Metadata;
  rat?: {
    tableType?: string;
    row0Min?: number;
    binSize?: number;
    fieldDefn?: { name: string; type: number; usage: number }[];
    row?: { f: (number | string)[] }[];
  };
  bands?: {
    type: string;
    block?: [number, number];
    colorInterpretation?: string;
    noDataValue?: number | string;
    description?: string;
    unit?: string;
    scale?: number;
    offset?: number;
    colorTable?: { entries: [number, number, number, number][] };
    mask?: { flags: string[] };
    overviews?: { size: [number, number] }[];
    metadata?: Metadata;
  }[];
}

/**
 * What GDAL says of a raster, without its pixels.
 * @param dataset a path, or another name that GDAL opens (`NETCDF:"a.nc":tas`).
 * @throws {GdalError} when GDAL cannot open it.
 */
export async function describeRaster(dataset: string, options: Pick<GdalOptions, 'signal' | 'config'> = {}): Promise<GdalRaster> {
  // Not kept at any length: a table of attributes may have a million rows.
  const output: Buffer[] = [];
  await runGdal('gdalinfo', ['-json', '-wkt_format', 'WKT2_2019', dataset], {
    ...options,
    onOutput: (bytes) => output.push(bytes),
  });
  const printed: Printed = JSON.parse(Buffer.concat(output).toString('utf8'));
  const metadata = printed.metadata ?? {};
  const wkt = printed.coordinateSystem?.wkt.trim();
  return {
    driver: printed.driverShortName,
    files: printed.files ?? [],
    size: printed.size,
    crs: wkt ? crsOfWkt(wkt) : null,
    geoTransform: printed.geoTransform ?? null,
    hasControlPoints: (printed.gcps?.gcpList?.length ?? 0) > 0 || metadata.RPC !== undefined || metadata.GEOLOCATION !== undefined,
    structure: metadata.IMAGE_STRUCTURE ?? {},
    subdatasets: subdatasets(metadata.SUBDATASETS ?? {}),
    metadata: metadata[''] ?? {},
    bands: (printed.bands ?? []).map(readBand),
    rat: printed.rat ? readTable(printed.rat) : null,
  };
}

function readBand(band: NonNullable<Printed['bands']>[number]): GdalBand {
  const structure = band.metadata?.IMAGE_STRUCTURE ?? {};
  return {
    type: structure.PIXELTYPE === 'SIGNEDBYTE' && band.type === 'Byte' ? 'Int8' : band.type,
    bits: structure.NBITS === undefined ? null : Number(structure.NBITS),
    colorInterpretation: band.colorInterpretation ?? 'Undefined',
    block: band.block ?? [1, 1],
    nodata: band.noDataValue === undefined ? null : numberText(band.noDataValue, band.type),
    description: band.description ?? '',
    unit: band.unit ?? '',
    scale: band.scale ?? null,
    offset: band.offset ?? null,
    palette: band.colorTable?.entries ?? null,
    metadata: band.metadata?.[''] ?? {},
    maskFlags: band.mask?.flags ?? [],
    overviews: band.overviews?.map(({ size }) => size) ?? [],
  };
}

function readTable(table: NonNullable<Printed['rat']>): GdalAttributeTable | null {
  const { fieldDefn = [], row = [], row0Min: first = 0, binSize: size = 1 } = table;
  if (fieldDefn.length === 0) return null;
  const columns = fieldDefn.map(({ name, type, usage }) => ({ name, type, usage }));
  return {
    thematic: table.tableType !== 'athematic',
    bins: first === 0 && size === 1 ? null : { first, size },
    columns,
    rows: row.map(({ f }) => f),
  };
}

/** `SUBDATASET_1_NAME=…`, `SUBDATASET_1_DESC=…`. */
function subdatasets(metadata: Record<string, string>): { name: string; description: string }[] {
  return Object.entries(metadata).flatMap(([key, name]) => {
    const number = /^SUBDATASET_(\d+)_NAME$/.exec(key)?.[1];
    return number === undefined ? [] : [{ name, description: metadata[`SUBDATASET_${number}_DESC`] ?? '' }];
  });
}

/** A number as GDAL's programs read it back. */
function numberText(value: number | string, type: string): string {
  // Printed with the digits that tell it from other floats, the largest of them is past the largest.
  const exact = type === 'Float32' && Math.abs(Number(value)) > 3.4e38 ? Math.fround(Number(value)) : value;
  const text = String(exact).toLowerCase();
  if (/^-?(1\.#)?nan/.test(text)) return 'nan';
  const infinite = /^([-+]?)(?:1\.#)?inf/.exec(text);
  return infinite ? `${infinite[1] === '-' ? '-' : ''}inf` : text;
}
