import type { BoxClass, BoxClassifier } from '../geometry/classify.ts';
import { doubleArea } from '../geometry/orientation.ts';
import type { Geometry } from '../store/feature.ts';
import type { Bounds } from '../store/profile.ts';
import { lineEnds } from '../store/shape.ts';
import { areRingsApart, type ClearEdges, type Segment } from './clearance.ts';
import { Trail } from './trail.ts';

/** Where a polygon's ring crosses an edge of the crop. */
interface Crossing {
  x: number;
  y: number;
  ring: Ring;
  /** The ring's segment, in the order of `Ring`, and how far along it. */
  segment: number;
  part: number;
  edge: number;
  /** How far along the edge. */
  edgePart: number;
  /** Where it is among all, along the crop's edges. */
  order: number;
  /** Whether the ring enters the crop here. */
  enters: boolean;
  used: boolean;
}

/** A ring with the polygon on its left: its segment k goes from position `first + k * step` to the next. */
interface Ring {
  first: number;
  step: 1 | -1;
  segments: number;
  /** In the ring's order. */
  crossings: Crossing[];
}

/** What of a polygon lies inside, where the two cross plainly. */
export interface PlainCut {
  /** The rings of each polygon, the outer one first. */
  polygons: Trail[][];
  /** The segments that edges of the crop cross: what is cut is valid where they keep away from all others. Null where that is not enough. */
  crossed: Segment[] | null;
}

/** Places are nearer than rounding can tell below this part of the largest coordinate. */
export const NEAREST = 2 ** -48;
/** More positions than this are not compared to find what lies in a polygon. */
const MOST_COMPARED = 4_000_000;

/**
 * Cuts a polygon where its rings and the crop's cross plainly, by going along the one and then the other (Weiler and Atherton 1977, “Hidden surface
 * removal using polygon area sorting”). Where they share places, or come nearer than rounding can tell, it leaves the cut to GEOS.
 */
export class PolygonCutter {
  readonly #crop: BoxClassifier;
  readonly #near: number[] = [];
  /** By edge of the crop, the first of `#sorted` on it; -1 for none. */
  readonly #firstOn: Int32Array;
  /** Crossings in the order of the crop's edges. */
  #sorted: Crossing[] = [];
  readonly #clear: ClearEdges;
  /** Edges of the crop that the rings go along. */
  #along: number[] = [];
  /** The rings of the cut; the last ones stay: V8 forgets the code that it made for trails when garbage is collected while there is none. */
  #trails: Trail[] = [];

  constructor(crop: BoxClassifier, clear: ClearEdges) {
    this.#crop = crop;
    this.#clear = clear;
    this.#firstOn = new Int32Array(crop.next.length).fill(-1);
  }

  /**
   * @param polygon a valid Polygon.
   * @param largest the largest of its coordinates, without sign.
   * @returns `edge` where it cannot tell.
   */
  cut(polygon: Geometry, largest: number): PlainCut | BoxClass {
    const { grid } = this.#crop;
    const most = Math.max(largest, Math.abs(grid.minX), Math.abs(grid.minY), Math.abs(grid.maxX), Math.abs(grid.maxY));
    const rings = ringsOf(polygon);
    this.#along = [];
    let crossed = false;
    for (const ring of rings) {
      if (!this.#cross(polygon, ring, most * NEAREST)) return 'edge';
      crossed ||= ring.crossings.length > 0;
    }
    const [outer] = rings;
    if (!outer) return 'outside';
    const crossings = crossed ? rings.flatMap((ring) => ring.crossings) : [];
    const islands = this.#ringsIn(polygon, new Set(crossings.map(({ edge }) => this.#crop.rings[edge] ?? -1)));
    if (!islands) return 'edge';
    if (!crossed && islands.length === 0) return this.#holdsStart(polygon, outer) ? 'inside' : 'outside';
    const trails = islands.map((edge) => this.#islandTrail(polygon, edge));
    this.#trails = trails;
    for (const ring of rings) {
      if (ring.crossings.length === 0 && this.#holdsStart(polygon, ring)) trails.push(wholeTrail(polygon, ring));
    }
    if (crossed && !this.#follow(polygon, crossings, most * NEAREST)) return 'edge';
    const polygons = nest(trails);
    if (!polygons) return 'edge';
    if (outer.step < 0) for (const trail of trails) trail.reverse();
    // Two rings may touch elsewhere, which is no longer right where both become parts of one.
    const spans = rings.filter((ring) => ring.crossings.length > 0).map(spanOf);
    const isSure = this.#along.every((edge) => this.#clear.has(edge, most)) && areRingsApart(polygon, spans, most);
    return { polygons, crossed: isSure ? crossings.map((crossing) => segmentOf(polygon, crossing)) : null };
  }

  #holdsStart({ xy }: Geometry, { first }: Ring): boolean {
    return this.#crop.holds(xy[2 * first] ?? 0, xy[2 * first + 1] ?? 0);
  }

  /** Finds the crossings of a ring. False where they are not plain. */
  #cross({ xy }: Geometry, ring: Ring, nearest: number): boolean {
    const { grid } = this.#crop;
    const { edges } = grid;
    const near = this.#near;
    const { crossings, step } = ring;
    for (let segment = 0; segment < ring.segments; segment++) {
      const index = ring.first + segment * step;
      if (!this.#crop.isNearEdge(xy, index, index + step)) continue;
      const ax = xy[2 * index] ?? 0;
      const ay = xy[2 * index + 1] ?? 0;
      const bx = xy[2 * (index + step)] ?? 0;
      const by = xy[2 * (index + step) + 1] ?? 0;
      grid.along(ax, ay, bx, by, near);
      const west = Math.min(ax, bx) - nearest;
      const east = Math.max(ax, bx) + nearest;
      const south = Math.min(ay, by) - nearest;
      const north = Math.max(ay, by) + nearest;
      const reach = (Math.abs(bx - ax) + Math.abs(by - ay)) * nearest;
      const known = crossings.length;
      for (const edge of near) {
        const px = edges[4 * edge] ?? 0;
        const py = edges[4 * edge + 1] ?? 0;
        const qx = edges[4 * edge + 2] ?? 0;
        const qy = edges[4 * edge + 3] ?? 0;
        if ((px < west && qx < west) || (px > east && qx > east) || (py < south && qy < south) || (py > north && qy > north)) continue;
        // Above 0 left, below it right; as large as the distance times the length.
        const p = (bx - ax) * (py - ay) - (by - ay) * (px - ax);
        const q = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax);
        if ((p > reach && q > reach) || (p < -reach && q < -reach)) continue;
        const edgeReach = (Math.abs(qx - px) + Math.abs(qy - py)) * nearest;
        const a = (qx - px) * (ay - py) - (qy - py) * (ax - px);
        const b = (qx - px) * (by - py) - (qy - py) * (bx - px);
        if ((a > edgeReach && b > edgeReach) || (a < -edgeReach && b < -edgeReach)) continue;
        if (Math.min(Math.abs(p), Math.abs(q)) <= reach || Math.min(Math.abs(a), Math.abs(b)) <= edgeReach) return false;
        const part = a / (a - b);
        crossings.push({
          // An edge along an axis is met on it.
          x: px === qx ? px : ax + (bx - ax) * part,
          y: py === qy ? py : ay + (by - ay) * part,
          ring,
          segment,
          part,
          edge,
          edgePart: p / (p - q),
          order: 0,
          enters: b > 0,
          used: false,
        });
      }
      if (crossings.length > known + 1) {
        const own = crossings.splice(known).sort((one, other) => one.part - other.part);
        if (own.some((crossing, i) => areNear(crossing, own[i + 1], nearest))) return false;
        crossings.push(...own);
      }
    }
    return crossings.every(({ enters }, i) => enters !== crossings[(i + 1) % crossings.length]?.enters);
  }

  /** The first edges of the crop's rings that lie in a polygon and are not crossed. Null where it would take too long to tell. */
  #ringsIn(polygon: Geometry, crossed: Set<number>): number[] | null {
    const { grid, rings } = this.#crop;
    const { xy } = polygon;
    let minX = Infinity;
    let minY = Infinity;
    let maxX = -Infinity;
    let maxY = -Infinity;
    for (let i = 0; i < xy.length; i += 2) {
      const x = xy[i] ?? 0;
      const y = xy[i + 1] ?? 0;
      if (x < minX) minX = x;
      if (y < minY) minY = y;
      if (x > maxX) maxX = x;
      if (y > maxY) maxY = y;
    }
    const near = this.#near;
    grid.within(minX, minY, maxX, maxY, near);
    const found: number[] = [];
    let compared = 0;
    for (const edge of near) {
      if (edge > 0 && rings[edge - 1] === rings[edge]) continue;
      const x = grid.edges[4 * edge] ?? 0;
      const y = grid.edges[4 * edge + 1] ?? 0;
      if (x < minX || x > maxX || y < minY || y > maxY || crossed.has(rings[edge] ?? -1)) continue;
      compared += xy.length / 2;
      if (compared > MOST_COMPARED) return null;
      if (contains(polygon, x, y)) found.push(edge);
    }
    return found;
  }

  #islandTrail(polygon: Geometry, first: number): Trail {
    const { grid, next } = this.#crop;
    const trail = new Trail(polygon);
    let edge = first;
    do {
      trail.foreign(grid.edges[4 * edge] ?? 0, grid.edges[4 * edge + 1] ?? 0);
      this.#along.push(edge);
      edge = next[edge] ?? first;
    } while (edge !== first);
    trail.close();
    return trail;
  }

  /** Adds the rings that go along the polygon where it is in the crop, and along the crop where that is in the polygon. False where they do not close. */
  #follow(polygon: Geometry, crossings: Crossing[], nearest: number): boolean {
    this.#sorted = crossings.toSorted((one, other) => one.edge - other.edge || one.edgePart - other.edgePart);
    const sorted = this.#sorted;
    if (sorted.some((crossing, i) => crossing.edge === sorted[i + 1]?.edge && areNear(crossing, sorted[i + 1], nearest))) return false;
    for (let i = sorted.length - 1; i >= 0; i--) this.#firstOn[sorted[i]?.edge ?? 0] = i;
    sorted.forEach((crossing, i) => {
      crossing.order = i;
    });
    try {
      for (const start of crossings) {
        if (!start.enters || start.used) continue;
        const trail = new Trail(polygon);
        let enter = start;
        do {
          if (enter.used) return false;
          const exit = this.#alongPolygon(polygon, enter, trail);
          const following = this.#alongCrop(exit, trail);
          if (!following.enters) return false;
          enter = following;
        } while (enter !== start);
        trail.close();
        this.#trails.push(trail);
      }
      return crossings.every(({ used }) => used);
    } finally {
      for (const { edge } of sorted) this.#firstOn[edge] = -1;
    }
  }

  #alongPolygon(polygon: Geometry, enter: Crossing, trail: Trail): Crossing {
    const { ring } = enter;
    const { crossings, first, step, segments } = ring;
    addCrossing(trail, enter);
    const at = crossings.indexOf(enter);
    const exit = crossings[(at + 1) % crossings.length] ?? enter;
    const turns = at + 1 === crossings.length ? segments : 0;
    for (let k = enter.segment + 1; k <= exit.segment + turns; k++) trail.own(polygon, first + (k % segments) * step);
    addCrossing(trail, exit);
    return exit;
  }

  #alongCrop(exit: Crossing, trail: Trail): Crossing {
    const { grid, next } = this.#crop;
    const following = this.#sorted[exit.order + 1];
    this.#along.push(exit.edge);
    if (following?.edge === exit.edge) return following;
    for (let edge = next[exit.edge] ?? 0; ; edge = next[edge] ?? 0) {
      trail.foreign(grid.edges[4 * edge] ?? 0, grid.edges[4 * edge + 1] ?? 0);
      this.#along.push(edge);
      const crossing = this.#sorted[this.#firstOn[edge] ?? -1];
      if (crossing) return crossing;
    }
  }
}

/** The segment that is crossed; a ring may go along it from its end. */
function segmentOf(polygon: Geometry, { ring, segment }: Crossing): Segment {
  const from = ring.first + segment * ring.step;
  return { polygon, position: Math.min(from, from + ring.step) };
}

/** The positions of a ring: the first, and the one behind the last. */
function spanOf({ first, step, segments }: Ring): [from: number, to: number] {
  return step > 0 ? [first, first + segments + 1] : [first - segments, first + 1];
}

function addCrossing(trail: Trail, crossing: Crossing): void {
  const { ring, segment } = crossing;
  const from = ring.first + segment * ring.step;
  trail.between(crossing.x, crossing.y, from, from + ring.step, crossing.part);
  crossing.used = true;
}

function areNear(one: Crossing, other: Crossing | undefined, nearest: number): boolean {
  return other !== undefined && Math.abs(one.x - other.x) + Math.abs(one.y - other.y) <= 4 * nearest;
}

function ringsOf(polygon: Geometry): Ring[] {
  const { xy } = polygon;
  const rings: Ring[] = [];
  let from = 0;
  for (const to of lineEnds(polygon)) {
    const forward = doubleArea(xy, from, to) > 0 === (rings.length === 0);
    rings.push({ first: forward ? from : to - 1, step: forward ? 1 : -1, segments: to - from - 1, crossings: [] });
    from = to;
  }
  return rings;
}

function wholeTrail(polygon: Geometry, { first, step, segments }: Ring): Trail {
  const trail = new Trail(polygon);
  for (let k = 0; k <= segments; k++) trail.own(polygon, first + k * step);
  return trail;
}

/** Whether a point lies in a polygon, by the even-odd rule. */
export function contains(polygon: Geometry, x: number, y: number): boolean {
  const { xy } = polygon;
  let inside = false;
  let from = 0;
  for (const to of lineEnds(polygon)) {
    for (let i = from; i + 1 < to; i++) if (crosses(xy[2 * i], xy[2 * i + 1], xy[2 * i + 2], xy[2 * i + 3], x, y)) inside = !inside;
    from = to;
  }
  return inside;
}

/** Whether a segment crosses the line from a point to the east. */
function crosses(x1 = 0, y1 = 0, x2 = 0, y2 = 0, x: number, y: number): boolean {
  return y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1);
}

/** Rings as polygons: each hole with the smallest outer ring around it. Null where a hole has none. */
function nest(trails: readonly Trail[]): Trail[][] | null {
  const outers: { trail: Trail; area: number; box: Bounds; polygon: Trail[] }[] = [];
  const holes: Trail[] = [];
  const [only] = trails;
  if (only && trails.length === 1) return only.doubleArea() > 0 ? [[only]] : null;
  for (const trail of trails) {
    const area = trail.doubleArea();
    if (area > 0) outers.push({ trail, area, box: trail.box(), polygon: [trail] });
    else if (area < 0) holes.push(trail);
    else return null;
  }
  outers.sort((one, other) => one.area - other.area);
  for (const hole of holes) {
    const [x = Number.NaN, y = Number.NaN] = [hole.x[0], hole.y[0]];
    const around =
      outers.length === 1
        ? outers[0]
        : outers.find(({ trail, box }) => x >= box[0] && y >= box[1] && x <= box[2] && y <= box[3] && surrounds(trail, hole));
    if (!around) return null;
    around.polygon.push(hole);
  }
  return outers.map(({ polygon }) => polygon);
}

/** Whether a ring lies around another, which may touch it but not cross it: by the first of its positions that the two do not share. */
function surrounds(outer: Trail, inner: Trail): boolean {
  const shared = new Set(outer.x);
  let at = inner.x.findIndex((x) => !shared.has(x));
  if (at < 0) at = 0;
  const [x = 0, y = 0] = [inner.x[at], inner.y[at]];
  let inside = false;
  for (let i = 0; i + 1 < outer.x.length; i++) if (crosses(outer.x[i], outer.y[i], outer.x[i + 1], outer.y[i + 1], x, y)) inside = !inside;
  return inside;
}
