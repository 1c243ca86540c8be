import { deflatePart } from '../archive/deflated.ts';
import { FlatGeometry } from '../store/flat.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { ColumnConverter, type ColumnLosses } from './columns.ts';
import type { EncodedFormat, Encoder, EncoderTarget, Shape } from './encoder.ts';
import type { Levels } from './level.ts';
import type { BatchMeasure } from './measure.ts';
import { type Picker, type Picking, pickerOf } from './picker.ts';
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
  streams: { content: Uint8Array<ArrayBuffer>; deflated: Uint8Array<ArrayBuffer> }[];
  /** That were read. */
  bytes: number;
  featureCount: number;
  losses: BatchLosses;
}

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
    return new Hand(work, format, file, await pickerOf(file, work.picking));
  }

  /** First pass: only for formats that measure. */
  measure(batch: Batch): BatchMeasure {
    const encoder = this.#encoder;
    if (!encoder.measure || !encoder.measured) throw new Error('This format does not measure.');
    this.#pick(batch, this.#measuresRows, (shape) => encoder.measure?.(shape, this.#row, this.#picker.place));
    this.#losses();
    return encoder.measured();
  }

  encode(batch: Batch, start: readonly number[], levels: Levels): EncodedBatch {
    const { contents, featureCount } = this.#write(batch, start);
    const streams = contents.map((content, stream) => ({
      content,
      deflated: content.length === 0 ? new Uint8Array() : deflatePart(content, levels.streams[stream] ?? levels.other),
    }));
    return { streams, bytes: batch.bytes, featureCount, losses: this.#losses() };
  }

  /**
   * What the beginning of a batch becomes before it is deflated, to choose levels by.
   * @param most no further feature is taken once so many bytes of the batch are.
   */
  sample(batch: Batch, most: number): Uint8Array<ArrayBuffer>[] {
    return this.#write(batch, [], most).contents;
  }

  #write(
    batch: Batch,
    start: readonly number[],
    most = Number.POSITIVE_INFINITY,
  ): { contents: Uint8Array<ArrayBuffer>[]; featureCount: number } {
    const encoder = this.#encoder;
    let featureCount = 0;
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
    return { contents: encoder.end().map((buffer) => buffer.take()), featureCount };
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
    this.#picker[Symbol.dispose]();
    return this.#file.close();
  }
}
