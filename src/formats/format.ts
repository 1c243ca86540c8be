import type { Profile } from '../store/profile.ts';
import type { ExportFormat, TextRules } from '../vector/writer.ts';

/** Kinds of data that a format is offered for. */
type FormatKind = Profile['kind'];

/** Why a format cannot hold a layer at all. */
interface Refusal {
  code: 'too-large' | 'format-not-for-kind';
  message: string;
}

export interface Format extends ExportFormat {
  /** What a request names it by. */
  mimetype: string;
  /** Other spellings that are accepted. */
  aliases: readonly string[];
  kinds: readonly FormatKind[];
  displayName: string;
  /** In archive names: `SHP`. */
  shortName: string;
  /** What direct links call it, in lower case; the first is the one that pages show. */
  linkNames: readonly string[];
  /** Of its main file, without the dot. */
  extension: string;
  /** GDAL's driver that it needs; null where Geocrate writes it itself. */
  driver: string | null;
  /** True where the format needs no `crs` in the request. */
  crsOptional: boolean;
  /** Null when the format can hold it; else why not. */
  refuse(profile: Profile): Refusal | null;
}

/** Refuses layers with more fields than a format has room for. */
export function atMostFields(limit: number, displayName: string): Format['refuse'] {
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
