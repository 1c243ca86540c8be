import type { Canvas } from './canvas.ts';
import { FAINT_INK, GRATICULE, INK } from './colours.ts';
import { EdgeLabels, type Side } from './edgelabels.ts';
import type { GraticuleLine } from './graticule.ts';
import type { TextStyle, Typesetter } from './text.ts';
import type { Box } from './view.ts';

/** How near a line's end is to the frame where it is told beside it what it is called, in points: maps of the world end a little before their frame. */
const NEAR = 16;

/** Draws meridians and parallels across the map. */
export function drawGraticule(canvas: Canvas, lines: readonly GraticuleLine[]): void {
  canvas.lines(
    lines.flatMap(({ pieces }) => pieces),
    GRATICULE,
    0.35,
  );
}

/**
 * Draws what they are called where they cross the frame.
 * @param from, depth of the band of labels: its distance from the frame, and how deep it is.
 */
export function drawGraticuleLabels(
  canvas: Canvas,
  lines: readonly GraticuleLine[],
  frame: Box,
  typesetter: Typesetter,
  style: TextStyle,
  from: number,
  depth: number,
): void {
  const labels = new EdgeLabels(frame);
  for (const { kind, label, pieces } of lines)
    for (const end of pieces.flatMap((piece) => [piece[0], piece.at(-1)])) {
      const side = end && sideOf(end, frame);
      if (!end || !side) continue;
      const isLevel = side === 'top' || side === 'bottom';
      // Meridians belong above and below, parallels to the left and right; around a pole each goes where it comes to.
      const rank = (kind === 'meridian') === isLevel ? 0 : 1;
      labels.add(typesetter.line(label, style), side, isLevel ? end[0] : end[1], rank);
    }
  const drawn = labels.draw(canvas, from, depth, FAINT_INK);
  const { x, y, width, height } = frame;
  const ticks = drawn.map(({ side, at }): [number, number][] => {
    const out = from + 2;
    if (side === 'top')
      return [
        [at, y + height],
        [at, y + height + out],
      ];
    if (side === 'bottom')
      return [
        [at, y],
        [at, y - out],
      ];
    return side === 'left'
      ? [
          [x, at],
          [x - out, at],
        ]
      : [
          [x + width, at],
          [x + width + out, at],
        ];
  });
  // Across a band of other labels they would strike through them.
  if (from === 0) canvas.lines(ticks, INK, 0.35);
}

function sideOf([px, py]: readonly [number, number], { x, y, width, height }: Box): Side | null {
  const sides = [
    { side: 'top', distance: Math.abs(py - y - height) },
    { side: 'bottom', distance: Math.abs(py - y) },
    { side: 'left', distance: Math.abs(px - x) },
    { side: 'right', distance: Math.abs(px - x - width) },
  ] as const;
  const nearest = sides.reduce((best, one) => (one.distance < best.distance ? one : best));
  return nearest.distance < NEAR ? nearest.side : null;
}
