import type { Note } from './notes.ts';
import type { MapOptions } from './options.ts';
import type { Line, TextStyle, Typesetter } from './text.ts';
import { LEADING } from './text.ts';
import type { Box } from './view.ts';

/** Sizes of a page's parts, in points. */
export interface Sizes {
  margin: number;
  /** Between parts. */
  gap: number;
  title: TextStyle;
  longTitle: TextStyle;
  heading: TextStyle;
  text: TextStyle;
  note: TextStyle;
  label: TextStyle;
  /** How deep a row of labels around the frame is. */
  band: number;
  /** The width of a column of the legend. */
  column: number;
  /** The least that the map has of the page's height. */
  scaleBar: { width: number; height: number };
}

/** Sizes for a page: those of A4, and larger ones for larger pages, but less so. */
export function sizesFor([width, height]: readonly [number, number]): Sizes {
  const factor = Math.sqrt(Math.min(width, height) / 595.276);
  const style = (size: number, weight: TextStyle['weight']): TextStyle => ({ size: Math.round(size * factor * 10) / 10, weight });
  return {
    margin: 28 * factor,
    gap: 10 * factor,
    title: style(19, 600),
    longTitle: style(13, 600),
    heading: style(8.5, 600),
    text: style(7.6, 400),
    note: style(6.4, 400),
    label: style(6, 400),
    band: 11 * factor,
    column: 152 * factor,
    scaleBar: { width: 190 * factor, height: 30 * factor },
  };
}

/** Where the parts of a page are. */
export interface PageLayout {
  title: { lines: readonly Line[]; box: Box };
  /** Room for the map with its labels; the frame stands inside, `inset` from each side. */
  map: Box;
  inset: number;
  /** Null where there is none. */
  legend: { box: Box; columns: number; isBelow: boolean } | null;
  scaleBar: Box | null;
  /** `isCut` where there is more than has room. */
  notes: { lines: readonly Line[]; box: Box; isCut: boolean };
}

/**
 * Divides a page: the title above, the map with the legend beside it or below it, and below all of it the scale bar and the notes.
 * @param legendBelow the map, else beside it.
 * @param title of the map.
 * @param legendHeight what the legend needs in so many columns.
 */
export function layoutPage(
  typesetter: Typesetter,
  { page, ...options }: MapOptions,
  legendBelow: boolean,
  title: string,
  notes: readonly Note[],
  legendHeight: (columns: number) => number,
): PageLayout {
  const sizes = sizesFor(page);
  const { margin, gap, band } = sizes;
  const [width, height] = [page[0] - 2 * margin, page[1] - 2 * margin];
  const top = page[1] - margin;
  const headed = titleLines(typesetter, title, sizes, width);
  const titleHeight = heightOf(headed);
  const barWidth = options.scale ? Math.min(sizes.scaleBar.width, width * 0.45) : 0;
  const notesWidth = options.scale ? width - barWidth - 2 * gap : width;
  const noted = notes.flatMap(({ text, most }) => typesetter.wrap(text, sizes.note, notesWidth, most));
  const footer = Math.max(heightOf(noted), options.scale ? sizes.scaleBar.height : 0);
  const notesBox = { x: margin + width - notesWidth, y: margin, width: notesWidth, height: footer };
  const middle = { x: margin, y: margin + footer + gap, width, height: height - titleHeight - footer - 2 * gap };
  let legend: PageLayout['legend'] = null;
  let map = middle;
  if (options.legend && legendBelow) {
    const columns = Math.max(1, Math.floor((width + gap) / (sizes.column + gap)));
    const needed = Math.min(legendHeight(columns), middle.height * 0.34);
    map = { ...middle, y: middle.y + needed + gap, height: middle.height - needed - gap };
    legend = { box: { ...middle, height: needed }, columns, isBelow: true };
  } else if (options.legend) {
    map = { ...middle, width: middle.width - sizes.column - 1.5 * gap };
    legend = { box: { ...middle, x: margin + width - sizes.column, width: sizes.column }, columns: 1, isBelow: false };
  }
  return {
    title: { lines: headed, box: { x: margin, y: top - titleHeight, width, height: titleHeight } },
    map,
    inset: (options.scaleGrid ? band : 0) + (options.graticule ? band : 0),
    legend,
    scaleBar: options.scale
      ? { x: margin, y: margin + footer - sizes.scaleBar.height, width: barWidth, height: sizes.scaleBar.height }
      : null,
    notes: { lines: noted, box: notesBox, isCut: noted.some(({ text }) => text.endsWith('…')) },
  };
}

/** A title in one line where it fits, else in smaller letters in up to two. */
function titleLines(typesetter: Typesetter, title: string, sizes: Sizes, width: number): Line[] {
  const line = typesetter.line(title, sizes.title);
  return line.width <= width ? [line] : typesetter.wrap(title, sizes.longTitle, width, 2);
}

export function heightOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { style }) => sum + style.size * LEADING, 0);
}
