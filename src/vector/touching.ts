import type { BoxClass, BoxClassifier } from '../geometry/classify.ts';
import { Meetings, type Place } from '../geometry/meetings.ts';
import type { Geometry } from '../store/feature.ts';
import type { Bounds } from '../store/profile.ts';
import { lineEnds } from '../store/shape.ts';
import { contains } from './cutpolygon.ts';

/** Of more segments times edges GEOS is as fast. */
const MOST_PAIRS = 3000;

/**
 * Where a polygon lies that shares edges or corners with the crop, as parcels do with a crop made of parcels: `inside` or `outside` where the two do
 * not cross; `edge` where they do, or it takes long to tell.
 */
export class TouchTest {
  readonly #crop: BoxClassifier;
  readonly #meetings = new Meetings();
  readonly #near: number[] = [];

  constructor(crop: BoxClassifier) {
    this.#crop = crop;
  }

  classify(polygon: Geometry, [minX, minY, maxX, maxY]: Bounds): BoxClass {
    const { grid } = this.#crop;
    const near = this.#near;
    const points = polygon.xy.length / 2;
    grid.within(minX, minY, maxX, maxY, near);
    if (near.length * points > MOST_PAIRS) return 'edge';
    const segments = segmentsOf(polygon);
    // Each way from one place where the two meet to the next is on one side, or shared.
    let [inside, outside] = [false, false];
    for (let at = 0; at < segments.length; at += 4) {
      const sides = this.#sides(segments, at, grid.edges, near, (from, to) => this.#crop.holdsBetween(from.x, from.y, to.x, to.y));
      inside ||= sides.inside;
      outside ||= sides.outside;
      if (inside && outside) return 'edge';
    }
    if (!inside && !outside) return 'edge';
    const all = Array.from({ length: segments.length / 4 }, (_, i) => i);
    const isIn = (from: Place, to: Place) => contains(polygon, (from.x + to.x) / 2, (from.y + to.y) / 2);
    for (const edge of near) if (this.#sides(grid.edges, 4 * edge, segments, all, isIn).inside) return 'edge';
    return inside ? 'inside' : 'outside';
  }

  /** On which sides of some edges a segment lies, where it does not run along them. */
  #sides(
    segments: Float64Array,
    at: number,
    edges: Float64Array,
    numbers: readonly number[],
    holds: (from: Place, to: Place) => boolean,
  ): { inside: boolean; outside: boolean } {
    const sides = { inside: false, outside: false };
    let start: Place = { x: segments[at] ?? 0, y: segments[at + 1] ?? 0, part: 0 };
    const last: Place = { x: segments[at + 2] ?? 0, y: segments[at + 3] ?? 0, part: 1 };
    this.#meetings.find(start.x, start.y, last.x, last.y, edges, numbers);
    for (const end of [...this.#meetings.places, last]) {
      if (end.x === start.x && end.y === start.y) continue;
      if (!this.#meetings.isShared(start, end)) sides[holds(start, end) ? 'inside' : 'outside'] = true;
      start = end;
    }
    return sides;
  }
}

/** x1, y1, x2, y2 of the segments of a polygon's rings, without those of length 0. */
function segmentsOf(polygon: Geometry): Float64Array {
  const { xy } = polygon;
  const segments: number[] = [];
  let from = 0;
  for (const to of lineEnds(polygon)) {
    for (let i = 2 * from; i + 3 < 2 * to; i += 2) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [xy[i], xy[i + 1], xy[i + 2], xy[i + 3]];
      if (x1 !== x2 || y1 !== y2) segments.push(x1, y1, x2, y2);
    }
    from = to;
  }
  return Float64Array.from(segments);
}
