import type { Geometry, Value } from '../store/feature.ts';
import type { Profile, ProfileCrs } from '../store/profile.ts';
import type { Dimension } from '../store/shape.ts';
import type { EncodedFormat } from './encoder.ts';
import type { Column, FormatRules } from './rules.ts';

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
export interface Writer extends FormatRules {
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
