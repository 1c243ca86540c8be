import { loadGeos } from './geos.ts';
import type { MultiPolygon } from './polygons.ts';

/** What is wrong with an extent: a code of API.md and a sentence. */
export interface ExtentProblem {
  code: 'extent-invalid' | 'extent-too-complex' | 'extent-empty';
  message: string;
}

/** An area of an export: as it was sent but for foreign members and heights, and as polygons. */
export interface Extent {
  geometry: { type: 'Polygon'; coordinates: number[][][] } | { type: 'MultiPolygon'; coordinates: MultiPolygon };
  coordinates: MultiPolygon;
}

/**
 * Reads the area of an export: a GeoJSON Polygon or MultiPolygon (RFC 7946), as an object or as its JSON text, in degrees of WGS 84 with longitudes
 * up to a turn past ±180. A ring need not be closed. Polygons of a MultiPolygon may overlap.
 * @param maxVertices over all rings, the repeated last one of each not counted.
 */
export async function parseExtent(value: unknown, maxVertices: number): Promise<Extent | ExtentProblem> {
  const problem = (code: ExtentProblem['code'], message: string): ExtentProblem => ({ code, message });
  const geometry = typeof value === 'string' ? parseJson(value) : value;
  const members = typeof geometry === 'object' && geometry !== null ? { type: undefined, coordinates: undefined, ...geometry } : null;
  if (!members || (members.type !== 'Polygon' && members.type !== 'MultiPolygon')) {
    return problem('extent-invalid', 'Must be a GeoJSON geometry of type Polygon or MultiPolygon, or the URL of a crop feature.');
  }
  const polygons: unknown = members.type === 'Polygon' ? [members.coordinates] : members.coordinates;
  if (!Array.isArray(polygons)) return problem('extent-invalid', `The coordinates of a ${members.type} must be a list.`);
  const coordinates: MultiPolygon = [];
  let vertices = 0;
  for (const polygon of polygons) {
    if (!Array.isArray(polygon)) return problem('extent-invalid', 'A polygon must be a list of rings.');
    const rings: number[][][] = [];
    for (const raw of polygon) {
      const ring = readRing(raw);
      if (typeof ring === 'string') return problem('extent-invalid', ring);
      vertices += ring.length - 1;
      rings.push(ring);
    }
    if (rings.length > 0) coordinates.push(rings);
  }
  if (coordinates.length === 0)
    return problem('extent-empty', 'The area is empty. Give at least one polygon, or leave extent out for all of a layer.');
  if (vertices > maxVertices) {
    return problem(
      'extent-too-complex',
      `The area has ${vertices} vertices; at most ${maxVertices} are allowed. Simplify it, or use a crop feature.`,
    );
  }
  const crossing = await findInvalidity(coordinates);
  if (crossing) return crossing;
  const [first = []] = coordinates;
  const read: Extent['geometry'] =
    members.type === 'Polygon' ? { type: members.type, coordinates: first } : { type: members.type, coordinates };
  return { geometry: read, coordinates };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A ring, closed; or a sentence on what is wrong with it. */
function readRing(value: unknown): number[][] | string {
  if (!Array.isArray(value)) return 'A ring must be a list of positions.';
  const ring: number[][] = [];
  for (const position of value) {
    const [x, y]: unknown[] = Array.isArray(position) ? position : [];
    if (typeof x !== 'number' || typeof y !== 'number') return 'A position must be two numbers: [longitude, latitude].';
    if (!(Math.abs(y) <= 90) || !(Math.abs(x) <= 540)) {
      return `[${x}, ${y}] is no place: positions are [longitude, latitude] in degrees (EPSG:4326), latitudes from -90 to 90.`;
    }
    ring.push([x, y]);
  }
  const [first, last] = [ring[0], ring.at(-1)];
  if (first && last && (ring.length === 1 || first[0] !== last[0] || first[1] !== last[1])) ring.push([...first]);
  return ring.length < 4 ? 'A ring needs at least three different positions.' : ring;
}

/** The first polygon that crosses itself, or that has no area. */
async function findInvalidity(polygons: MultiPolygon): Promise<ExtentProblem | null> {
  const geos = await loadGeos();
  let area = 0;
  for (const polygon of polygons) {
    using geometry = geos.fromPolygons([polygon]);
    area += geometry.area();
    const invalid = geometry.invalidity();
    if (!invalid) continue;
    // A ring that goes to and fro on one line has no surface; one that crosses itself has some, whatever its signed area.
    using valid = geometry.makeValid();
    if (valid.area() > 0)
      return {
        code: 'extent-invalid',
        message: `The polygon is not valid: ${invalid.reason.toLowerCase()} at [${invalid.x}, ${invalid.y}]. Its rings must not cross.`,
      };
  }
  return area > 0 ? null : { code: 'extent-empty', message: 'The area is empty: its polygons have no surface.' };
}
