import { deflatePart } from '../archive/deflated.ts';
import { GeosMissing } from '../geometry/geos.ts';
import type { ByteBuffer } from '../store/bytes.ts';
import { FlatGeometry } from '../store/flat.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { ColumnConverter, type ColumnLosses } from './columns.ts';
import type { EncodedFormat, Encoder, EncoderTarget, Shape } from './encoder.ts';
import type { Levels } from './level.ts';
import type { BatchMeasure } from './measure.ts';
import { lightPickerOf, type Picker, type Picking } from './picker.ts';
import { Row } from './row.ts';
import type { GeometryRules } from './rules.ts';
import type { Batch } from './select.ts';
import { type ShapeLosses, Shaper } from './shape.ts';
import type { Writer } from './writer.ts';

/** All that is needed to make a part of an output. */
export interface Work {
  picking: Picking;
  target: EncoderTarget;
  rules: GeometryRules;
  values: Pick<Writer, 'texts' | 'infinities'>;
}

/** What the output lacks of a batch. */
export interface BatchLosses {
  columns: ColumnLosses[];
  shapes: ShapeLosses;
  dropped: number;
  uncut: number;
}

/** A batch in a format's bytes. */
export interface EncodedBatch {
  streams: { content: Uint8Array; deflated: Uint8Array }[];
  /** Whether the bytes are for whoever gets them; those of smaller batches are to be copied before the next one is encoded. */
  isTaken: boolean;
  /** That were read. */
  bytes: number;
  featureCount: number;
  losses: BatchLosses;
}

/** More content than this is not copied. */
const MOST_COPIED = 4 << 20;

/** Makes parts of one output: picks features, encodes and deflates them. Each thread has its own. */
export class Hand {
  readonly #file: FlatGeobufFile;
  readonly #picker: Picker;
  readonly #encoder: Encoder;
  readonly #measuresRows: boolean;
  readonly #converter: ColumnConverter;
  readonly #row: Row;
  readonly #shaper: Shaper;
  readonly #apart = new FlatGeometry();
  /** What the last batch became. */
  #buffers: readonly ByteBuffer[] = [];
  #uncut = 0;

  private constructor({ target, rules, values }: Work, format: EncodedFormat, file: FlatGeobufFile, picker: Picker) {
    this.#file = file;
    this.#picker = picker;
    this.#encoder = format.encoder(target);
    this.#measuresRows = format.measures === 'rows';
    this.#converter = new ColumnConverter(target.columns, values);
    this.#row = new Row(target.columns, file.header.columns, values, this.#converter, picker.cursor);
    this.#shaper = new Shaper(rules);
  }

  static async open(work: Work, format: EncodedFormat): Promise<Hand> {
    const file = await FlatGeobufFile.open(work.picking.path);
    return new Hand(work, format, file, lightPickerOf(file, work.picking));
  }

  /** First pass: only for formats that measure. */
  async measure(batch: Batch): Promise<BatchMeasure> {
    const encoder = this.#encoder;
    if (!encoder.measure || !encoder.measured) throw new Error('This format does not measure.');
    const measured = encoder.measured.bind(encoder);
    return this.#again(() => {
      this.#picker.keepsCuts = true;
      this.#pick(batch, this.#measuresRows, (shape) => encoder.measure?.(shape, this.#row, this.#picker.place));
      this.#losses();
      return measured();
    }, measured);
  }

  async encode(batch: Batch, start: readonly number[], levels: Levels): Promise<EncodedBatch> {
    const { buffers, featureCount } = await this.#write(batch, start);
    const isTaken = buffers.reduce((sum, { length }) => sum + length, 0) > MOST_COPIED;
    const streams = buffers.map((buffer, stream) => {
      const content = isTaken ? buffer.take() : buffer.written();
      return { content, deflated: content.length === 0 ? content : deflatePart(content, levels.streams[stream] ?? levels.other) };
    });
    return { streams, isTaken, bytes: batch.bytes, featureCount, losses: this.#losses() };
  }

  /**
   * What the beginning of a batch becomes before it is deflated, to choose levels by.
   * @param most no further feature is taken once so many bytes of the batch are.
   */
  async sample(batch: Batch, most: number): Promise<Uint8Array[]> {
    return (await this.#write(batch, [], most)).buffers.map((buffer) => new Uint8Array(buffer.written()));
  }

  #write(
    batch: Batch,
    start: readonly number[],
    most = Number.POSITIVE_INFINITY,
  ): Promise<{ buffers: readonly ByteBuffer[]; featureCount: number }> {
    const encoder = this.#encoder;
    const write = () => {
      let featureCount = 0;
      this.#picker.keepsCuts = false;
      encoder.begin(start);
      this.#pick(
        batch,
        true,
        (shape) => {
          featureCount++;
          encoder.write(shape, this.#row);
        },
        most,
      );
      this.#buffers = encoder.end();
      return { buffers: this.#buffers, featureCount };
    };
    return this.#again(write, () => {
      for (const buffer of encoder.end()) buffer.length = 0;
    });
  }

  /**
   * Does something, and again from its beginning where it turns out to need GEOS: few crops do.
   * @param forget clears what was done of it.
   */
  async #again<T>(work: () => T, forget: () => void): Promise<T> {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof GeosMissing)) throw error;
    }
    forget();
    this.#losses();
    await this.#picker.loadGeos();
    return work();
  }

  #pick(batch: Batch, withRows: boolean, each: (shape: Shape) => void, most = Number.POSITIVE_INFINITY): void {
    const shaper = this.#shaper;
    const one = (shape: Shape) => {
      if (shaper.leavesAsIs(shape)) {
        if (withRows) this.#row.load();
        each(shape);
        return;
      }
      const shapes = shaper.shape(shape instanceof FlatGeometry ? shape.toGeometry() : shape);
      if (shapes.length > 0 && withRows) this.#row.load();
      for (const { geometry } of shapes) {
        if (geometry && geometry.type !== 'GeometryCollection') {
          this.#apart.set(geometry);
          each(this.#apart);
        } else each(geometry);
      }
    };
    this.#picker.pick(batch, one, most);
  }

  #losses(): BatchLosses {
    const { dropped, uncut } = this.#picker;
    this.#picker.dropped = 0;
    const before = this.#uncut;
    this.#uncut = uncut;
    return { columns: this.#converter.takeLosses(), shapes: this.#shaper.takeLosses(), dropped, uncut: uncut - before };
  }

  close(): Promise<void> {
    for (const buffer of this.#buffers) buffer.free();
    this.#picker[Symbol.dispose]();
    return this.#file.close();
  }
}
