import type { Canvas } from './canvas.ts';
import type { Colour } from './colours.ts';
import { CAP_HEIGHT, type Line } from './text.ts';
import type { Box } from './view.ts';

export type Side = 'top' | 'right' | 'bottom' | 'left';

interface Label {
  line: Line;
  side: Side;
  /** Along the side, in points of the page. */
  at: number;
  /** Those with less go first where there is room for one alone. */
  rank: number;
}

/** Points that are left free between labels. */
const APART = 5;

/** Labels around a frame, of which those are drawn that have room: along the sides, so that they stand in a narrow band. */
export class EdgeLabels {
  readonly #frame: Box;
  readonly #labels: Label[] = [];

  constructor(frame: Box) {
    this.#frame = frame;
  }

  add(line: Line, side: Side, at: number, rank: number): void {
    this.#labels.push({ line, side, at, rank });
  }

  /**
   * Draws them in a band outside of the frame, and gives the places of those that were drawn.
   * @param from, depth of the band: its distance from the frame, and how deep it is.
   */
  draw(canvas: Canvas, from: number, depth: number, colour: Colour): { side: Side; at: number }[] {
    const { x, y, width, height } = this.#frame;
    const drawn: { side: Side; at: number }[] = [];
    for (const side of ['top', 'right', 'bottom', 'left'] as const) {
      const isLevel = side === 'top' || side === 'bottom';
      const [least, most] = isLevel ? [x, x + width] : [y, y + height];
      const taken: [number, number][] = [];
      const wanted = this.#labels.filter((label) => label.side === side).sort((a, b) => a.rank - b.rank || a.at - b.at);
      for (const { line, at } of wanted) {
        // Near a corner a label is moved along, as long as it stays at its place.
        const start = Math.min(Math.max(at - line.width / 2, least), most - line.width);
        const end = start + line.width;
        if (start < least || start > at || end < at) continue;
        if (taken.some(([first, last]) => start < last + APART && end > first - APART)) continue;
        taken.push([start, end]);
        drawn.push({ side, at });
        const base = from + (depth - line.style.size * CAP_HEIGHT) / 2;
        const rise = line.style.size * CAP_HEIGHT;
        if (side === 'top') canvas.text(line, start, y + height + base, colour);
        else if (side === 'bottom') canvas.text(line, start, y - base - rise, colour);
        else if (side === 'left') canvas.turnedText(line, x - base, start, colour, 'up');
        else canvas.turnedText(line, x + width + base + rise, start, colour, 'up');
      }
    }
    return drawn;
  }
}
