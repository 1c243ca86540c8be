import { type Colour, parts } from './colours.ts';
import { decimal } from './objects.ts';
import { type Line, textOperators } from './text.ts';
import type { Box } from './view.ts';

/** Where text stands from its place. */
type Anchor = 'left' | 'middle' | 'right';

/** The content of a page as it grows (ISO 32000-2 section 8.2): coordinates in points from the lower left corner. */
export class Canvas {
  readonly #operators: string[] = [];

  get content(): string {
    return this.#operators.join('\n');
  }

  raw(operators: string): void {
    this.#operators.push(operators);
  }

  /** What is drawn between leaves no trace in how the rest is drawn. */
  group(work: () => void): void {
    this.raw('q');
    work();
    this.raw('Q');
  }

  /** Draws as a layer that viewers can switch off (section 8.11). */
  layer(resource: string, work: () => void): void {
    this.raw(`/OC /${resource} BDC`);
    this.group(work);
    this.raw('EMC');
  }

  clip(box: Box): void {
    this.raw(`${rectangle(box)} W n`);
  }

  fill(box: Box, colour: Colour): void {
    this.raw(`${parts(colour)} rg ${rectangle(box)} f`);
  }

  stroke(box: Box, colour: Colour, width: number): void {
    this.raw(`${parts(colour)} RG ${decimal(width, 3)} w ${rectangle(box)} S`);
  }

  fillAndStroke(box: Box, fill: Colour, stroke: Colour, width: number): void {
    this.raw(`${parts(fill)} rg ${parts(stroke)} RG ${decimal(width, 3)} w ${rectangle(box)} B`);
  }

  /** Lines in one colour and width, each a list of places. */
  lines(lines: readonly (readonly (readonly [number, number])[])[], colour: Colour, width: number): void {
    if (lines.length === 0) return;
    this.raw(`${parts(colour)} RG ${decimal(width, 3)} w`);
    for (const line of lines)
      this.raw(line.map(([x, y], index) => `${decimal(x, 3)} ${decimal(y, 3)} ${index === 0 ? 'm' : 'l'}`).join(' '));
    this.raw('S');
  }

  disc(x: number, y: number, radius: number, fill: Colour, stroke: Colour | null, width: number): void {
    // Four arcs, within a thousandth of a circle.
    const k = radius * 0.552_284_75;
    const place = (dx: number, dy: number) => `${decimal(x + dx, 3)} ${decimal(y + dy, 3)}`;
    const path = [
      `${place(radius, 0)} m`,
      `${place(radius, k)} ${place(k, radius)} ${place(0, radius)} c`,
      `${place(-k, radius)} ${place(-radius, k)} ${place(-radius, 0)} c`,
      `${place(-radius, -k)} ${place(-k, -radius)} ${place(0, -radius)} c`,
      `${place(k, -radius)} ${place(radius, -k)} ${place(radius, 0)} c`,
    ].join(' ');
    const stroked = stroke ? `${parts(stroke)} RG ${decimal(width, 3)} w ` : '';
    this.raw(`${parts(fill)} rg ${stroked}${path} ${stroke ? 'B' : 'f'}`);
  }

  /** @param y of the base line. */
  text(line: Line, x: number, y: number, colour: Colour, anchor: Anchor = 'left'): void {
    this.raw(`${parts(colour)} rg`);
    this.raw(textOperators(line, x - line.width * SHARE[anchor], y));
  }

  /** Text that runs upwards, or downwards, from its place. */
  turnedText(line: Line, x: number, y: number, colour: Colour, way: 'up' | 'down', anchor: Anchor = 'left'): void {
    this.raw(`${parts(colour)} rg`);
    const along = line.width * SHARE[anchor];
    this.raw(textOperators(line, x, way === 'up' ? y - along : y + along, way === 'up' ? 90 : 270));
  }
}

const SHARE: Readonly<Record<Anchor, number>> = { left: 0, middle: 0.5, right: 1 };

function rectangle({ x, y, width, height }: Box): string {
  return `${[x, y, width, height].map((value) => decimal(value, 3)).join(' ')} re`;
}
