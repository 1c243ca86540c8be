import { definitionText } from '../crs/definition.ts';
import { transformPoints } from '../crs/transform.ts';
import { horizontalCrs } from '../crs/wkt.ts';
import { GdalError } from '../gdal/process.ts';
import type { ProfileCrs } from '../store/profile.ts';
import { Name, type PdfDict, type PdfValue, Text } from './objects.ts';
import type { MapView } from './view.ts';

/** How far a place may come back from where it was sent, in points on the page. */
const SLACK = 0.01;
/** Parts of the frame that are tried, from its corners inwards: projections of the whole Earth do not fill it. */
const INWARDS = [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.48];

/**
 * A page's viewport with what tells where it is on Earth (ISO 32000-2 sections 12.9 and 12.10): four places of the frame with their latitudes
 * and longitudes in the geographic CRS that the map's own is based on.
 * @returns null where the CRS cannot be told in the words that PDF has for it.
 */
export async function viewport(view: MapView, crs: ProfileCrs, title: string, signal: AbortSignal): Promise<PdfDict | null> {
  const definition = await definitionFor(crs);
  if (definition === null) return null;
  const places = await placesOf(view, crs, definition, signal);
  if (!places) return null;
  const { x, y, width, height } = view.frame;
  const { geographic } = horizontalCrs(crs.wkt);
  const code = /^EPSG:(\d+)$/.exec(crs.id ?? '')?.[1];
  const isPlain = !/^COMPOUNDCRS/.test(crs.wkt);
  const square: PdfValue = [0, 0, 0, 1, 1, 1, 1, 0];
  return {
    Type: new Name('Viewport'),
    Name: new Text(title),
    BBox: [x, y, x + width, y + height],
    Measure: {
      Type: new Name('Measure'),
      Subtype: new Name('GEO'),
      Bounds: square,
      GCS: {
        Type: new Name(geographic ? 'GEOGCS' : 'PROJCS'),
        ...(code && isPlain ? { EPSG: Number(code) } : {}),
        WKT: new Text(definition),
      },
      GPTS: places.flatMap(({ lon, lat }) => [lat, lon]),
      LPTS: places.flatMap(({ u, v }) => [u, v]),
      // What viewers show lengths, areas and angles in.
      PDU: [new Name('M'), new Name('SQM'), new Name('DEG')],
    },
  };
}

/** The CRS in the form that programs which read such files know: Esri's, or GDAL's own where that has no words for it. */
async function definitionFor({ id, wkt }: ProfileCrs): Promise<string | null> {
  const horizontal = horizontalCrs(wkt).wkt;
  for (const form of ['wkt_esri', 'wkt1'] as const)
    try {
      const text = await definitionText(/^COMPOUNDCRS/.test(wkt) ? horizontal : (id ?? wkt), form);
      if (/^(PROJCS|GEOGCS)\[/.test(text)) return text;
    } catch (error) {
      if (!(error instanceof GdalError && error.isAnswer)) throw error;
    }
  return null;
}

interface Place {
  /** Parts of the frame, from its lower left corner. */
  u: number;
  v: number;
  lon: number;
  lat: number;
}

/** Four places of the frame, as near to its corners as there are ones whose longitude and latitude lead back to them. */
async function placesOf(view: MapView, crs: ProfileCrs, definition: string, signal: AbortSignal): Promise<Place[] | null> {
  const { bounds, scale, period } = view;
  const { geographic } = horizontalCrs(crs.wkt);
  const [west, south, east, north] = bounds;
  const candidates = (geographic ? [0] : INWARDS).flatMap((by) =>
    // To one side as well: the other may lie past the end of the turn, which may be in the middle.
    [
      [by, 1 - by],
      [by, 0.49],
      [0.51, 1 - by],
    ].map(([left = 0, right = 1]) => corners(left, right, by)),
  );
  const all = candidates.flat();
  const xy = Float64Array.from(all.flatMap(({ u, v }) => [west + (east - west) * u, south + (north - south) * v]));
  // Longitudes and latitudes of a geographic CRS are the map's own coordinates.
  const base = baseOf(definition);
  const degrees = geographic ? xy : await transformPoints(xy, definition, base, signal);
  const back = geographic ? xy : await transformPoints(degrees, base, definition, signal);
  const places = all.map(({ u, v }, n) => {
    const [dx, dy] = [(back[2 * n] ?? NaN) - (xy[2 * n] ?? NaN), (back[2 * n + 1] ?? NaN) - (xy[2 * n + 1] ?? NaN)];
    const turn = period === null ? 0 : Math.round(dx / period);
    const off = Math.hypot(dx - turn * (period ?? 0), dy) * scale;
    return { place: { u, v, lon: degrees[2 * n] ?? NaN, lat: degrees[2 * n + 1] ?? NaN }, turn, off };
  });
  for (let at = 0; at < places.length; at += 4) {
    const four = places.slice(at, at + 4);
    // Past the end of a turn they are those of the next one, if all of them are.
    if (four.every(({ off, turn }) => off <= SLACK && turn === four[0]?.turn)) return four.map(({ place }) => place);
  }
  return null;
}

function corners(left: number, right: number, by: number): { u: number; v: number }[] {
  return [
    { u: left, v: by },
    { u: left, v: 1 - by },
    { u: right, v: 1 - by },
    { u: right, v: by },
  ];
}

/** The geographic CRS that a projected one is based on (OGC 01-009 section 7). */
function baseOf(definition: string): string {
  const start = definition.indexOf('GEOGCS[');
  let depth = 0;
  for (let at = start + 6; at < definition.length; at++) {
    if (definition[at] === '[') depth++;
    else if (definition[at] === ']' && --depth === 0) return definition.slice(start, at + 1);
  }
  return definition;
}
