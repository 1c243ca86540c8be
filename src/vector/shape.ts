import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import { type Dimension, dimensionOf, emptyBox, extendBox, gather, isEmpty, members, withoutEmpties } from '../store/shape.ts';
import type { Shape } from './encoder.ts';
import { LargeGeometry } from './large.ts';
import type { GeometryRules } from './rules.ts';

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

/** Whether the boxes of geometries have no place in common, so that together they are as valid as alone. */
function areApart(geometries: readonly Geometry[]): boolean {
  const boxes = geometries.map((geometry) => {
    const box = emptyBox();
    extendBox(box, geometry);
    return box;
  });
  return boxes.every(([west, south, east, north], i) =>
    boxes.slice(i + 1).every((other) => other[0] > east || other[2] < west || other[1] > north || other[3] < south),
  );
}

/** Whether a number in it is not finite, or so far out that no place on Earth is meant. `limit` in the CRS's units. */
export function isOutside(geometry: Geometry, limit: number): boolean {
  for (const value of geometry.xy) if (!(Math.abs(value) < limit)) return true;
  return geometry.parts.some((part) => isOutside(part, limit));
}

/** What rules left out or took apart so far: plain data, to be summed up over threads. */
export interface ShapeLosses {
  droppedNulls: number;
  emptied: number;
  collections: number;
  multiPoints: number;
}

/** What a feature's geometry becomes under a format's rules: none, one or several output features, and what was lost. */
export class Shaper {
  readonly #rules: GeometryRules;
  #losses: ShapeLosses = { droppedNulls: 0, emptied: 0, collections: 0, multiPoints: 0 };

  constructor(rules: GeometryRules) {
    this.#rules = rules;
  }

  /** The losses so far; they are counted from 0 again. */
  takeLosses(): ShapeLosses {
    const taken = this.#losses;
    this.#losses = { droppedNulls: 0, emptied: 0, collections: 0, multiPoints: 0 };
    return taken;
  }

  /** Adds what another shaper of the same rules lost. */
  add({ droppedNulls, emptied, collections, multiPoints }: ShapeLosses): void {
    this.#losses.droppedNulls += droppedNulls;
    this.#losses.emptied += emptied;
    this.#losses.collections += collections;
    this.#losses.multiPoints += multiPoints;
  }

  /** Whether the rules have nothing to say of a geometry. */
  leavesAsIs(shape: Shape): boolean {
    const rules = this.#rules;
    if (!shape) return rules.nulls === 'keep';
    // Something of it is left, though perhaps not in the array that it has at the moment.
    if (shape instanceof LargeGeometry) return true;
    if (!(shape instanceof FlatGeometry))
      return rules.collections === 'keep' && !isEmpty(shape) && (rules.empties !== 'none' || withoutEmpties(shape) === shape);
    return (shape.count > 0 || rules.empties === 'keep') && (shape.type !== 'MultiPoint' || rules.multiPoints === 'keep');
  }

  shape(geometry: Geometry | null): { geometry: Geometry | null; dimension: Dimension | null }[] {
    const rules = this.#rules;
    if (geometry && isEmpty(geometry) && rules.empties !== 'keep') {
      this.#losses.emptied++;
      return this.#none();
    }
    if (!geometry) return this.#none();
    if (geometry.type === 'GeometryCollection' && rules.collections === 'apart') {
      this.#losses.collections++;
      return this.#apart(geometry);
    }
    return this.#single(rules.empties === 'none' ? withoutEmpties(geometry) : geometry);
  }

  #none(): { geometry: null; dimension: null }[] {
    if (this.#rules.nulls === 'keep') return [{ geometry: null, dimension: null }];
    this.#losses.droppedNulls++;
    return [];
  }

  #apart(collection: Geometry): { geometry: Geometry; dimension: Dimension | null }[] {
    const all = members(collection);
    if (this.#rules.perFile === 'any') return all.flatMap((member) => this.#single(member));
    return ([0, 1, 2] as const).flatMap((dimension) => {
      const same = all.filter(({ type }) => dimensionOf(type) === dimension);
      if (same.length === 0) return [];
      // Readers cannot tell whose a hole is where polygons lie over each other.
      if (dimension === 2 && !areApart(same)) return same.map((geometry) => ({ geometry, dimension }));
      return [{ geometry: gather(dimension, same), dimension }];
    });
  }

  #single(geometry: Geometry): { geometry: Geometry; dimension: Dimension | null }[] {
    const dimension = dimensionOf(geometry.type);
    if (geometry.type !== 'MultiPoint' || this.#rules.multiPoints === 'keep') return [{ geometry, dimension }];
    this.#losses.multiPoints++;
    return points(geometry).map((point) => ({ geometry: point, dimension }));
  }

  /** Features without geometry that were left out. */
  get dropped(): number {
    return this.#losses.droppedNulls;
  }

  warnings(): string[] {
    const sentences: string[] = [];
    if (this.#losses.emptied > 0) sentences.push(`${features(this.#losses.emptied)} with an empty geometry had none in the output.`);
    if (this.#losses.droppedNulls > 0)
      sentences.push(`${features(this.#losses.droppedNulls)} without geometry had to be left out, because the format needs one.`);
    if (this.#losses.collections > 0) {
      const how = this.#rules.perFile === 'any' ? 'a feature for each member' : 'points, lines and polygons each to their own file';
      sentences.push(`${features(this.#losses.collections)} with a geometry collection came apart (${how}, with the same attributes).`);
    }
    if (this.#losses.multiPoints > 0)
      sentences.push(`${features(this.#losses.multiPoints)} with a MultiPoint became one feature a point, with the same attributes.`);
    return sentences;
  }
}

function features(n: number): string {
  return n === 1 ? '1 feature' : `${n} features`;
}
