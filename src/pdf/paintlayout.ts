import type { FileLayout, Layout } from '../vector/encoder.ts';
import type { BatchMeasure } from '../vector/measure.ts';
import { DETAILS } from './detail.ts';
import { layerStyle, PARTS, PER_POINT, styleOperators } from './layerstyle.ts';
import type { VectorPaint } from './view.ts';

/** Figures of a batch: for each detail, positions and features that are too small; then features by dimension, and points at one place. */
export const POSITIONS = 0;
export const TOO_SMALL = DETAILS.length;
export const FEATURES = 2 * DETAILS.length;
export const FIGURES = FEATURES + 3;

/** Chooses how finely a layer is drawn, by what the first pass found, and says what that leaves out. */
export function paintLayout(paint: VectorPaint, measures: readonly Pick<BatchMeasure, 'figures'>[]): Layout {
  const figure = (index: number) => measures.reduce((sum, { figures }) => sum + (figures[index] ?? 0), 0);
  const found = DETAILS.findIndex((_, index) => figure(POSITIONS + index) <= paint.most);
  const detail = found < 0 ? DETAILS.length - 1 : found;
  const counts = [figure(FEATURES), figure(FEATURES + 1), figure(FEATURES + 2)] as const;
  const style = layerStyle(paint, counts, DETAILS[detail] ?? { tolerance: 0, smallest: 0 });
  const files = PARTS.map((part): FileLayout => {
    return { path: part, head: part === 'tint' ? [] : [Buffer.from(styleOperators(part, style))], tail: [], separator: null };
  });
  // Where even that is too much, some features are drawn, and the others are a tint.
  const every = Math.max(1, Math.ceil(figure(POSITIONS + detail) / paint.most));
  const { pointSize, pointHalo, outline, line, outlineDot, lineDot } = style;
  const start = [detail, pointSize * PER_POINT, pointHalo * PER_POINT, every, outline, line, outlineDot, lineDot];
  return {
    files,
    batches: measures.map(() => ({ start, files: [0, 1, 2, 3] })),
    reordered: null,
    warnings: warningsOf(detail, figure(TOO_SMALL + detail), counts, every),
  };
}

/** Millimetres of a point. */
const MILLIMETRES = 25.4 / 72;

function warningsOf(detail: number, tooSmall: number, counts: readonly number[], every: number): string[] {
  const { smallest = 0, tolerance = 0 } = DETAILS[detail] ?? {};
  const all = counts.reduce((sum, count) => sum + count, 0);
  const millimetres = (points: number) => `${Number((points * MILLIMETRES).toPrecision(2))} mm`;
  const warnings: string[] = [];
  if (tooSmall > 0)
    warnings.push(
      `${tooSmall} of ${all} features are smaller than ${millimetres(smallest)} on the page, or lie where another one does; they were drawn together with their neighbours.`,
    );
  if (detail > 0)
    warnings.push(
      `The layer has more on this page than can be shown at once, so outlines were drawn to ${millimetres(tolerance)}. A smaller extent or a larger page shows more.`,
    );
  if (every > 1)
    warnings.push(`Of each ${every} features one is drawn, and about ${all - Math.ceil(all / every)} of ${all} were left out.`);
  return warnings;
}
