import type { MultiPolygon } from './polygons.ts';

/** Where a box lies: wholly inside the polygons, wholly outside, or neither for sure. */
export type BoxClass = 'inside' | 'outside' | 'edge';

/** Horizontal strips that the edges are sorted into. */
const STRIPS = 512;

/** Says where boxes lie to some polygons, without looking at more of the polygons' edges than are near. */
export class BoxClassifier {
  readonly #edges: Float64Array;
  readonly #strips: number[][] = Array.from({ length: STRIPS }, () => []);
  readonly #minY: number;
  readonly #perUnit: number;
  readonly #bounds: readonly [number, number, number, number];

  constructor(polygons: MultiPolygon) {
    const edges: number[] = [];
    let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of polygons.flat()) {
      for (let i = 0; i + 1 < ring.length; i++) {
        const [x1 = 0, y1 = 0] = ring[i] ?? [];
        const [x2 = 0, y2 = 0] = ring[i + 1] ?? [];
        edges.push(x1, y1, x2, y2);
        minX = Math.min(minX, x1);
        minY = Math.min(minY, y1);
        maxX = Math.max(maxX, x1);
        maxY = Math.max(maxY, y1);
      }
    }
    this.#edges = Float64Array.from(edges);
    this.#bounds = [minX, minY, maxX, maxY];
    this.#minY = minY;
    this.#perUnit = maxY > minY ? STRIPS / (maxY - minY) : 0;
    for (let edge = 0; edge < edges.length; edge += 4) {
      const [y1 = 0, y2 = 0] = [edges[edge + 1], edges[edge + 3]];
      for (let strip = this.#stripOf(Math.min(y1, y2)); strip <= this.#stripOf(Math.max(y1, y2)); strip++) this.#strips[strip]?.push(edge);
    }
  }

  #stripOf(y: number): number {
    return Math.max(0, Math.min(STRIPS - 1, Math.floor((y - this.#minY) * this.#perUnit)));
  }

  classify(minX: number, minY: number, maxX: number, maxY: number): BoxClass {
    const [west, south, east, north] = this.#bounds;
    if (!(minX <= east && maxX >= west && minY <= north && maxY >= south)) return 'outside';
    for (let strip = this.#stripOf(minY); strip <= this.#stripOf(maxY); strip++) {
      for (const edge of this.#strips[strip] ?? []) if (this.#meets(edge, minX, minY, maxX, maxY)) return 'edge';
    }
    return this.#holds((minX + maxX) / 2, (minY + maxY) / 2) ? 'inside' : 'outside';
  }

  /** Whether an edge meets a box: their boxes do, and the box's corners lie not all on one side of the edge. */
  #meets(edge: number, minX: number, minY: number, maxX: number, maxY: number): boolean {
    const edges = this.#edges;
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [edges[edge], edges[edge + 1], edges[edge + 2], edges[edge + 3]];
    if (Math.max(x1, x2) < minX || Math.min(x1, x2) > maxX || Math.max(y1, y2) < minY || Math.min(y1, y2) > maxY) return false;
    const side = (x: number, y: number) => Math.sign((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1));
    const first = side(minX, minY);
    return first === 0 || side(maxX, minY) !== first || side(minX, maxY) !== first || side(maxX, maxY) !== first;
  }

  /** Whether a point lies inside, by the even-odd rule. */
  #holds(x: number, y: number): boolean {
    const edges = this.#edges;
    let inside = false;
    for (const edge of this.#strips[this.#stripOf(y)] ?? []) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [edges[edge], edges[edge + 1], edges[edge + 2], edges[edge + 3]];
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
    }
    return inside;
  }
}
