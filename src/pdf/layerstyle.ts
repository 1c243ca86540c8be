import { colourOf, darker, hexOf, lighter, parts } from './colours.ts';
import type { Detail } from './detail.ts';
import type { VectorPaint } from './view.ts';

/** The parts of a painted layer, from the lowest to the highest: files of its item. The first is no path but how far each square is covered by what is too small. */
export const PATHS = ['polygons', 'lines', 'points'] as const;
export const PARTS = ['tint', ...PATHS] as const;
/** Coordinates of painted layers are whole numbers: this many to a point. */
export const PER_POINT = 100;

/** Widths and sizes of a layer's symbols, in points. */
export interface LayerStyle {
  color: string;
  /** `#RRGGBB` of polygons' outlines, and how wide they are. */
  outlineColor: string;
  outline: number;
  line: number;
  /** Square points that are inked at least of a polygon or a line which is too small to be drawn, so that a lone one is seen. */
  outlineDot: number;
  lineDot: number;
  /** Diameter of a point's disc, and how wide the white ring around it is. */
  pointSize: number;
  pointHalo: number;
}

/** How polygons are filled and outlined. */
export interface PolygonStyle {
  /** Of the fill, 0..1. */
  opacity: number;
  /** `#RRGGBB` */
  outline: string;
}

/**
 * Polygons on paper and other features have darker outlines; over pixels, which are to be seen through them, the fill is faint, and over imagery, which
 * mostly is dark, outlines are bright.
 */
export function polygonStyle(color: string, below: 'features' | 'grid' | 'imagery'): PolygonStyle {
  const colour = colourOf(color);
  const outline = below === 'imagery' ? lighter(colour, 0.45) : darker(colour, 0.3);
  return { opacity: below === 'features' ? 0.45 : 0.22, outline: hexOf(outline) };
}

/** Side of what is seen of a lone polygon or line that is too small to be drawn, in points. */
const LONE = 1;

/** Symbols for so many points, lines and polygons: the more there are, the finer each is. */
export function layerStyle(
  { view: { frame }, color, outline }: Pick<VectorPaint, 'view' | 'color' | 'outline'>,
  [points, lines, polygons]: readonly [number, number, number],
  { smallest }: Pick<Detail, 'smallest'>,
): LayerStyle {
  const room = (count: number) => roomOf(frame, count);
  const [outlineWidth, lineWidth] = [between(0.12, room(polygons) / 60, 0.5), between(0.25, room(lines) / 30, 1)];
  // A few are as large as a thick line is wide; where there are many, all of them together do not cover the map.
  const dot = (width: number, count: number) => Math.min(Math.max(width, Math.min(LONE, room(count) / 8)) ** 2, (room(count) / 2) ** 2);
  const pointSize = between(Math.max(0.8, smallest), room(points) / 6, 4.4);
  return {
    color,
    outlineColor: outline,
    outline: outlineWidth,
    line: lineWidth,
    outlineDot: dot(outlineWidth, polygons),
    lineDot: dot(lineWidth, lines),
    pointSize: Math.round(pointSize * 100) / 100,
    // Where there are many, rings would be all that is seen.
    pointHalo: pointSize < 2 ? 0 : Math.round(pointSize * 12) / 100,
  };
}

/** Of so many polygons: where they are small, their outlines are faint, so that layers with more and more of them pass into a tint. */
export function outlineOpacity({ frame }: VectorPaint['view'], count: number): number {
  return Math.round(100 * between(0.3, roomOf(frame, count) / 3, 1)) / 100;
}

/** Side of the square that each of so many features has on the map, in points. */
function roomOf({ width, height }: VectorPaint['view']['frame'], count: number): number {
  return Math.sqrt((width * height) / Math.max(1, count));
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** What stands before a part's paths: its coordinates, colours and widths. */
export function styleOperators(part: (typeof PATHS)[number], style: LayerStyle): string {
  const colour = colourOf(style.color);
  const hundredth = 1 / PER_POINT;
  const width = { polygons: style.outline, lines: style.line, points: style.pointSize }[part] * PER_POINT;
  const stroke = part === 'polygons' ? colourOf(style.outlineColor) : colour;
  return `${hundredth} 0 0 ${hundredth} 0 0 cm 1 j 1 J ${Math.round(width)} w ${parts(colour)} rg ${parts(stroke)} RG\n`;
}
