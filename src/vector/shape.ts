import type { Geometry } from '../store/feature.ts';
import { type Dimension, dimensionOf, gather, isEmpty, members } from '../store/shape.ts';
import type { GeometryRules } from './writer.ts';

function points(geometry: Geometry): Geometry[] {
  return Array.from({ length: geometry.xy.length / 2 }, (_, i) => ({
    type: 'Point',
    xy: geometry.xy.slice(2 * i, 2 * i + 2),
    z: geometry.z?.slice(i, i + 1) ?? null,
    m: geometry.m?.slice(i, i + 1) ?? null,
    ends: null,
    parts: [],
  }));
}

/** Whether a number in it is not finite, or so far out that no place on Earth is meant. `limit` in the CRS's units. */
export function isOutside(geometry: Geometry, limit: number): boolean {
  for (const value of geometry.xy) if (!(Math.abs(value) < limit)) return true;
  return geometry.parts.some((part) => isOutside(part, limit));
}

/** What a feature's geometry becomes under a format's rules: none, one or several output features, and what was lost. */
export class Shaper {
  readonly #rules: GeometryRules;
  #droppedNulls = 0;
  #emptied = 0;
  #collections = 0;
  #multiPoints = 0;

  constructor(rules: GeometryRules) {
    this.#rules = rules;
  }

  shape(geometry: Geometry | null): { geometry: Geometry | null; dimension: Dimension | null }[] {
    const rules = this.#rules;
    if (geometry && isEmpty(geometry) && rules.empties === 'null') {
      this.#emptied++;
      return this.#none();
    }
    if (!geometry) return this.#none();
    if (geometry.type === 'GeometryCollection' && rules.collections === 'apart') {
      this.#collections++;
      return this.#apart(geometry);
    }
    return this.#single(geometry);
  }

  #none(): { geometry: null; dimension: null }[] {
    if (this.#rules.nulls === 'keep') return [{ geometry: null, dimension: null }];
    this.#droppedNulls++;
    return [];
  }

  #apart(collection: Geometry): { geometry: Geometry; dimension: Dimension | null }[] {
    const all = members(collection);
    if (this.#rules.perFile === 'any') return all.flatMap((member) => this.#single(member));
    return ([0, 1, 2] as const).flatMap((dimension) => {
      const same = all.filter(({ type }) => dimensionOf(type) === dimension);
      return same.length === 0 ? [] : [{ geometry: gather(dimension, same), dimension }];
    });
  }

  #single(geometry: Geometry): { geometry: Geometry; dimension: Dimension | null }[] {
    const dimension = dimensionOf(geometry.type);
    if (geometry.type !== 'MultiPoint' || this.#rules.multiPoints === 'keep') return [{ geometry, dimension }];
    this.#multiPoints++;
    return points(geometry).map((point) => ({ geometry: point, dimension }));
  }

  /** Features without geometry that were left out. */
  get dropped(): number {
    return this.#droppedNulls;
  }

  warnings(): string[] {
    const sentences: string[] = [];
    if (this.#emptied > 0) sentences.push(`${features(this.#emptied)} with an empty geometry had none in the output.`);
    if (this.#droppedNulls > 0)
      sentences.push(`${features(this.#droppedNulls)} without geometry had to be left out, because the format needs one.`);
    if (this.#collections > 0) {
      const how = this.#rules.perFile === 'any' ? 'a feature for each member' : 'points, lines and polygons each to their own file';
      sentences.push(`${features(this.#collections)} with a geometry collection came apart (${how}, with the same attributes).`);
    }
    if (this.#multiPoints > 0)
      sentences.push(`${features(this.#multiPoints)} with a MultiPoint became one feature a point, with the same attributes.`);
    return sentences;
  }
}

function features(n: number): string {
  return n === 1 ? '1 feature' : `${n} features`;
}
