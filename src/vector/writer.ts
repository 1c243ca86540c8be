import type { Geometry, Value } from '../store/feature.ts';
import type { FieldProfile, FieldType, Profile, ProfileCrs } from '../store/profile.ts';
import type { Dimension } from '../store/shape.ts';
import type { EncodedFormat } from './encoder.ts';

/** What a format does to names. Longer ones are cut, clashing ones numbered, and each change is reported. */
export interface NameRules {
  max: { unit: 'bytes' | 'characters'; count: number } | null;
  /** Characters that may not stand in a name; each becomes `_`. */
  forbidden: RegExp | null;
  /** Whether names that differ by case alone clash. */
  caseInsensitive: boolean;
  mayStartWithDigit: boolean;
  /** Names the format itself uses, in lower case. */
  reserved: readonly string[];
}

/** Characters that texts cannot have in a format. */
export interface TextRules {
  forbidden: RegExp;
  /** What each is written as. */
  replacement: string;
  /** What they are, for people: `line breaks`. */
  what: string;
}

/** How a field is kept in a format. */
export interface ColumnPlan {
  /** The type it is kept as. */
  as: FieldType;
  /** Declared width and precision; 0 where the format needs none. */
  width: number;
  precision: number;
  /** Texts past it are cut at a character, and counted. */
  max: { unit: 'bytes' | 'characters'; count: number } | null;
  /** Numbers are kept to so many decimals, and those that lose by it are counted; null: as they are. */
  decimals: number | null;
  /** Whether times with an offset are moved to UTC, as formats without time zones need. */
  toUtc: boolean;
  /** A sentence on what this field loses whatever its values are. */
  warning: string | null;
}

export interface Column extends ColumnPlan {
  /** The name in the output. */
  name: string;
  field: FieldProfile;
}

/** What a format can hold of geometry. */
export interface GeometryRules {
  /** `dimension`: one file (or table) for points, one for lines, one for polygons. */
  perFile: 'any' | 'dimension';
  /** `apart`: each member of a collection becomes a feature of its own (with `dimension`: each dimension's members together). */
  collections: 'keep' | 'apart';
  /** `apart`: each point of a MultiPoint becomes a feature of its own. */
  multiPoints: 'keep' | 'apart';
  /** `drop`: a feature without geometry cannot be held. */
  nulls: 'keep' | 'drop';
  /** `null`: a geometry without points becomes no geometry; `none`: and collections lose members without points. */
  empties: 'keep' | 'null' | 'none';
  z: boolean;
  m: boolean;
}

/** What an engine hands to a format's writer. */
export interface Target {
  kind: Profile['kind'];
  profile: Profile;
  /** Of the output; null for tables. */
  crs: ProfileCrs | null;
  columns: readonly Column[];
  hasZ: boolean;
  hasM: boolean;
  /** `#RRGGBB` or null. */
  color: string | null;
  /** A slug; file and layer names come from it. */
  name: string;
  outDir: string;
  tempDir: string;
  signal: AbortSignal;
  /** Of what `close` does, 0..1. */
  onProgress: (fraction: number) => void;
}

export interface OutputFeature {
  /** Null for tables and where a geometry is missing. */
  geometry: Geometry | null;
  /** The part this belongs to; null where a format keeps all in one, or where nothing says it. */
  dimension: Dimension | null;
  /** One a column, in order. */
  values: readonly Value[];
}

/** What GDAL wrote, for reading it back. */
export interface WrittenLayer {
  dataset: string;
  layer: string;
  /** Null when it cannot be counted in the output. */
  featureCount: number | null;
  /** Whether the CRS stands in the output and must read back as it was meant. */
  hasCrs: boolean;
}

export interface Written {
  /** To be checked; empty where Geocrate wrote every byte itself. */
  layers: WrittenLayer[];
  warnings: string[];
}

/** Takes features one by one; a promise means: wait before the next. */
export interface Sink {
  write(feature: OutputFeature): void | Promise<void>;
  /** Finishes the files. */
  close(): Promise<Written>;
  /** Closes what is open after a failure; the caller removes the files. */
  abort(): Promise<void>;
}

/** What a format is to the engines. */
export interface Writer {
  geometry: GeometryRules;
  names: NameRules;
  carriesStyle: boolean;
  /** False where the format has geometry alone. */
  attributes: boolean;
  /** What nulls become where the format has none (`zeros and empty texts`); null where it has them. */
  nullsAs: string | null;
  /** Whether it holds infinite numbers; where not, they become null and are counted. */
  infinities: boolean;
  /** Null where texts may have every character. */
  texts: TextRules | null;
  /** Whether an empty text reads back as null. */
  blanksAreNulls: boolean;
  /** How a field is kept. `profile` says what its values are. */
  column(field: FieldProfile, profile: Profile): ColumnPlan;
  /** Where the engine writes it in threads, in its own bytes. */
  encoded?: EncodedFormat;
  /** Where it is written feature by feature; every format has one of the two. */
  open?(target: Target): Promise<Sink>;
}

/** What an engine needs of a format. */
export interface ExportFormat {
  mimetype: string;
  displayName: string;
  /** The one CRS the format has, or null when it keeps any. */
  fixedCrs: string | null;
  writer: Writer;
}

/** An output that would be wrong: the code and sentence are for the user. */
export class ExportFailure extends Error {
  readonly code: 'too-large' | 'disk-full' | 'verify-failed' | 'write-failed';
  constructor(code: ExportFailure['code'], message: string) {
    super(message);
    this.code = code;
  }
}
