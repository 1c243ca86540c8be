import { orientation } from './orientation.ts';

/** A place on a segment, and how far along: 0 at its start, 1 at its end. */
export interface Place {
  x: number;
  y: number;
  part: number;
}

/** Where a segment meets edges, and from where to where it runs along them. That it does, and whether at an end, is exact. */
export class Meetings {
  /** In the segment's order. */
  readonly places: Place[] = [];
  readonly #shared: { from: number; to: number }[] = [];

  /**
   * Forgets the last segment's; gives whether there are any.
   * @param edges x1, y1, x2, y2 of each.
   * @param numbers those of the edges that are looked at.
   */
  find(ax: number, ay: number, bx: number, by: number, edges: Float64Array, numbers: readonly number[]): boolean {
    this.places.length = 0;
    this.#shared.length = 0;
    for (const number of numbers) {
      const at = 4 * number;
      this.#meet(ax, ay, bx, by, edges[at] ?? 0, edges[at + 1] ?? 0, edges[at + 2] ?? 0, edges[at + 3] ?? 0);
    }
    if (this.places.length > 1) this.places.sort((one, other) => one.part - other.part);
    return this.places.length > 0;
  }

  /** Whether the segment runs along an edge between two neighbouring places. */
  isShared(start: Place, end: Place): boolean {
    return this.#shared.some(({ from, to }) => from <= start.part && to >= end.part);
  }

  #meet(ax: number, ay: number, bx: number, by: number, px: number, py: number, qx: number, qy: number): void {
    if ((px < ax && px < bx && qx < ax && qx < bx) || (px > ax && px > bx && qx > ax && qx > bx)) return;
    if ((py < ay && py < by && qy < ay && qy < by) || (py > ay && py > by && qy > ay && qy > by)) return;
    const p = orientation(ax, ay, bx, by, px, py);
    const q = orientation(ax, ay, bx, by, qx, qy);
    if ((p > 0 && q > 0) || (p < 0 && q < 0)) return;
    const a = orientation(px, py, qx, qy, ax, ay);
    const b = orientation(px, py, qx, qy, bx, by);
    if ((a > 0 && b > 0) || (a < 0 && b < 0)) return;
    // How far along the segment a point on it is, by the axis that it follows more.
    const partOf = (x: number, y: number) => (Math.abs(bx - ax) > Math.abs(by - ay) ? (x - ax) / (bx - ax) : (y - ay) / (by - ay));
    if (p === 0 && q === 0) {
      const [one, other] = [partOf(px, py), partOf(qx, qy)];
      const [from, to] = [Math.max(0, Math.min(one, other)), Math.min(1, Math.max(one, other))];
      if (from > to) return;
      this.#shared.push({ from, to });
      if (one > 0 && one < 1) this.places.push({ x: px, y: py, part: one });
      if (other > 0 && other < 1) this.places.push({ x: qx, y: qy, part: other });
      if (from === 0) this.places.push({ x: ax, y: ay, part: 0 });
      if (to === 1) this.places.push({ x: bx, y: by, part: 1 });
    } else if (a === 0) this.places.push({ x: ax, y: ay, part: 0 });
    else if (b === 0) this.places.push({ x: bx, y: by, part: 1 });
    else if (p === 0) this.places.push({ x: px, y: py, part: partOf(px, py) });
    else if (q === 0) this.places.push({ x: qx, y: qy, part: partOf(qx, qy) });
    else {
      const [da, db] = [(qx - px) * (ay - py) - (qy - py) * (ax - px), (qx - px) * (by - py) - (qy - py) * (bx - px)];
      const part = da === db ? 0 : Math.max(0, Math.min(1, da / (da - db)));
      // An edge along an axis is met on it.
      this.places.push({ x: px === qx ? px : ax + (bx - ax) * part, y: py === qy ? py : ay + (by - ay) * part, part });
    }
  }
}
