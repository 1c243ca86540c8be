/** What is read from a CRS's definition (WKT 2:2019, OGC 18-010r7; WKT 1's keywords too) without asking PROJ. */
export interface HorizontalCrs {
  /** The part that x and y belong to: the definition itself, or a compound CRS's first component. */
  wkt: string;
  geographic: boolean;
  /** x units in a whole turn: 360 for degrees, 400 for grads. Only for geographic CRSs. */
  turn: number;
  /** The prime meridian's longitude, in degrees from Greenwich. */
  primeMeridian: number;
  /** The longitude in degrees from Greenwich opposite which a projection is cut open. 0 where the definition names none. */
  centralMeridian: number;
  /** Metres in one unit of x. Only for projected CRSs. */
  metresPerUnit: number;
  /** Where x and y grow to, as GDAL gives them: to the east and the north but for the few that count to the west and the south, in either order. */
  axes: readonly ['east', 'north'] | readonly ['west', 'south'] | readonly ['south', 'west'];
}

const DEGREE = Math.PI / 180;
const NUMBER = String.raw`(-?[\d.]+(?:[eE][-+]?\d+)?)`;
/** The names that EPSG, ESRI and WKT 1 give the same parameter. */
const CENTRAL_MERIDIAN = new RegExp(
  String.raw`PARAMETER\["(?:Longitude of (?:natural origin|false origin|projection centre|origin)|Central_Meridian|central_meridian|longitude_of_center|longitude_of_origin)",\s*${NUMBER}(?:,\s*ANGLEUNIT\["[^"]*",\s*${NUMBER})?`,
  'i',
);

/** Reads the horizontal part of a CRS's definition. */
export function horizontalCrs(wkt: string): HorizontalCrs {
  const horizontal = firstComponent(wkt);
  const geographic = wktKind(horizontal) === 'geographic';
  const [, meridian, meridianUnit] =
    new RegExp(`PRIMEM\\["[^"]*",\\s*${NUMBER}(?:,\\s*ANGLEUNIT\\["[^"]*",\\s*${NUMBER})?`).exec(horizontal) ?? [];
  const primeMeridian = degrees(meridian, meridianUnit);
  const [, central, centralUnit] = CENTRAL_MERIDIAN.exec(horizontal) ?? [];
  // The coordinate system stands after the datum and the conversion, so its units are the last ones.
  const lastUnit = (kind: string) =>
    Number([...horizontal.matchAll(new RegExp(`\\b(?:${kind})\\["[^"]*",\\s*${NUMBER}`, 'g'))].at(-1)?.[1] ?? Number.NaN);
  const angle = lastUnit('ANGLEUNIT|UNIT');
  const length = lastUnit('LENGTHUNIT|UNIT');
  return {
    wkt: horizontal,
    geographic,
    // The factors are rounded; no unit in use divides a turn into parts of a thousandth.
    turn: geographic && angle > 0 ? Math.round(((2 * Math.PI) / angle) * 1000) / 1000 : 360,
    primeMeridian,
    centralMeridian: primeMeridian + degrees(central, centralUnit),
    metresPerUnit: !geographic && length > 0 ? length : 1,
    axes: axesOf(horizontal),
  };
}

function axesOf(horizontal: string): HorizontalCrs['axes'] {
  const directions = [...horizontal.matchAll(/\bAXIS\["[^"]*",\s*(\w+)/g)].map(([, direction = '']) => direction.toLowerCase()).join(' ');
  if (directions.startsWith('west south')) return ['west', 'south'];
  return directions.startsWith('south west') ? ['south', 'west'] : ['east', 'north'];
}

/** What kind of CRS a definition is, as one lower-case word; `unknown` when it says nothing known. */
export function wktKind(wkt: string): string {
  const keyword = /^\s*(?:BOUNDCRS\[\s*SOURCECRS\[\s*)?(\w+)/.exec(wkt)?.[1] ?? '';
  if (/^(PROJ(ECTED)?CRS|DERIVEDPROJCRS|PROJCS)$/.test(keyword)) return 'projected';
  if (/^(GEOG(RAPHIC)?CRS|GEOGCS)$/.test(keyword)) return 'geographic';
  // A geodetic CRS is geographic where its coordinate system is an ellipsoid's.
  if (/^GEOD(ETIC)?CRS$/.test(keyword)) return /CS\[ellipsoidal/.test(wkt) ? 'geographic' : 'geocentric';
  if (/^(COMPOUNDCRS|COMPD_CS)$/.test(keyword)) return 'compound';
  if (keyword === 'GEOCCS') return 'geocentric';
  if (/^(VERT(ICAL)?CRS|VERT_CS)$/.test(keyword)) return 'vertical';
  if (/^(ENG(INEERING)?CRS|LOCAL_CS)$/.test(keyword)) return 'engineering';
  return 'unknown';
}

/** A compound CRS's horizontal component; any other definition as it is. */
function firstComponent(wkt: string): string {
  const start = /^\s*(?:COMPOUNDCRS|COMPD_CS)\[\s*"(?:[^"]|"")*",\s*/.exec(wkt)?.[0].length;
  if (start === undefined) return wkt;
  let depth = 0;
  let quoted = false;
  for (let at = start; at < wkt.length; at++) {
    const character = wkt[at];
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '[') depth++;
    else if (character === ']' && --depth === 0) return wkt.slice(start, at + 1);
  }
  return wkt;
}

/** An angle of a definition, in degrees; WKT 1 and a missing unit mean degrees. */
function degrees(value: string | undefined, unit: string | undefined): number {
  return value === undefined ? 0 : (Number(value) * Number(unit ?? DEGREE)) / DEGREE;
}
