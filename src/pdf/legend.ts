import type { Canvas } from './canvas.ts';
import { colourOf, DIM_PAPER, FAINT_INK, HAIRLINE, haloOf, INK, isPale, lighter } from './colours.ts';
import type { LayerSymbol } from './layer.ts';
import type { Sizes } from './layout.ts';
import { heightOf } from './layout.ts';
import { CAP_HEIGHT, LEADING, type Line, type Typesetter } from './text.ts';

/** Something of a height that is drawn from its upper left corner. */
export interface Block {
  height: number;
  draw(canvas: Canvas, x: number, top: number): void;
}

/** A layer of the legend. */
export interface LegendEntry {
  title: string;
  symbol: LayerSymbol;
}

/** Of a symbol: its width and height, and the room behind it, as parts of the text's size. */
const SYMBOL = { width: 2.2, height: 1.15, gap: 0.7 };
const MOST_TITLE_LINES = 3;

/** What the legend shows of each layer, one below the other in a column. */
export function legendBlocks(entries: readonly LegendEntry[], typesetter: Typesetter, sizes: Sizes): Block[] {
  return entries.flatMap(({ title, symbol }) =>
    symbol.kind === 'classes' ? classBlocks(title, symbol.classes, typesetter, sizes) : [blockOf({ title, symbol }, typesetter, sizes)],
  );
}

/** A layer's classes, each a block of its own, so that many of them go on in the next column; the title is with the first. */
function classBlocks(title: string, classes: readonly { name: string; color: string }[], typesetter: Typesetter, sizes: Sizes): Block[] {
  const { size } = sizes.text;
  const indent = size * (SYMBOL.width + SYMBOL.gap);
  const heading = typesetter.wrap(title, sizes.text, sizes.column, MOST_TITLE_LINES);
  return classes.map(({ name, color }, index) => {
    const head = index === 0 ? heading : [];
    const lines = typesetter.wrap(name, sizes.text, sizes.column - indent, MOST_TITLE_LINES);
    const below = size * (index + 1 < classes.length ? 0.1 : 0.55);
    return {
      height: heightOf(head) + heightOf(lines) + below,
      draw(canvas, x, top) {
        drawLines(canvas, head, x, top);
        const start = top - heightOf(head);
        const [width, height] = [size * SYMBOL.width, size * SYMBOL.height];
        canvas.fill({ x, y: start - size * (1 - CAP_HEIGHT / 2) - height / 2, width, height }, colourOf(color));
        drawLines(canvas, lines, x + indent, start);
      },
    };
  });
}

function blockOf(
  { title, symbol }: { title: string; symbol: Exclude<LayerSymbol, { kind: 'classes' }> },
  typesetter: Typesetter,
  sizes: Sizes,
): Block {
  const { size } = sizes.text;
  const indent = size * (SYMBOL.width + SYMBOL.gap);
  const below = size * 0.55;
  if (symbol.kind === 'vector' || symbol.kind === 'imagery') {
    const lines = typesetter.wrap(title, sizes.text, sizes.column - indent, MOST_TITLE_LINES);
    return {
      height: heightOf(lines) + below,
      draw(canvas, x, top) {
        drawSymbol(canvas, symbol, x, top - size * (1 - CAP_HEIGHT / 2), size);
        drawLines(canvas, lines, x + indent, top);
      },
    };
  }
  const lines = typesetter.wrap(title, sizes.text, sizes.column, MOST_TITLE_LINES);
  const depth = size * 1.1;
  return {
    height: heightOf(lines) + depth + sizes.label.size * LEADING * 1.4 + below,
    draw(canvas, x, top) {
      drawLines(canvas, lines, x, top);
      const y = top - heightOf(lines) - depth;
      drawRamp(canvas, symbol.colors, { x, y, width: sizes.column, height: depth });
      const last = symbol.ticks.length - 1;
      symbol.ticks.forEach((tick, index) => {
        const line = typesetter.line(index === last && symbol.unit !== '' ? `${tick}\u2009${symbol.unit}` : tick, sizes.label);
        const anchor = index === 0 ? 'left' : index === last ? 'right' : 'middle';
        canvas.text(line, x + (sizes.column * index) / Math.max(1, last), y - sizes.label.size * LEADING, FAINT_INK, anchor);
      });
    },
  };
}

/** @param middle height of the symbol's middle. */
function drawSymbol(canvas: Canvas, symbol: LayerSymbol, x: number, middle: number, size: number): void {
  const [width, height] = [size * SYMBOL.width, size * SYMBOL.height];
  const box = { x, y: middle - height / 2, width, height };
  if (symbol.kind === 'imagery') {
    // A picture in small: sky, land and water.
    canvas.fill(box, colourOf('#9db9cc'));
    canvas.raw(
      `${[0.55, 0.64, 0.45].join(' ')} rg ${box.x} ${box.y} m ${box.x + width} ${box.y} l ${box.x + width} ${box.y + height * 0.75} l ${box.x + width * 0.6} ${box.y + height * 0.35} l ${box.x + width * 0.35} ${box.y + height * 0.6} l ${box.x} ${box.y + height * 0.2} l f`,
    );
    canvas.stroke(box, HAIRLINE, 0.4);
    return;
  }
  if (symbol.kind !== 'vector') return;
  const colour = colourOf(symbol.color);
  for (const dimension of symbol.dimensions) {
    if (dimension === 'polygons')
      canvas.fillAndStroke(box, lighter(colour, 1 - symbol.polygons.opacity), colourOf(symbol.polygons.outline), 0.6);
    else if (dimension === 'lines') {
      if (isPale(colour)) canvas.fill(box, DIM_PAPER);
      canvas.lines(
        [
          [
            [box.x, box.y + height * 0.25],
            [box.x + width * 0.4, box.y + height * 0.75],
            [box.x + width * 0.65, box.y + height * 0.35],
            [box.x + width, box.y + height * 0.8],
          ],
        ],
        colour,
        1,
      );
    } else canvas.disc(x + width / 2, middle, size * 0.29, colour, haloOf(colour), 0.5);
  }
}

function drawRamp(canvas: Canvas, colors: readonly string[], box: { x: number; y: number; width: number; height: number }): void {
  const each = box.width / colors.length;
  colors.forEach((color, index) => {
    // A little over its neighbour, so that no seam is seen.
    const width = index + 1 < colors.length ? each * 1.2 : each;
    canvas.fill({ x: box.x + index * each, y: box.y, width, height: box.height }, colourOf(color));
  });
  canvas.stroke(box, HAIRLINE, 0.4);
}

function drawLines(canvas: Canvas, lines: readonly Line[], x: number, top: number): void {
  let at = top;
  for (const line of lines) {
    at -= line.style.size * LEADING;
    canvas.text(line, x, at + line.style.size * (LEADING - 1), INK);
  }
}
