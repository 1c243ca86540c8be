import type { Position } from 'geojson';
import { type AreaGeometry, geometryOf, polygonsOf, vertexCount } from './geometry.ts';

interface Vertex {
  ring: number;
  position: Position;
  previous: Vertex | null;
  next: Vertex | null;
  area: number;
  removed: boolean;
}

/** Vertices that are weighed against each other in about half a second. */
const MOST_WEIGHED = 100_000;

/**
 * The area with at most so many vertices. Those go first whose triangle with their neighbours is the smallest (Visvalingam and Whyatt, 1993), which
 * changes the outline least; a ring keeps three, and when not even that is enough the smallest rings go as a whole, islands and holes alike. Of an outline of
 * millions of vertices every so manieth is weighed.
 */
export function simplifyToFit(geometry: AreaGeometry, limit: number): AreaGeometry {
  const vertices = vertexCount(geometry);
  if (vertices <= limit) return geometry;
  const polygons = thinned(polygonsOf(geometry), Math.ceil(vertices / Math.max(MOST_WEIGHED, limit)));
  let excess = vertexCount(geometryOf(polygons)) - limit;
  const rings = polygons.flatMap((polygon, index) =>
    polygon.map((ring, hole) => ({ polygon: index, isHole: hole > 0, ring, size: Math.abs(ringArea(ring)) })),
  );
  // Rings of three vertices are all that is left at the least: the smallest go where even those are too many.
  const dropped = new Set<number>();
  const bySize = rings.map((_, index) => index).sort((a, b) => (rings[a]?.size ?? 0) - (rings[b]?.size ?? 0));
  const most = Math.max(1, Math.floor(limit / 3));
  for (const index of bySize.slice(0, Math.max(0, rings.length - most))) dropped.add(index);
  const lengths = rings.map(({ ring }) => ring.length - 1);
  for (const index of dropped) excess -= lengths[index] ?? 0;
  const queue = new SmallestFirst();
  const kept = rings.map(({ ring }, index) => (dropped.has(index) ? [] : linked(ring, index)));
  for (const vertex of kept.flat()) queue.push(vertex);
  while (excess > 0) {
    const vertex = queue.pop();
    if (!vertex) break;
    const left = lengths[vertex.ring] ?? 0;
    const { previous, next } = vertex;
    if (left <= 3 || !previous || !next) continue;
    vertex.removed = true;
    lengths[vertex.ring] = left - 1;
    excess--;
    previous.next = next;
    next.previous = previous;
    for (const neighbour of [previous, next]) {
      // What was kept so far must not go before what was smaller.
      neighbour.area = Math.max(vertex.area, triangle(neighbour));
      queue.push(neighbour);
    }
  }
  const result = polygons.map(() => [] as Position[][]);
  rings.forEach(({ polygon }, index) => {
    const ring = (kept[index] ?? []).filter(({ removed }) => !removed).map(({ position }) => position);
    const [first] = ring;
    if (first) result[polygon]?.push([...ring, first]);
  });
  // A polygon whose outline went has no holes either.
  const whole = result.filter((_, index) => rings.some((one, at) => one.polygon === index && !one.isHole && !dropped.has(at)));
  return geometryOf(whole);
}

/** Every `step`th vertex of each ring that is long enough to be one with these. */
function thinned(polygons: Position[][][], step: number): Position[][][] {
  if (step === 1) return polygons;
  return polygons.map((rings) =>
    rings.map((ring) => {
      const [first] = ring;
      if (!first || ring.length <= 3 * step) return ring;
      return [...ring.slice(0, -1).filter((_, index) => index % step === 0), first];
    }),
  );
}

function linked(ring: readonly Position[], index: number): Vertex[] {
  const vertices = ring
    .slice(0, -1)
    .map((position): Vertex => ({ ring: index, position, previous: null, next: null, area: 0, removed: false }));
  vertices.forEach((vertex, at) => {
    vertex.previous = vertices.at(at - 1) ?? null;
    vertex.next = vertices[(at + 1) % vertices.length] ?? null;
  });
  for (const vertex of vertices) vertex.area = triangle(vertex);
  return vertices;
}

/** Twice the area of a vertex and its neighbours, in square degrees, shrunk as the earth's width is at its latitude. */
function triangle({ position: [x = 0, y = 0], previous, next }: Vertex): number {
  const [ax = 0, ay = 0] = previous?.position ?? [];
  const [bx = 0, by = 0] = next?.position ?? [];
  return Math.abs((ax - x) * (by - y) - (bx - x) * (ay - y)) * Math.max(0.01, Math.cos((y * Math.PI) / 180));
}

function ringArea(ring: readonly Position[]): number {
  return ring.reduce((sum, [x = 0, y = 0], index) => {
    const [nextX = 0, nextY = 0] = ring[(index + 1) % ring.length] ?? [];
    return sum + x * nextY - nextX * y;
  }, 0);
}

/** A binary heap of vertices. One that changed is pushed anew, and its older entries are passed over. */
class SmallestFirst {
  #entries: { vertex: Vertex; area: number }[] = [];

  push(vertex: Vertex): void {
    const entries = this.#entries;
    let at = entries.push({ vertex, area: vertex.area }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfSmaller(at, parent)) break;
      at = parent;
    }
  }

  pop(): Vertex | null {
    for (;;) {
      const [smallest] = this.#entries;
      if (!smallest) return null;
      const last = this.#entries.pop();
      if (last && this.#entries.length > 0) {
        this.#entries[0] = last;
        this.#sink();
      }
      if (!smallest.vertex.removed && smallest.area === smallest.vertex.area) return smallest.vertex;
    }
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#area(right) < this.#area(left) ? right : left;
      if (child >= this.#entries.length || !this.#swapIfSmaller(child, at)) return;
      at = child;
    }
  }

  #area(at: number): number {
    return this.#entries[at]?.area ?? Infinity;
  }

  #swapIfSmaller(child: number, parent: number): boolean {
    const [a, b] = [this.#entries[child], this.#entries[parent]];
    if (!a || !b || a.area >= b.area) return false;
    this.#entries[child] = b;
    this.#entries[parent] = a;
    return true;
  }
}
