/** A rectangle of pixels. */
export interface Rectangle {
  at: [number, number];
  size: [number, number];
}

/**
 * How many pixels some rectangles cover, and how many of these more than one covers. A line is swept over them: with n of them, of which k meet
 * a line, that is n·k steps.
 */
export function coverage(rectangles: readonly Rectangle[]): { covered: number; overlapped: number } {
  const edges = rectangles
    .flatMap((rectangle) => [
      { x: rectangle.at[0], begins: true, rectangle },
      { x: rectangle.at[0] + rectangle.size[0], begins: false, rectangle },
    ])
    .sort((a, b) => a.x - b.x);
  const met = new Set<Rectangle>();
  let [covered, overlapped, before] = [0, 0, 0];
  // Most lines meet the same rows as the line before.
  let lengths = { some: 0, several: 0 };
  let changed = false;
  for (const { x, begins, rectangle } of edges) {
    if (x > before) {
      if (changed) lengths = lengthsOf(met);
      changed = false;
      covered += lengths.some * (x - before);
      overlapped += lengths.several * (x - before);
    }
    before = x;
    changed = true;
    if (begins) met.add(rectangle);
    else met.delete(rectangle);
  }
  return { covered, overlapped };
}

/** How many rows the rectangles have, and how many of these several of them have. */
function lengthsOf(rectangles: Iterable<Rectangle>): { some: number; several: number } {
  const edges = [...rectangles]
    .flatMap(({ at, size }) => [
      { y: at[1], depth: 1 },
      { y: at[1] + size[1], depth: -1 },
    ])
    .sort((a, b) => a.y - b.y);
  let [some, several, depth, before] = [0, 0, 0, 0];
  for (const edge of edges) {
    if (depth > 0) some += edge.y - before;
    if (depth > 1) several += edge.y - before;
    depth += edge.depth;
    before = edge.y;
  }
  return { some, several };
}
