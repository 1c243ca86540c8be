import { definitionText } from '../crs/definition.ts';
import type { Beside, Image, Most, RasterWriter } from '../raster/writer.ts';
import type { Profile } from '../store/profile.ts';
import { DATA_TYPES, type DataType, type RasterKind } from '../store/rasterprofile.ts';
import type { TextRules } from '../vector/rules.ts';
import type { ExportFormat } from '../vector/writer.ts';

/** Why a format cannot hold a layer at all. */
export interface Refusal {
  code: 'too-large' | 'format-not-for-kind';
  message: string;
}

/** What all formats have. */
interface AnyFormat {
  /** What a request names it by. */
  mimetype: string;
  /** Other spellings that are accepted. */
  aliases: readonly string[];
  displayName: string;
  /** In archive names: `SHP`. */
  shortName: string;
  /** What direct links call it, in lower case; the first is the one that pages show. */
  linkNames: readonly string[];
  /** Of its main file, without the dot. */
  extension: string;
  /** True where the format needs no `crs` in the request. */
  crsOptional: boolean;
  /** The one CRS the format has, or null when it keeps any. */
  fixedCrs: string | null;
}

/** A format of features: layers of vectors, and tables. */
export interface FeatureFormat extends AnyFormat, ExportFormat {
  /** Kinds of data that it is offered for. */
  kinds: readonly Profile['kind'][];
  /** GDAL's driver that it needs; null where Geocrate writes it itself. */
  driver: string | null;
  /** Null when the format can hold it; else why not. */
  refuse(profile: Profile): Refusal | null;
}

/** A format of pixels. */
export interface RasterFormat extends AnyFormat {
  kinds: readonly RasterKind[];
  /** GDAL's driver that writes it. */
  driver: string;
  raster: RasterWriter;
}

/** A format of pixels that are shown on a page beside other layers, and not written one by one. */
export interface MapFormat extends AnyFormat {
  kinds: readonly RasterKind[];
  /** GDAL's drivers that it needs. */
  drivers: readonly string[];
}

export type Format = FeatureFormat | RasterFormat | MapFormat;

/** Refuses layers with more fields than a format has room for. */
export function atMostFields(limit: number, displayName: string): FeatureFormat['refuse'] {
  return ({ fields }) =>
    fields.length <= limit
      ? null
      : {
          code: 'too-large',
          message: `${displayName} holds at most ${limit} fields, and this has ${fields.length}. Choose another format, such as GeoPackage.`,
        };
}

export function neverRefuse(): null {
  return null;
}

/** Names that any text may be. */
export const ANY_NAME = { max: null, forbidden: null, caseInsensitive: false, mayStartWithDigit: true, reserved: [] } as const;
/** All geometry that FlatGeobuf itself can hold. */
export const ANY_GEOMETRY = {
  perFile: 'any',
  collections: 'keep',
  multiPoints: 'keep',
  nulls: 'keep',
  empties: 'keep',
  z: true,
  m: true,
} as const;
/** What XML 1.0 can hold (section 2.2). */
export const XML_TEXT: TextRules = {
  forbidden: /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu,
  replacement: '\ufffd',
  what: 'control characters',
};

export const ALL_TYPES: readonly DataType[] = DATA_TYPES;
export const NO_LIMIT: Most = { side: Number.POSITIVE_INFINITY, pixels: Number.POSITIVE_INFINITY };

/** What formats of pictures have in common: grey or coloured, of few bits. */
export function picture(dataTypes: readonly DataType[], palettes: readonly DataType[]) {
  return {
    dataTypes,
    bands: 'picture',
    palettes,
    finiteNodata: false,
    signedBytes: false,
    tableByValue: false,
    descriptionBytes: Number.POSITIVE_INFINITY,
    greyAlpha: true,
    oneImage: false,
    isStored: false,
  } as const;
}

/**
 * What tells where an image is that cannot tell it itself: a world file, and the CRS as Esri's programs read it.
 * @param world the world file's ending.
 */
export async function worldFiles({ grid: { origin, resolution }, crs }: Image, world: string): Promise<Beside[]> {
  const [dx, dy] = resolution;
  // The middle of the upper left pixel.
  const lines = [dx, 0, 0, -dy, origin[0] + dx / 2, origin[1] - dy / 2];
  return [
    { extension: world, text: lines.map((line) => `${line}\n`).join('') },
    { extension: 'prj', text: `${await definitionText(crs.id ?? crs.wkt, 'wkt_esri')}\n` },
  ];
}
