import { FlatGeometry } from '../store/flat.ts';

/** Adds positions to lines and rings so that no edge is longer than so much: edges that are straight in one CRS may bend in another. */
export class Densifier {
  readonly #longest: number;
  readonly #made = new FlatGeometry();

  /** @param longest in the units of the CRS. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The same geometry where no edge is too long; else one that holds until the next call, without heights and measures. */
  densify(flat: FlatGeometry): FlatGeometry {
    if (flat.type === 'Point' || flat.type === 'MultiPoint' || !this.#hasLong(flat)) return flat;
    const made = this.#made;
    made.clear(flat.type, false, false);
    const lines = Math.max(1, flat.endCount);
    for (let line = 0, from = 0, polygon = 0; line < lines; line++) {
      const to = flat.endCount > 0 ? (flat.ends[line] ?? 0) : flat.count;
      this.#line(flat.xy, from, to);
      if (flat.endCount > 0) made.endRing();
      if (flat.polygonCount > 0 && flat.polygons[polygon] === line + 1) {
        made.endPolygon();
        polygon++;
      }
      from = to;
    }
    return made;
  }

  /** Gives the memory of a large geometry back. */
  free(): void {
    this.#made.free();
  }

  #hasLong({ xy, count }: FlatGeometry): boolean {
    const longest = this.#longest;
    for (let i = 2; i < 2 * count; i += 2) {
      if (Math.abs((xy[i] ?? 0) - (xy[i - 2] ?? 0)) > longest || Math.abs((xy[i + 1] ?? 0) - (xy[i - 1] ?? 0)) > longest) return true;
    }
    return false;
  }

  #line(xy: Float64Array, from: number, to: number): void {
    const made = this.#made;
    for (let i = from; i < to; i++) {
      const [x, y] = [xy[2 * i] ?? 0, xy[2 * i + 1] ?? 0];
      const last = i + 1 === to;
      const [dx, dy] = last ? [0, 0] : [(xy[2 * i + 2] ?? 0) - x, (xy[2 * i + 3] ?? 0) - y];
      const pieces = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)) / this.#longest));
      made.reserve(pieces);
      for (let piece = 0; piece < pieces; piece++) {
        made.xy[2 * made.count] = x + (dx * piece) / pieces;
        made.xy[2 * made.count + 1] = y + (dy * piece) / pieces;
        made.count++;
      }
    }
  }
}
