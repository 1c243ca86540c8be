import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type DeflatedContent, DeflatedFile, deflatePart, deflatePartAside } from '../archive/deflated.ts';
import type { Profile } from '../store/profile.ts';
import { ColumnConverter } from './columns.ts';
import type { Crew } from './crew.ts';
import type { EncodedFormat, FileLayout, Layout } from './encoder.ts';
import { type BatchLosses, type EncodedBatch, Hand, type Work } from './hand.ts';
import { chooseLevels, type Levels } from './level.ts';
import { type BatchMeasure, type KeptMeasure, keepMeasure } from './measure.ts';
import { leave } from './room.ts';
import { Scratch } from './scratch.ts';
import { type Batch, CUTTING, RUN, type Selection } from './select.ts';
import { Shaper } from './shape.ts';

/** A file of an output, deflated. */
interface EncodedFile extends DeflatedContent {
  /** Relative to the item's folder, with `/`. */
  name: string;
}

export interface Encoded {
  files: EncodedFile[];
  featureCount: number;
  warnings: string[];
  converter: ColumnConverter;
  shaper: Shaper;
  /** Features that the CRS cannot hold. */
  dropped: number;
  /** Features that could not be cut. */
  uncut: number;
}

export interface EncodeRequest {
  work: Work;
  selection: Selection;
  format: EncodedFormat;
  /** What the threads find the format by. */
  kind: Profile['kind'];
  mimetype: string;
  crew: Crew;
  tempDir: string;
  /** Where the deflated files go. */
  outDir: string;
  signal: AbortSignal;
  /** Fraction of the work done, 0..1. */
  onProgress: (fraction: number) => void;
}

/** What it takes to measure a byte, and with finding out what lies inside: as many times as to encode and deflate it. */
const MEASURING = 0.1;
const MEASURING_CROP = 0.28;
/** Bytes of a batch that is a few large features. */
const LARGE_BATCH = 16 << 20;
const NOTHING: Batch = { runs: new Float64Array(), bytes: 0 };
/** To choose levels of deflate by. */
const SAMPLED_BYTES = 3 << 17;
/** What heads and tails are deflated in. */
const PART_BYTES = 1 << 20;

/**
 * Writes an output in two passes over the selected features: one that measures, where the format must know all before it begins, and one that
 * encodes and deflates. Both are done by many threads, a batch at a time; what a batch becomes does not depend on who does it, or when.
 */
export async function encode(request: EncodeRequest): Promise<Encoded> {
  const { work, selection, format, crew, signal, onProgress, outDir } = request;
  const { batches } = selection;
  // A single batch is done here sooner than another thread could begin.
  const hand = batches.length <= 1 ? await Hand.open(work, format) : null;
  if (!hand) crew.open(work, request.kind, request.mimetype);
  // One feature may be all of a layer, and then takes twice its size: what the threads keep of earlier outputs makes room.
  else if (selection.bytes > LARGE_BATCH) await crew.close();
  const scratch = new Scratch(join(request.tempDir, 'measures'));
  try {
    const edges = batches.map(edgeBytes);
    const measuring = format.measures ? (work.picking.crop ? MEASURING_CROP : MEASURING) : 0;
    const whole = (1 + measuring) * selection.bytes + CUTTING * edges.reduce((sum, bytes) => sum + bytes, 0);
    let done = 0;
    const progress = (work: number) => {
      done += work;
      onProgress(Math.min(1, done / Math.max(1, whole)));
    };
    // This thread has nothing else to do while the others measure.
    const choosing = chooseLevels(format.levels, selection.bytes, () => sampleOf(batches, work, format));
    choosing.catch(() => {});
    const measures: KeptMeasure[] = [];
    if (format.measures)
      for await (const measured of measure(batches, hand, crew, signal)) {
        const number = measures.length;
        measures.push(keepMeasure(measured, scratch));
        progress(measuring * (batches[number]?.bytes ?? 0) + CUTTING * (edges[number] ?? 0));
      }
    const layout = await format.layout(work.target, measures, request.tempDir, scratch);
    const converter = new ColumnConverter(work.target.columns, work.values);
    const shaper = new Shaper(work.rules);
    const totals = { featureCount: 0, dropped: 0, uncut: 0 };
    const ordered = layout.reordered ?? batches;
    const levels = await choosing;
    const output = new Output(layout, outDir, levels.other, signal);
    // What stands before the batches may be large, and is deflated while the first of them are made.
    const begun = output.begin();
    begun.catch(() => {});
    try {
      let number = 0;
      for await (const batch of encodeBatches(ordered, layout, levels, hand, crew, signal)) {
        await begun;
        const { bytes, featureCount, losses } = batch;
        output.append(number, batch.streams);
        leave(batch);
        totals.featureCount += featureCount;
        totals.dropped += losses.dropped;
        totals.uncut += losses.uncut;
        addLosses(losses, converter, shaper);
        progress(bytes + (format.measures ? 0 : CUTTING * (edges[number] ?? 0)));
        number++;
      }
      await begun;
      return { files: await output.finish(), warnings: layout.warnings, converter, shaper, ...totals };
    } catch (error) {
      await begun.catch(() => {});
      output.close();
      throw error;
    }
  } finally {
    scratch.close();
    if (hand) await hand.close();
    else crew.release();
  }
}

/** Of a batch: those of features that have to be cut. */
function edgeBytes({ runs }: Batch): number {
  let bytes = 0;
  for (let run = 0; run < runs.length; run += RUN) if (runs[run + 2] === 1) bytes += runs[run + 1] ?? 0;
  return bytes;
}

/** What the first features become, without those to be cut, as that takes long; nothing of it is counted. */
async function sampleOf(batches: readonly Batch[], work: Work, format: EncodedFormat): Promise<Uint8Array[]> {
  const hand = await Hand.open(work, format);
  try {
    return await hand.sample(insideOf(batches) ?? batches[0] ?? NOTHING, SAMPLED_BYTES);
  } finally {
    await hand.close();
  }
}

/** The first of what lies inside; null for little. */
function insideOf(batches: readonly Batch[]): Batch | null {
  const inside: number[] = [];
  let bytes = 0;
  for (const { runs } of batches) {
    for (let run = 0; run < runs.length && bytes < SAMPLED_BYTES; run += RUN) {
      if (runs[run + 2] === 1) continue;
      inside.push(...runs.subarray(run, run + RUN));
      bytes += runs[run + 1] ?? 0;
    }
    if (bytes >= SAMPLED_BYTES) break;
  }
  return bytes < SAMPLED_BYTES / 2 ? null : { runs: Float64Array.from(inside), bytes };
}

function addLosses({ columns, shapes }: BatchLosses, converter: ColumnConverter, shaper: Shaper): void {
  converter.add(columns);
  shaper.add(shapes);
}

async function* measure(batches: readonly Batch[], hand: Hand | null, crew: Crew, signal: AbortSignal): AsyncGenerator<BatchMeasure> {
  if (hand) {
    for (const batch of batches) yield await hand.measure(batch);
    return;
  }
  const message = (number: number) => ({ measure: batches[number] ?? NOTHING, number });
  for await (const result of crew.run(batches.length, message, signal)) if ('measured' in result) yield result.measured;
}

async function* encodeBatches(
  batches: Pick<readonly Batch[], 'length' | 'at'>,
  layout: Layout,
  levels: Levels,
  hand: Hand | null,
  crew: Crew,
  signal: AbortSignal,
): AsyncGenerator<EncodedBatch> {
  const startOf = (number: number) => layout.batches?.[number]?.start ?? [];
  if (hand) {
    for (let number = 0; number < batches.length; number++) yield await hand.encode(batches.at(number) ?? NOTHING, startOf(number), levels);
    return;
  }
  const message = (number: number) => ({ encode: batches.at(number) ?? NOTHING, number, start: startOf(number), levels });
  for await (const result of crew.run(batches.length, message, signal)) if ('encoded' in result) yield result.encoded;
}

/** The output's files as they grow. */
class Output {
  readonly #layout: Layout;
  readonly #level: number;
  readonly #signal: AbortSignal;
  readonly #files: { file: FileLayout; deflated: DeflatedFile; hasBatches: boolean }[] = [];

  constructor(layout: Layout, outDir: string, level: number, signal: AbortSignal) {
    this.#layout = layout;
    this.#level = level;
    this.#signal = signal;
    for (const [index, file] of layout.files.entries()) {
      const deflated = new DeflatedFile(join(outDir, `file${index}.deflated`));
      this.#files.push({ file, deflated, hasBatches: false });
    }
  }

  /** Writes what stands before the batches. */
  async begin(): Promise<void> {
    for (const { file, deflated } of this.#files) await appendAll(deflated, file.head, this.#level, this.#signal);
  }

  /** Adds what a batch became. */
  append(number: number, streams: EncodedBatch['streams']): void {
    for (const [stream, { content, deflated }] of streams.entries()) {
      if (content.length === 0) continue;
      const open = this.#files[this.#layout.batches?.[number]?.files[stream] ?? stream];
      if (!open) throw new Error('A batch has more streams than the output has files.');
      const { separator } = open.file;
      if (separator && open.hasBatches) open.deflated.append(separator, deflatePart(separator, this.#level));
      open.hasBatches = true;
      open.deflated.append(content, deflated);
    }
  }

  async finish(): Promise<EncodedFile[]> {
    const files: EncodedFile[] = [];
    for (const { file, deflated } of this.#files) {
      await appendAll(deflated, file.tail, this.#level, this.#signal);
      files.push({ name: file.path, ...deflated.finish() });
    }
    return files;
  }

  close(): void {
    for (const { deflated } of this.#files) deflated.close();
  }
}

/** Deflates and appends pieces of any size, several at a time. */
async function appendAll(file: DeflatedFile, pieces: Iterable<Uint8Array>, level: number, signal: AbortSignal): Promise<void> {
  const inFlight: { part: Uint8Array; deflated: Promise<Uint8Array> }[] = [];
  const next = async () => {
    const { part, deflated } = inFlight.shift() ?? {};
    if (part && deflated) file.append(part, await deflated);
  };
  try {
    for (const piece of pieces)
      for (let at = 0; at < piece.length; at += PART_BYTES) {
        signal.throwIfAborted();
        const part = piece.subarray(at, at + PART_BYTES);
        inFlight.push({ part, deflated: deflatePartAside(part, level) });
        if (inFlight.length > availableParallelism()) await next();
      }
    while (inFlight.length > 0) await next();
  } finally {
    await Promise.allSettled(inFlight.map(({ deflated }) => deflated));
  }
}
