import type { VectorPaint } from '../pdf/view.ts';
import type { ByteBuffer } from '../store/bytes.ts';
import type { Geometry } from '../store/feature.ts';
import type { FlatGeometry } from '../store/flat.ts';
import type { Profile, ProfileCrs } from '../store/profile.ts';
import type { BatchMeasure, KeptMeasure } from './measure.ts';
import type { Row } from './row.ts';
import type { Column } from './rules.ts';
import type { Scratch } from './scratch.ts';
import type { Batch } from './select.ts';

/** What an encoder is told of the output: plain data, so that it can go to another thread. */
export interface EncoderTarget {
  kind: Profile['kind'];
  profile: Profile;
  /** Of the output; null for tables. */
  crs: ProfileCrs | null;
  columns: readonly Column[];
  hasZ: boolean;
  hasM: boolean;
  /** Whether features may have been cut, so that one part may have become several. */
  isCut: boolean;
  /** A slug; file and layer names come from it. */
  name: string;
  /** The newest of what the output is made from, for formats that keep a time. */
  modified: Date;
  /** Where and how it is painted on a map; only for formats that are maps. */
  paint?: VectorPaint | undefined;
}

/** A feature's geometry: flat, or a collection as it is (only where the format keeps collections). Null where there is none, and in tables. */
export type Shape = FlatGeometry | Geometry | null;

/** Where in the version a feature is, in bytes after the tree, and whether it lies on the area's edge. */
export interface Place {
  offset: number;
  bytes: number;
  edge: boolean;
}

/** Turns features into a format's bytes, batch by batch, in any order of batches and in many threads. */
export interface Encoder {
  /** First pass, of formats that measure: called for each feature of a batch. The row is read only where rows are measured. */
  measure?(shape: Shape, row: Row, place: Place): void;
  /** Gives what was measured since the last call. */
  measured?(): BatchMeasure;
  /** Begins a batch. `start` is what the layout says of it. */
  begin(start: readonly number[]): void;
  write(shape: Shape, row: Row): void;
  /** What the batch became, one buffer a stream; they are emptied by whoever takes it. */
  end(): readonly ByteBuffer[];
}

/** One file of an output. Its content is the head, the batches' bytes in order, and the tail. */
export interface FileLayout {
  /** Relative to the item's folder, with `/`. */
  path: string;
  /** In pieces of any size. */
  head: Iterable<Uint8Array>;
  /** Made once the batches are through. */
  tail: Iterable<Uint8Array>;
  /** Stands between batches that are not empty. */
  separator: Uint8Array | null;
}

/** How an output's files are put together. */
export interface Layout {
  files: FileLayout[];
  /** For each batch: what the encoder begins with, and the file that each of its streams goes to. Null: nothing, and to files of the same number. */
  batches: { start: number[]; files: number[] }[] | null;
  /** Other batches than those that were measured, where the format has its own order of features; null: the same. They may be made when asked for. */
  reordered: Pick<readonly Batch[], 'length' | 'at'> | null;
  warnings: string[];
}

/** A format that the engine writes itself, in threads, straight to deflated bytes. */
export interface EncodedFormat {
  /** What of all features must be seen before the first byte can be written: their shapes, or their values too. Null: nothing. */
  measures: 'shapes' | 'rows' | null;
  /**
   * Of deflate, for its streams one after the other and again from the first: zlib's, 1 to 9, or `WORDS`; the fastest that may leave an archive at most a
   * seventh larger than the usual 6 does (bench/README.md). `level.ts` may choose higher ones.
   */
  levels: readonly number[];
  encoder(target: EncoderTarget): Encoder;
  /**
   * @param measures one a batch, in order; empty where the format does not measure.
   * @param tempDir for what is needed meanwhile.
   * @param scratch open for as long as the layout is used.
   * @throws {ExportFailure} when the format cannot hold it.
   */
  layout(target: EncoderTarget, measures: readonly KeptMeasure[], tempDir: string, scratch: Scratch): Promise<Layout>;
}
