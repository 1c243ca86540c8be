import type { Canvas } from './canvas.ts';
import { FAINT_INK, INK, WHITE } from './colours.ts';
import { POINTS_PER_METRE } from './fit.ts';
import type { Sizes } from './layout.ts';
import { grouped, roundStepBelow } from './steps.ts';
import { LEADING, type Typesetter } from './text.ts';
import type { Box } from './view.ts';

/** Room for half of a label beside the bar's ends, as a part of the box. */
const BESIDE = 0.12;
const THICKNESS = 4;

/** Draws a bar of a round length on the ground, as it is from left to right in the map's middle, and the scale as numbers. */
export function drawScaleBar(canvas: Canvas, box: Box, denominator: number, typesetter: Typesetter, sizes: Sizes): void {
  const pointsPerMetre = POINTS_PER_METRE / denominator;
  const metres = roundStepBelow((box.width * (1 - 2 * BESIDE)) / pointsPerMetre);
  const { factor, unit } = unitFor(metres);
  const width = metres * pointsPerMetre;
  // Four parts of 1, 2 and 5 are 0.25, 0.5 and 1.25; five parts 0.2, 0.4 and 1.
  const first = Number((metres / 10 ** Math.floor(Math.log10(metres) + 1e-9)).toPrecision(1));
  const count = first === 5 ? 5 : 4;
  const zero = typesetter.line('0', sizes.label);
  const left = box.x + zero.width / 2;
  // On one line with the last of the notes.
  const foot = box.y + sizes.note.size * (LEADING - 1);
  const base = foot + sizes.label.size * 1.35;
  const [heading, hint] = [
    typesetter.line(`1:${grouped(denominator)}`, sizes.heading),
    typesetter.line('in the middle of the map', sizes.note),
  ];
  const headingY = base + THICKNESS + sizes.heading.size * 0.5;
  canvas.text(heading, box.x, headingY, INK);
  if (heading.width + hint.width + 6 <= box.width) canvas.text(hint, box.x + heading.width + 6, headingY, FAINT_INK);
  const part = width / count;
  for (let i = 0; i < count; i++)
    canvas.fillAndStroke({ x: left + i * part, y: base, width: part, height: THICKNESS }, i % 2 === 0 ? INK : WHITE, INK, 0.5);
  const label = (metresThere: number, last: boolean) =>
    typesetter.line(`${lengthText(Number((metresThere / factor).toPrecision(3)))}${last ? `\u2009${unit}` : ''}`, sizes.label);
  canvas.text(zero, left, foot, INK, 'middle');
  const middle = count === 4 ? metres / 2 : (metres * 2) / 5;
  canvas.text(label(middle, false), left + middle * pointsPerMetre, foot, INK, 'middle');
  const end = label(metres, true);
  const number = label(metres, false);
  canvas.text(end, left + width - number.width / 2, foot, INK);
}

/** Four digits are read at a glance. */
function lengthText(value: number): string {
  return value < 10_000 ? String(value) : grouped(value);
}

function unitFor(metres: number): { factor: number; unit: string } {
  if (metres >= 1000) return { factor: 1000, unit: 'km' };
  if (metres >= 1) return { factor: 1, unit: 'm' };
  return metres >= 0.01 ? { factor: 0.01, unit: 'cm' } : { factor: 0.001, unit: 'mm' };
}
