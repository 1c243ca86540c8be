import type { BoxClassifier } from '../geometry/classify.ts';
import { orientation } from '../geometry/orientation.ts';
import type { Geometry } from '../store/feature.ts';
import { lineEnds } from '../store/shape.ts';
import { Trail, trailsGeometry } from './trail.ts';

/** A place on a segment, and how far along: 0 at its start, 1 at its end. */
interface Place {
  x: number;
  y: number;
  part: number;
}

/** Cuts lines by their segments, so that they keep their direction, and their own crossings no vertex. */
export class LineCutter {
  readonly #crop: BoxClassifier;
  readonly #near: number[] = [];
  /** Where a segment meets edges of the crop, and from where to where it runs along them. */
  readonly #places: Place[] = [];
  readonly #shared: { from: number; to: number }[] = [];

  constructor(crop: BoxClassifier) {
    this.#crop = crop;
  }

  /** What of a LineString or MultiLineString lies inside or on an edge, in its order: itself where all does, null where no more than points do. */
  cut(geometry: Geometry): Geometry | null {
    const trails: Trail[] = [];
    let whole = true;
    let from = 0;
    for (const to of lineEnds(geometry)) {
      whole = this.#line(geometry, from, to, trails) && whole;
      from = to;
    }
    if (whole) return geometry;
    if (trails.length === 0) return null;
    return trailsGeometry(geometry.type === 'LineString' && trails.length === 1 ? 'LineString' : 'MultiLineString', trails, geometry);
  }

  /** Adds what of a line lies inside; gives whether all does. */
  #line(geometry: Geometry, from: number, to: number, trails: Trail[]): boolean {
    const { xy } = geometry;
    const place = this.#classify(xy, from, to);
    if (place === 'outside') return false;
    if (place === 'inside') {
      const all = new Trail();
      for (let i = from; i < to; i++) all.own(geometry, i);
      trails.push(all);
      return true;
    }
    let whole = true;
    let trail: Trail | null = null;
    let inside: boolean | null = null;
    for (let i = from; i + 1 < to; i++) {
      const x1 = xy[2 * i] ?? 0;
      const y1 = xy[2 * i + 1] ?? 0;
      const x2 = xy[2 * i + 2] ?? 0;
      const y2 = xy[2 * i + 3] ?? 0;
      if (x1 === x2 && y1 === y2) {
        trail?.own(geometry, i + 1);
        continue;
      }
      if (!this.#meet(x1, y1, x2, y2)) {
        inside ??= this.#crop.holds(x1, y1);
        if (!inside) {
          whole = false;
          continue;
        }
        if (!trail) {
          trail = new Trail();
          trail.own(geometry, i);
        }
        trail.own(geometry, i + 1);
        continue;
      }
      let start: Place = { x: x1, y: y1, part: 0 };
      for (const end of [...this.#places, { x: x2, y: y2, part: 1 }]) {
        if (end.x === start.x && end.y === start.y) continue;
        inside = this.#holdsBetween(start, end);
        if (inside && !trail) {
          trail = new Trail();
          trail.between(start.x, start.y, i, start.part === 0 ? i : i + 1, start.part);
        } else if (!inside) {
          whole = false;
          // Where it goes out at the segment's start, that is its last position already.
          if (trail && start.part > 0) trail.between(start.x, start.y, i, i + 1, start.part);
          if (trail) trails.push(trail);
          trail = null;
        }
        start = end;
      }
      trail?.own(geometry, i + 1);
    }
    if (trail) trails.push(trail);
    return whole && trail !== null;
  }

  #classify(xy: Float64Array, from: number, to: number): ReturnType<BoxClassifier['classify']> {
    let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 2 * from; i < 2 * to; i += 2) {
      const x = xy[i] ?? 0;
      const y = xy[i + 1] ?? 0;
      if (x < minX) minX = x;
      if (y < minY) minY = y;
      if (x > maxX) maxX = x;
      if (y > maxY) maxY = y;
    }
    return this.#crop.classify(minX, minY, maxX, maxY);
  }

  /** Finds where a segment meets the crop's edges, in order; gives whether it does. */
  #meet(ax: number, ay: number, bx: number, by: number): boolean {
    const places = this.#places;
    places.length = 0;
    this.#shared.length = 0;
    if (!this.#crop.isNearEdge(ax, ay, bx, by)) return false;
    const { grid } = this.#crop;
    grid.along(ax, ay, bx, by, this.#near);
    for (const edge of this.#near) {
      const at = 4 * edge;
      this.#meetEdge(ax, ay, bx, by, grid.edges[at] ?? 0, grid.edges[at + 1] ?? 0, grid.edges[at + 2] ?? 0, grid.edges[at + 3] ?? 0);
    }
    places.sort((a, b) => a.part - b.part);
    return places.length > 0;
  }

  #meetEdge(ax: number, ay: number, bx: number, by: number, px: number, py: number, qx: number, qy: number): void {
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
      if (one > 0 && one < 1) this.#places.push({ x: px, y: py, part: one });
      if (other > 0 && other < 1) this.#places.push({ x: qx, y: qy, part: other });
      if (from === 0) this.#places.push({ x: ax, y: ay, part: 0 });
      if (to === 1) this.#places.push({ x: bx, y: by, part: 1 });
    } else if (a === 0) this.#places.push({ x: ax, y: ay, part: 0 });
    else if (b === 0) this.#places.push({ x: bx, y: by, part: 1 });
    else if (p === 0) this.#places.push({ x: px, y: py, part: partOf(px, py) });
    else if (q === 0) this.#places.push({ x: qx, y: qy, part: partOf(qx, qy) });
    else {
      const [da, db] = [(qx - px) * (ay - py) - (qy - py) * (ax - px), (qx - px) * (by - py) - (qy - py) * (bx - px)];
      const part = da === db ? 0 : Math.max(0, Math.min(1, da / (da - db)));
      // An edge along an axis is met on it.
      this.#places.push({ x: px === qx ? px : ax + (bx - ax) * part, y: py === qy ? py : ay + (by - ay) * part, part });
    }
  }

  /** Whether a segment lies inside between two neighbouring places where it meets edges. */
  #holdsBetween(start: Place, end: Place): boolean {
    if (this.#shared.some(({ from, to }) => from <= start.part && to >= end.part)) return true;
    return this.#crop.holds((start.x + end.x) / 2, (start.y + end.y) / 2);
  }
}
