import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import proj4 from 'proj4';
import { runGdal } from '../gdal/process.ts';
import { projDatabase } from './epsg.ts';
import { transformPoints } from './transform.ts';

/**
 * A stand-in, in this process, for PROJ's own way from longitude and latitude of WGS 84 to a CRS. PROJ is the truth: a model is only made where
 * it agreed with PROJ all over a window, so it holds there and nowhere else. Plain data, to be kept.
 */
export interface TransformModel {
  /** The CRS for proj4 (a PROJ string). */
  definition: string;
  /** [west, south, east, north] in degrees: where the two agreed. */
  window: Bounds;
  /** What PROJ's result is beside proj4's, such as another datum shift; null where they are the same. */
  correction: Correction | null;
  /** The proj4 and the PROJ data that were compared. With others the comparison says nothing. */
  compared: string;
}

/** Chebyshev series over the window, for x and for y: coefficients by degree in longitude, then by degree in latitude. */
interface Correction {
  x: number[];
  y: number[];
}

type Bounds = readonly [number, number, number, number];

export interface ModelRules {
  /** How far the two may differ, in the CRS's units. */
  tolerance: number;
  /** Coordinates at or past it are no place. */
  limit: number;
  /** Where x is a longitude: its units in a turn, which does not count. */
  turn: number | null;
}

const WGS84 = 'EPSG:4326';
/** Terms of the series in each direction: a datum shift over a country needs about five. */
const TERMS = 9;
/** Rows and columns of the points that judge: none of them was used to make the correction. */
const JUDGES = 14;

/**
 * Makes a model and judges it by PROJ.
 * @param crs `EPSG:n` or WKT.
 * @param window [west, south, east, north] in degrees.
 * @returns null where none agrees with PROJ, as with a datum shift by grid.
 */
export async function modelTransform(crs: string, window: Bounds, rules: ModelRules, signal?: AbortSignal): Promise<TransformModel | null> {
  const nodes = grid(window, TERMS, (k) => Math.cos((Math.PI * (k + 0.5)) / TERMS));
  const judges = grid(window, JUDGES, (k) => -1 + (2 * k) / (JUDGES - 1));
  const points = Float64Array.from([...nodes, ...judges]);
  const run = signal ? { signal } : {};
  const [{ stdout }, truth] = await Promise.all([
    runGdal('gdalsrsinfo', ['-o', 'proj4', crs], run),
    transformPoints(points, WGS84, crs, signal),
  ]);
  // Heights play no part, and a grid that proj4 does not have is PROJ's alone.
  const definition = stdout.trim().replace(/ \+(geoidgrids|geoid_crs|vunits|vto_meter|nadgrids)=(?!@null)\S+/g, '');
  const made = { definition, window, compared: comparedWith() };
  const plain = positions({ ...made, correction: null });
  if (!plain) return null;
  const away = differences(truth, plain(points), rules);
  if (!away) return null;
  if (away.every((value) => !(Math.abs(value) > rules.tolerance))) return { ...made, correction: null };
  const ofNodes = away.subarray(0, nodes.length);
  if (ofNodes.some(Number.isNaN)) return null;
  const corrected = { ...made, correction: { x: series(ofNodes, 0), y: series(ofNodes, 1) } };
  const left = differences(truth, positions(corrected)?.(points) ?? truth, rules);
  return left?.every((value) => !(Math.abs(value) > rules.tolerance)) ? corrected : null;
}

/** Whether a model was compared with what is installed now. */
export function isCurrent(model: TransformModel): boolean {
  return model.compared === comparedWith();
}

/**
 * The transformation of a model.
 * @returns null when proj4 does not know its definition; else a function that gives x and y of each point, NaN twice where there is no place for it.
 */
export function positions({ definition, window, correction }: TransformModel): ((lonLat: Float64Array) => Float64Array) | null {
  let forward: (place: [number, number]) => [number, number];
  try {
    const converter = proj4(WGS84, definition);
    forward = (place) => converter.forward(place);
    forward([(window[0] + window[2]) / 2, (window[1] + window[3]) / 2]);
  } catch {
    return null;
  }
  return (lonLat) => {
    const made = new Float64Array(lonLat.length);
    for (let i = 0; i < lonLat.length; i += 2) {
      const [lon = NaN, lat = NaN] = [lonLat[i], lonLat[i + 1]];
      let [x, y] = [NaN, NaN];
      try {
        [x, y] = forward([lon, lat]);
      } catch {
        // No place for it.
      }
      if (correction) {
        const [u, v] = [inWindow(lon, window[0], window[2]), inWindow(lat, window[1], window[3])];
        x += sum(correction.x, u, v);
        y += sum(correction.y, u, v);
      }
      made.set(Number.isFinite(x) && Number.isFinite(y) ? [x, y] : [NaN, NaN], i);
    }
    return made;
  };
}

/** x and y of points by row and column; `at` gives -1..1 for each of them. */
function grid([west, south, east, north]: Bounds, count: number, at: (k: number) => number): number[] {
  const between = (from: number, to: number, part: number) => (from + to) / 2 + ((to - from) / 2) * part;
  return Array.from({ length: count * count }, (_, n) => [
    between(west, east, at(n % count)),
    between(south, north, at(Math.floor(n / count))),
  ]).flat();
}

/** Where in the window a value is, -1..1. */
function inWindow(value: number, from: number, to: number): number {
  return to > from ? (2 * value - from - to) / (to - from) : 0;
}

/** What one has beside the other; NaN where neither has a place. Null where one alone has none. */
function differences(truth: Float64Array, other: Float64Array, { limit, turn }: ModelRules): Float64Array | null {
  const away = new Float64Array(truth.length);
  const isPlace = (xy: Float64Array, i: number) => Math.abs(xy[i] ?? NaN) < limit && Math.abs(xy[i + 1] ?? NaN) < limit;
  for (let i = 0; i < truth.length; i += 2) {
    const known = isPlace(truth, i);
    if (known !== isPlace(other, i)) return null;
    let dx = known ? (truth[i] ?? NaN) - (other[i] ?? NaN) : NaN;
    if (turn !== null) dx -= turn * Math.round(dx / turn);
    away.set([dx, known ? (truth[i + 1] ?? NaN) - (other[i + 1] ?? NaN) : NaN], i);
  }
  return away;
}

/** The Chebyshev series through values at the nodes (discrete orthogonality; Press et al., Numerical Recipes, section 5.8). */
function series(values: Float64Array, axis: 0 | 1): number[] {
  const angle = (k: number) => (Math.PI * (k + 0.5)) / TERMS;
  return Array.from({ length: TERMS * TERMS }, (_, n) => {
    const [i, j] = [Math.floor(n / TERMS), n % TERMS];
    let total = 0;
    for (let row = 0; row < TERMS; row++)
      for (let column = 0; column < TERMS; column++)
        total += (values[2 * (row * TERMS + column) + axis] ?? 0) * Math.cos(i * angle(column)) * Math.cos(j * angle(row));
    return (total * (i === 0 ? 1 : 2) * (j === 0 ? 1 : 2)) / TERMS ** 2;
  });
}

function sum(coefficients: readonly number[], u: number, v: number): number {
  const [inU, inV] = [chebyshev(u), chebyshev(v)];
  let total = 0;
  for (let i = 0; i < TERMS; i++)
    for (let j = 0; j < TERMS; j++) total += (coefficients[i * TERMS + j] ?? 0) * (inU[i] ?? 0) * (inV[j] ?? 0);
  return total;
}

/** The polynomials' values, by degree. */
function chebyshev(at: number): number[] {
  const values = [1, at];
  for (let n = 2; n < TERMS; n++) values.push(2 * at * (values[n - 1] ?? 0) - (values[n - 2] ?? 0));
  return values;
}

let compared: string | undefined;

/** PROJ's choice of a way depends on its database and on the grids beside it. */
export function comparedWith(): string {
  if (compared !== undefined) return compared;
  const database = projDatabase();
  const hash = createHash('sha256');
  if (database) {
    const folder = dirname(database);
    for (const name of readdirSync(folder).sort()) hash.update(`${name} ${statSync(join(folder, name)).size}\n`);
  }
  compared = `proj4 ${proj4.version}, PROJ data ${hash.digest('hex').slice(0, 12)}`;
  return compared;
}
