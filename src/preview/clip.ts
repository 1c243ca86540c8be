/** A square in tile units: [min, max] in both directions. */
type Range = readonly [min: number, max: number];

/** The parts of a line inside a square (Liang and Barsky, 1984, for each of its segments). */
export function clipLine(line: readonly number[], [min, max]: Range): number[][] {
  const parts: number[][] = [];
  let part: number[] = [];
  for (let i = 2; i < line.length; i += 2) {
    const [x0, y0, x1, y1] = [line[i - 2] ?? 0, line[i - 1] ?? 0, line[i] ?? 0, line[i + 1] ?? 0];
    let [from, to] = [0, 1];
    for (const [start, change] of [
      [x0, x1 - x0],
      [y0, y1 - y0],
    ] as const) {
      if (change === 0) {
        if (start < min || start > max) to = -1;
        continue;
      }
      const [a, b] = [(min - start) / change, (max - start) / change];
      from = Math.max(from, Math.min(a, b));
      to = Math.min(to, Math.max(a, b));
    }
    if (from > to) continue;
    if (from > 0 || part.length === 0) {
      if (part.length > 2) parts.push(part);
      part = [x0 + from * (x1 - x0), y0 + from * (y1 - y0)];
    }
    part.push(x0 + to * (x1 - x0), y0 + to * (y1 - y0));
    if (to < 1) {
      parts.push(part);
      part = [];
    }
  }
  if (part.length > 2) parts.push(part);
  return parts;
}

/**
 * A line on the tile's grid, without the points that nobody would miss (Douglas and Peucker, 1973).
 * @param tolerance in tile units.
 */
export function simplified(line: readonly number[], tolerance: number): number[] {
  const points: number[] = [];
  for (let i = 0; i < line.length; i += 2) {
    const [x, y] = [Math.round(line[i] ?? 0), Math.round(line[i + 1] ?? 0)];
    if (points.length > 0 && points[points.length - 2] === x && points[points.length - 1] === y) continue;
    points.push(x, y);
  }
  const count = points.length / 2;
  if (count < 3) return points;
  const kept = new Uint8Array(count);
  kept[0] = kept[count - 1] = 1;
  const stack = [0, count - 1];
  while (stack.length > 0) {
    const last = stack.pop() ?? 0;
    const first = stack.pop() ?? 0;
    const [x0, y0] = [points[2 * first] ?? 0, points[2 * first + 1] ?? 0];
    const [dx, dy] = [(points[2 * last] ?? 0) - x0, (points[2 * last + 1] ?? 0) - y0];
    const length = dx * dx + dy * dy;
    let [farthest, most] = [-1, tolerance * tolerance];
    for (let i = first + 1; i < last; i++) {
      const [px, py] = [(points[2 * i] ?? 0) - x0, (points[2 * i + 1] ?? 0) - y0];
      const share = length === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / length));
      const distance = (px - share * dx) ** 2 + (py - share * dy) ** 2;
      if (distance > most) [farthest, most] = [i, distance];
    }
    if (farthest < 0) continue;
    kept[farthest] = 1;
    stack.push(first, farthest, farthest, last);
  }
  return points.filter((_, i) => kept[i >> 1] === 1);
}

/** Twice the area of a ring without a closing point; positive where it runs clockwise as it is seen, with y going down. */
export function doubleArea(ring: readonly number[]): number {
  let area = 0;
  let [beforeX, beforeY] = [ring[ring.length - 2] ?? 0, ring[ring.length - 1] ?? 0];
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [ring[i] ?? 0, ring[i + 1] ?? 0];
    area += beforeX * y - x * beforeY;
    [beforeX, beforeY] = [x, y];
  }
  return area;
}
