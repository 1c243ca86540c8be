import { deflateRawSync } from 'node:zlib';
import type { Geometry, Value } from './feature.ts';
import type { RawFeature } from './flatgeobuf.ts';
import type { Bounds, DeflatedSample, FieldProfile, Profile } from './profile.ts';
import type { FlatGeobufFile } from './reader.ts';

/** Bytes of features that are looked at, in runs that are longer than deflate looks back. */
const SAMPLE_BYTES = 1 << 18;
const RUNS = 4;
/** Positions of a feature that are looked at: one feature may be all of a layer. */
const POSITIONS = SAMPLE_BYTES / RUNS / 16;
/** Between those that formats have: the engine's 1 to 3, and 6 for what others write. */
const LEVEL = 3;

/** Measures a sample of a version; all of it where it is small. */
export async function sampleDeflated(file: FlatGeobufFile, profile: Profile): Promise<DeflatedSample> {
  const coordinates = new Coordinates(profile);
  const attributes = new Attributes(profile.fields, file.header.columns);
  for await (const feature of sampled(file)) {
    const geometry = feature.geometry(POSITIONS);
    if (geometry) coordinates.add(geometry);
    attributes.add(feature.values());
  }
  return { vertex: coordinates.deflated(), feature: attributes.deflated() };
}

async function* sampled(file: FlatGeobufFile): AsyncGenerator<RawFeature> {
  for await (const run of sampleRuns(file, SAMPLE_BYTES, RUNS)) yield* run;
}

/**
 * Features of a version in so many runs, each of neighbours, of about so many bytes together; all of it where it has no more.
 * @param isWhole each; else of a large one only its first positions are there.
 */
export async function* sampleRuns(file: FlatGeobufFile, bytes: number, most: number, isWhole = true): AsyncGenerator<RawFeature[]> {
  const { featureCount } = file.header;
  if (featureCount === 0) return;
  // Without a tree only the first feature's place is known.
  const hasTree = file.header.indexNodeSize > 0;
  const runs = file.tree.featureBytes <= bytes || !hasTree ? 1 : Math.min(most, featureCount);
  for (let run = 0; run < runs; run++) {
    const index = runs === 1 ? 0 : Math.floor((featureCount * (run + 0.25)) / runs);
    yield await file.run(index, Math.floor(bytes / runs), isWhole);
  }
}

/** Coordinates of a sample in each way of writing them. */
class Coordinates {
  readonly #binary: number[] = [];
  readonly #moved: number[] = [];
  readonly #text: string[] = [];
  readonly #movedText: string[] = [];
  readonly #degrees: string[] = [];
  readonly #toDegrees: (x: number, y: number) => string;
  #vertices = 0;

  constructor({ extent, extent_wgs84 }: Profile) {
    this.#toDegrees = likeDegrees(extent, extent_wgs84);
  }

  add({ xy, z, parts }: Geometry): void {
    for (let i = 0; i < xy.length; i += 2) {
      const [x = 0, y = 0] = [xy[i], xy[i + 1]];
      const height = z ? [z[i / 2] ?? 0] : [];
      const [movedX, movedY] = [moved(x), moved(y)];
      this.#binary.push(x, y, ...height);
      this.#moved.push(movedX, movedY, ...height);
      this.#text.push([x, y, ...height].join(' '));
      this.#movedText.push([movedX, movedY, ...height].join(' '));
      this.#degrees.push(this.#toDegrees(x, y), ...height.map(String));
    }
    this.#vertices += xy.length / 2;
    for (const part of parts) this.add(part);
  }

  deflated(): DeflatedSample['vertex'] {
    const each = (bytes: Uint8Array) => perOne(bytes, this.#vertices);
    return {
      binary: each(floats(this.#binary)),
      binary_moved: each(floats(this.#moved)),
      text: each(Buffer.from(this.#text.join(','))),
      text_moved: each(Buffer.from(this.#movedText.join(','))),
      degrees: each(Buffer.from(this.#degrees.join(','))),
    };
  }
}

/** A number as near as another CRS's might be, with as many digits. */
function moved(value: number): number {
  return value * 1.000_031_415_926 + 0.271_828_182_8;
}

/** Writes coordinates as if they were degrees: PROJ would say which, but not how many digits they have. */
function likeDegrees(extent: Bounds | null, degrees: Bounds | null): (x: number, y: number) => string {
  const [minX, minY, maxX, maxY] = extent ?? [0, 0, 1, 1];
  const [west, south, east, north] = degrees ?? [0, 0, 1, 1];
  const scaleX = (east - west) / Math.max(maxX - minX, 1e-9);
  const scaleY = (north - south) / Math.max(maxY - minY, 1e-9);
  const rounded = (value: number) => Math.round(value * 1e7) / 1e7;
  return (x, y) => `[${rounded(west + (x - minX) * scaleX)},${rounded(south + (y - minY) * scaleY)}]`;
}

function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer);
}

/** Attributes of a sample in each way of writing them. */
class Attributes {
  readonly #fields: readonly FieldProfile[];
  readonly #columns: FlatGeobufFile['header']['columns'];
  readonly #text: string[] = [];
  readonly #fixed: string[] = [];
  readonly #named: string[] = [];
  readonly #binary: Uint8Array[] = [];
  #features = 0;

  constructor(fields: readonly FieldProfile[], columns: FlatGeobufFile['header']['columns']) {
    this.#fields = fields;
    this.#columns = columns;
  }

  add(values: readonly Value[]): void {
    this.#features++;
    const texts = values.map(asText);
    this.#text.push(texts.join(','));
    this.#fixed.push(texts.map((text, index) => this.#padded(text, index)).join(''));
    this.#named.push(texts.map((text, index) => `"${this.#fields[index]?.name}":"${text}"`).join(','));
    values.forEach((value, index) => {
      if (value !== null) this.#binary.push(Uint8Array.of(index, 0), bytesOf(value, this.#columns[index]?.type ?? 'String'));
    });
  }

  #padded(text: string, index: number): string {
    const field = this.#fields[index];
    if (!field) return text;
    const numeric = field.longest_bytes === 0;
    return numeric ? text.padStart(field.type.startsWith('int') ? 10 : 24) : text.padEnd(Math.min(254, field.longest_bytes));
  }

  deflated(): DeflatedSample['feature'] {
    const each = (bytes: Uint8Array) => perOne(bytes, this.#features);
    return {
      text: each(Buffer.from(this.#text.join('\n'))),
      fixed: each(Buffer.from(this.#fixed.join(' '))),
      binary: each(Buffer.concat(this.#binary)),
      named: each(Buffer.from(this.#named.join('},{'))),
    };
  }
}

function asText(value: Value): string {
  if (value === null) return '';
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

function bytesOf(value: Exclude<Value, null>, type: FlatGeobufFile['header']['columns'][number]['type']): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([Uint32Array.of(text.length), text].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
  }
  if (typeof value === 'bigint') return new Uint8Array(BigInt64Array.of(value).buffer);
  if (typeof value === 'boolean') return Uint8Array.of(Number(value));
  return new Uint8Array(type === 'Double' ? Float64Array.of(value).buffer : Int32Array.of(value).buffer);
}

function perOne(bytes: Uint8Array, count: number): number {
  return count === 0 ? 0 : rounded(deflateRawSync(bytes, { level: LEVEL }).length / count);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
