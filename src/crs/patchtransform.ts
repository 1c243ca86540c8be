import { evaluate } from './polynomial.ts';

/** [min x, min y, max x, max y]. */
type Bounds = readonly [number, number, number, number];

/**
 * A stand-in, in this process, for PROJ's own way from one CRS to another over an extent: patches in each of which the result is a polynomial through
 * PROJ's results, judged by PROJ at other places. It knows no projection and no datum, so it serves every pair of CRSs, and datum-shift grids too.
 * Plain data, to be posted to threads.
 *
 * The patches are a tree: node 0 is the extent, and a node is either divided into columns and rows of nodes or a patch.
 */
export interface PatchModel {
  /** Each node's min x, min y, max x and max y, in the source CRS's units. */
  bounds: Float64Array;
  /** Each node's columns and rows; 0 and 0 for a patch. */
  divisions: Uint8Array;
  /** Of a divided node its first part (the others follow, row by row); of a patch where its coefficients begin, -1 where PROJ itself must be asked. */
  starts: Int32Array;
  /** Each patch's degree. */
  degrees: Uint8Array;
  /** Polynomials of u and v, which are -1..1 over their patch; their order is told in polynomial.ts. */
  coefficients: Float64Array;
  /** True where PROJ gives back what it is given, all over the extent. */
  same: boolean;
}

/** How far outside the extent points are still served, relative to their coordinates: their own rounding. */
const SLACK = 1e-9;
/** Nearer to a patch's edge than this, in u and v, its neighbour could claim a point too. */
const EDGE = 1e-6;

/** The transformation of a model. */
export class PatchTransform {
  readonly #model: PatchModel;
  readonly #extent: Bounds;

  constructor(model: PatchModel) {
    this.#model = model;
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = model.bounds;
    const [x, y] = [SLACK * Math.max(Math.abs(minX), Math.abs(maxX)), SLACK * Math.max(Math.abs(minY), Math.abs(maxY))];
    this.#extent = [minX - x, minY - y, maxX + x, maxY + y];
  }

  /** Whether the model has PROJ's result for all points in a box in the source CRS's units, edges included. */
  covers(minX: number, minY: number, maxX: number, maxY: number): boolean {
    const [west, south, east, north] = this.#extent;
    if (!(minX >= west && minY >= south && maxX <= east && maxY <= north)) return false;
    return this.#nodeCovers(0, minX, minY, maxX, maxY);
  }

  #nodeCovers(node: number, minX: number, minY: number, maxX: number, maxY: number): boolean {
    const { bounds, divisions, starts } = this.#model;
    const at = 4 * node;
    const apart =
      node > 0 &&
      ((bounds[at] ?? 0) > maxX || (bounds[at + 1] ?? 0) > maxY || (bounds[at + 2] ?? 0) < minX || (bounds[at + 3] ?? 0) < minY);
    if (apart) return true;
    const start = starts[node] ?? -1;
    const parts = (divisions[2 * node] ?? 0) * (divisions[2 * node + 1] ?? 0);
    for (let n = 0; n < parts; n++) if (!this.#nodeCovers(start + n, minX, minY, maxX, maxY)) return false;
    return start >= 0;
  }

  /**
   * Transforms points in place. A point's result does not depend on the points before it.
   * @param xy x and y of each point; NaN twice afterwards where the model does not have PROJ's result.
   * @param count of points.
   */
  transform(xy: Float64Array, count: number): void {
    const { bounds, degrees, starts, coefficients, same } = this.#model;
    let start = 0;
    let degree = 0;
    // Nothing is within the first patch.
    let [middleX, middleY, scaleX, scaleY] = [Number.NaN, Number.NaN, 0, 0];
    for (let i = 0; i < 2 * count; i += 2) {
      const x = xy[i] ?? Number.NaN;
      const y = xy[i + 1] ?? Number.NaN;
      let u = (x - middleX) * scaleX;
      let v = (y - middleY) * scaleY;
      // On an edge the tree decides, so that the patches of earlier points do not.
      if (!(u > EDGE - 1 && u < 1 - EDGE && v > EDGE - 1 && v < 1 - EDGE)) {
        const node = this.#patchAt(x, y);
        if (node < 0) {
          xy[i] = Number.NaN;
          xy[i + 1] = Number.NaN;
          continue;
        }
        const at = 4 * node;
        const [minX, minY, maxX, maxY] = [bounds[at] ?? 0, bounds[at + 1] ?? 0, bounds[at + 2] ?? 0, bounds[at + 3] ?? 0];
        middleX = (minX + maxX) / 2;
        middleY = (minY + maxY) / 2;
        scaleX = 2 / (maxX - minX);
        scaleY = 2 / (maxY - minY);
        start = starts[node] ?? 0;
        degree = degrees[node] ?? 0;
        u = (x - middleX) * scaleX;
        v = (y - middleY) * scaleY;
      }
      if (!same) evaluate(coefficients, start, degree, u, v, xy, i);
    }
  }

  /** The patch that a point is in; -1 where PROJ itself must be asked. */
  #patchAt(x: number, y: number): number {
    const { bounds, divisions, starts } = this.#model;
    const extent = this.#extent;
    if (!(x >= extent[0] && y >= extent[1] && x <= extent[2] && y <= extent[3])) return -1;
    let node = 0;
    for (let columns = divisions[0] ?? 0; columns > 0; columns = divisions[2 * node] ?? 0) {
      const rows = divisions[2 * node + 1] ?? 0;
      const at = 4 * node;
      const [minX, minY, maxX, maxY] = [bounds[at] ?? 0, bounds[at + 1] ?? 0, bounds[at + 2] ?? 0, bounds[at + 3] ?? 0];
      const column = Math.min(columns - 1, Math.max(0, Math.floor(((x - minX) / (maxX - minX)) * columns)));
      const row = Math.min(rows - 1, Math.max(0, Math.floor(((y - minY) / (maxY - minY)) * rows)));
      node = (starts[node] ?? 0) + row * columns + column;
    }
    return (starts[node] ?? -1) < 0 ? -1 : node;
  }
}
