import type { Canvas } from './canvas.ts';
import { FAINT_INK, INK } from './colours.ts';
import { flow, heightFor } from './flow.ts';
import { heightOf, type PageLayout, type Sizes } from './layout.ts';
import type { Block } from './legend.ts';
import { LEADING, type Line, type Typesetter } from './text.ts';
import type { Box } from './view.ts';

/** Draws lines of text one below the other, from the top of a box. */
export function drawLines(canvas: Canvas, lines: readonly Line[], box: Box, colour: typeof INK): void {
  let top = box.y + box.height;
  for (const line of lines) {
    top -= line.style.size * LEADING;
    canvas.text(line, box.x, top + line.style.size * (LEADING - 1), colour);
  }
}

const NOTHING = 'No layer has anything here.';

/**
 * Draws blocks in columns under a heading.
 * @returns how many had room; where not all had, the last line says how many are on the next page.
 */
export function drawBlocks(
  canvas: Canvas,
  blocks: readonly Block[],
  { box, columns, isBelow }: NonNullable<PageLayout['legend']>,
  heading: string,
  typesetter: Typesetter,
  sizes: Sizes,
): number {
  const head = typesetter.wrap(heading, sizes.heading, box.width, 1);
  const headHeight = heightOf(head) + sizes.gap * 0.3;
  drawLines(canvas, head, box, INK);
  const room = box.height - headHeight;
  if (blocks.length === 0) canvas.text(typesetter.line(NOTHING, sizes.text), box.x, box.y + room - sizes.text.size, FAINT_INK);
  // Below the map they stand in rows rather than in one column of several that would have room for them.
  let made = flow(blocks, isBelow ? Math.min(room, heightFor(blocks, columns)) : room, columns);
  const isCut = made.placed < blocks.length;
  const lineHeight = sizes.text.size * LEADING;
  if (isCut) made = flow(blocks, room - lineHeight, columns);
  made.columns.forEach((column, index) => {
    const x = box.x + index * (sizes.column + sizes.gap);
    let top = box.y + box.height - headHeight;
    for (const block of column) {
      block.draw(canvas, x, top);
      top -= block.height;
    }
  });
  if (isCut) {
    const more = typesetter.line(`and ${blocks.length - made.placed} more on the next page`, sizes.text);
    canvas.text(more, box.x, box.y + lineHeight * 0.25, FAINT_INK);
  }
  return made.placed;
}
