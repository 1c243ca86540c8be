import type { FieldProfile, FieldType, Profile } from '../store/profile.ts';

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

/** What a format can hold, and what it makes of the rest. */
export interface FormatRules {
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
}
