import type { Dimension } from '../store/shape.ts';

/** OGR's feature style (OGR feature style specification) that draws points, lines and outlines in a colour, and fills with it half seen through. */
export function featureStyle(color: string): (dimension: Dimension | null) => string {
  // KML draws an icon in the colour, and GDAL 3.6 ends where none is named; MapInfo passes over the name and draws its own.
  const symbol = `SYMBOL(c:${color},id:"http://maps.google.com/mapfiles/kml/shapes/placemark_circle.png")`;
  const pen = `PEN(c:${color},w:2px)`;
  const brush = `BRUSH(fc:${color}80)`;
  return (dimension) => [symbol, pen, `${brush};${pen}`][dimension ?? 2] ?? pen;
}
