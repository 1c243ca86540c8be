import { polygonBounds } from './bounds.ts';
import { type Geos, GeosError, type GeosGeometry } from './geos.ts';
import type { MultiPolygon } from './polygons.ts';

/** A piece of so few vertices is not cut any smaller, nor one so many levels down. */
const FEW_VERTICES = 24;
const MOST_LEVELS = 24;

/** A square cell of a quadtree, half as wide as `half` says to each side, with what lies of the polygons within twice that. */
interface Cell {
  x: number;
  y: number;
  half: number;
  level: number;
  piece: GeosGeometry;
  vertices: number;
  /** By quarter; null where nothing of the polygons is, the cell itself where GEOS cannot cut it. */
  quarters: (Cell | null | undefined)[];
}

/** Polygons in pieces, which are cut as they are asked for, each from the one around it. */
export class Pieces implements Disposable {
  readonly #geos: Geos;
  readonly #polygons: MultiPolygon;
  readonly #bounds: readonly [number, number, number, number];
  #root: Cell | undefined;

  constructor(geos: Geos, polygons: MultiPolygon) {
    this.#geos = geos;
    this.#polygons = polygons;
    this.#bounds = polygonBounds(polygons);
  }

  /**
   * A piece that is the same as all of the polygons inside a box and some way around it, so that its own border touches nothing in the box. It lives
   * as long as all the pieces. Null where the polygons have nothing there.
   */
  near(minX: number, minY: number, maxX: number, maxY: number): GeosGeometry | null {
    const [west, south, east, north] = this.#bounds;
    const [left, bottom, right, top] = [Math.max(minX, west), Math.max(minY, south), Math.min(maxX, east), Math.min(maxY, north)];
    if (!(left <= right && bottom <= top)) return null;
    const [x, y, reach] = [(left + right) / 2, (bottom + top) / 2, Math.max(right - left, top - bottom) / 2];
    this.#root ??= this.#cell(
      (west + east) / 2,
      (south + north) / 2,
      Math.max(east - west, north - south) / 2,
      0,
      this.#geos.fromPolygons(this.#polygons),
    );
    let cell = this.#root;
    // A box whose middle is in a quarter and that reaches half as far as the quarter is wide stays well inside the quarter's piece.
    while (cell.vertices > FEW_VERTICES && cell.level < MOST_LEVELS && reach <= cell.half / 4) {
      const quarter = this.#quarter(cell, x, y);
      if (quarter === null) return null;
      if (quarter === cell) break;
      cell = quarter;
    }
    return cell.piece;
  }

  #cell(x: number, y: number, half: number, level: number, piece: GeosGeometry): Cell {
    return { x, y, half, level, piece, vertices: piece.vertexCount(), quarters: [undefined, undefined, undefined, undefined] };
  }

  #quarter(cell: Cell, x: number, y: number): Cell | null {
    const index = Number(x >= cell.x) + 2 * Number(y >= cell.y);
    const known = cell.quarters[index];
    if (known !== undefined) return known;
    const half = cell.half / 2;
    const [midX, midY] = [cell.x + (x >= cell.x ? half : -half), cell.y + (y >= cell.y ? half : -half)];
    const made = this.#cut(cell, midX, midY, 2 * half);
    const quarter = made === null ? null : made === cell.piece ? cell : this.#cell(midX, midY, half, cell.level + 1, made);
    cell.quarters[index] = quarter;
    return quarter;
  }

  #cut({ piece }: Cell, x: number, y: number, reach: number): GeosGeometry | null {
    try {
      using square = this.#geos.rectangle(x - reach, y - reach, x + reach, y + reach);
      using cut = piece.intersection(square);
      const polygons = cut.toPolygons();
      return polygons.length === 0 ? null : this.#geos.fromPolygons(polygons);
    } catch (error) {
      if (error instanceof GeosError) return piece;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    const open = this.#root ? [this.#root] : [];
    this.#root = undefined;
    for (let cell = open.pop(); cell; cell = open.pop()) {
      for (const quarter of cell.quarters) if (quarter && quarter !== cell) open.push(quarter);
      cell.piece[Symbol.dispose]();
    }
  }
}
