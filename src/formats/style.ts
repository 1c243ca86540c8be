import type { Dimension } from '../store/shape.ts';

/** OGR's feature style (OGR feature style specification) that draws points, lines and outlines in a colour, and fills with it half seen through. */
export function featureStyle(color: string): (dimension: Dimension | null) => string {
  const pen = `PEN(c:${color},w:2px)`;
  return (dimension) => [`SYMBOL(c:${color})`, pen, `BRUSH(fc:${color}80);${pen}`][dimension ?? 2] ?? pen;
}
