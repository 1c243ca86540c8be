import { Canvas } from './canvas.ts';
import { INK } from './colours.ts';
import { flow } from './flow.ts';
import { drawLines } from './furniture.ts';
import { heightOf, type Sizes, sizesFor } from './layout.ts';
import type { Block } from './legend.ts';
import type { MapDocument } from './mapdocument.ts';
import type { Source } from './notes.ts';
import type { TextStyle, Typesetter } from './text.ts';

/** Draws what has no room on the map's page, in columns, on as many pages as it takes. */
export function drawBack(
  { options, title, typesetter }: MapDocument,
  parts: readonly { heading: string; blocks: readonly Block[] }[],
): Canvas[] {
  const sizes = sizesFor(options.page);
  const { margin, gap, column } = sizes;
  const [width, height] = [options.page[0] - 2 * margin, options.page[1] - 2 * margin];
  const head = typesetter.wrap(title, sizes.longTitle, width, 1);
  const room = height - heightOf(head) - gap;
  const columns = Math.max(1, Math.floor((width + gap) / (column + gap)));
  let left: Block[] = parts.flatMap(({ heading, blocks }) =>
    blocks.length > 0 ? [textBlock(heading, sizes.heading, typesetter, sizes), ...blocks, { height: gap, draw: () => {} }] : [],
  );
  const pages: Canvas[] = [];
  while (left.length > 0) {
    const canvas = new Canvas();
    drawLines(canvas, head, { x: margin, y: margin, width, height }, INK);
    const made = flow(left, room, columns);
    made.columns.forEach((blocks, index) => {
      let top = margin + room;
      for (const block of blocks) {
        block.draw(canvas, margin + index * (column + gap), top);
        top -= block.height;
      }
    });
    pages.push(canvas);
    left = left.slice(Math.max(1, made.placed));
  }
  return pages;
}

/** Whose a layer is, in full. */
export function sourceBlocks(sources: readonly Source[], typesetter: Typesetter, sizes: Sizes): Block[] {
  return sources.map(({ title, license }) =>
    textBlock(
      `${title}: ${license ? `${license.title}${license.url ? `, ${license.url}` : ''}` : 'no licence given'}`,
      sizes.note,
      typesetter,
      sizes,
    ),
  );
}

const MOST_LINES = 8;

function textBlock(text: string, style: TextStyle, typesetter: Typesetter, sizes: Sizes): Block {
  const lines = typesetter.wrap(text, style, sizes.column, MOST_LINES);
  const height = heightOf(lines) + style.size * 0.4;
  return { height, draw: (canvas, x, top) => drawLines(canvas, lines, { x, y: top - height, width: sizes.column, height }, INK) };
}
