import type { BoxClassifier } from '../geometry/classify.ts';
import { Meetings, type Place } from '../geometry/meetings.ts';
import type { Geometry } from '../store/feature.ts';
import { lineEnds } from '../store/shape.ts';
import { Trail, trailsGeometry } from './trail.ts';

/** Cuts lines by their segments, so that they keep their direction, and their own crossings no vertex. */
export class LineCutter {
  readonly #crop: BoxClassifier;
  readonly #near: number[] = [];
  /** With edges of the crop, of one segment. */
  readonly #meetings = new Meetings();

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
      const all = new Trail(geometry);
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
      if (!this.#crop.isNearEdge(xy, i, i + 1) || !this.#meet(x1, y1, x2, y2)) {
        inside ??= this.#crop.holds(x1, y1);
        if (!inside) {
          whole = false;
          continue;
        }
        if (!trail) {
          trail = new Trail(geometry);
          trail.own(geometry, i);
        }
        trail.own(geometry, i + 1);
        continue;
      }
      let start: Place = { x: x1, y: y1, part: 0 };
      for (const end of [...this.#meetings.places, { x: x2, y: y2, part: 1 }]) {
        if (end.x === start.x && end.y === start.y) continue;
        inside = this.#meetings.isShared(start, end) || this.#crop.holdsBetween(start.x, start.y, end.x, end.y);
        if (inside && !trail) {
          trail = new Trail(geometry);
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
    const { grid } = this.#crop;
    grid.along(ax, ay, bx, by, this.#near);
    return this.#meetings.find(ax, ay, bx, by, grid.edges, this.#near);
  }
}
