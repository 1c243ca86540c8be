import type { Dimension } from '../store/shape.ts';

/** OGR's feature style (OGR feature style specification) that draws points, lines and outlines in a colour, and fills with it half seen through. */
export function featureStyle(color: string): (dimension: Dimension | null) => string {
  const symbol = `SYMBOL(c:${color})`;
  const pen = `PEN(c:${color},w:2px)`;
  const brush = `BRUSH(fc:${color}80)`;
  return (dimension) => [symbol, pen, `${brush};${pen}`][dimension ?? 2] ?? pen;
}
