import type { Canvas } from './canvas.ts';
import { FAINT_INK, GRATICULE, INK } from './colours.ts';
import { EdgeLabels, type Side } from './edgelabels.ts';
import type { GraticuleLine } from './graticule.ts';
import { CAP_HEIGHT, type Line, type TextStyle, type Typesetter } from './text.ts';
import type { Box } from './view.ts';

/** How near a line's end is to the frame where it is told beside it what it is called, in points: maps of the world end a little before their frame. */
const NEAR = 16;
/** Between the end of a parallel and what it is called, in points. */
const BESIDE = 3;

/** Draws meridians and parallels across the map, and what parallels are called where the world ends within it. */
export function drawGraticule(canvas: Canvas, lines: readonly GraticuleLine[], typesetter: Typesetter, style: TextStyle, frame: Box): void {
  canvas.lines(
    lines.flatMap(({ pieces }) => pieces),
    GRATICULE,
    0.35,
  );
  for (const { label, ends } of lines) {
    if (label === null) continue;
    const line = typesetter.line(label, style);
    for (const end of ends) {
      const place = placeBeside(end, line, frame);
      if (place) canvas.text(line, ...place, FAINT_INK);
    }
  }
}

/** Where a label of a line's end stands outside of the world; null where the frame is too near. */
function placeBeside([x, y]: readonly [number, number], { width, style }: Line, frame: Box): [number, number] | null {
  const left = x < frame.x + frame.width / 2 ? x - BESIDE - width : x + BESIDE;
  const base = y - (style.size * CAP_HEIGHT) / 2;
  const isInside = left > frame.x && left + width < frame.x + frame.width && base > frame.y && base + style.size < frame.y + frame.height;
  return isInside ? [left, base] : null;
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
  for (const { kind, label, pieces, ends } of lines) {
    if (label === null) continue;
    const line = typesetter.line(label, style);
    for (const end of pieces.flatMap((piece) => [piece[0], piece.at(-1)])) {
      const side = end && sideOf(end, frame);
      if (!end || !side || (ends.length > 0 && placeBeside(end, line, frame))) continue;
      const isLevel = side === 'top' || side === 'bottom';
      // Meridians belong above and below, parallels to the left and right; around a pole each goes where it comes to.
      const rank = (kind === 'meridian') === isLevel ? 0 : 1;
      labels.add(line, side, isLevel ? end[0] : end[1], rank);
    }
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
