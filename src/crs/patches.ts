import { definitionText } from './definition.ts';
import { limitOf, toleranceOf } from './layer.ts';
import { comparedWith } from './model.ts';
import type { PatchModel } from './patchtransform.ts';
import { chebyshevSeries, DEGREE, evaluate, expectedRest, FIT_NODES, polynomialOf, type Series } from './polynomial.ts';
import { transformPoints } from './transform.ts';
import { beside } from './turn.ts';
import { horizontalCrs } from './wkt.ts';

/** [min x, min y, max x, max y]. */
type Bounds = readonly [number, number, number, number];

/** Points that judge a patch, in each direction: on corners and edges too, so that no straight line crosses a patch without parting them. */
const JUDGES = 5;
/** u and v of a patch's samples: the nodes of its fit, then its judges. */
const SAMPLES = Float64Array.from([
  ...FIT_NODES,
  ...Array.from({ length: JUDGES * JUDGES }, (_, n) => [n % JUDGES, Math.floor(n / JUDGES)].map((k) => -1 + (2 * k) / (JUDGES - 1))).flat(),
]);
/** Places all over the extent that judge the patches that they are in: they find what is narrower than the samples of a wide patch are apart. */
const WITNESSES = 4096;
/** Their steps in x and y, as parts of the extent: the most even sequence of places, which is on no lattice (Roberts' R₂, from the plastic number). */
const WITNESS_STEPS = [0.7548776662466927, 0.5698402909980532] as const;
/** Samples of a model, of all patches that are tried: about a quarter of a second of PROJ's time. */
const SAMPLES_AFFORDED = 60_000;
/** Of the extent's width or height: nodes that are thinner are not divided. What is still torn there, such as where a projection is cut open, is for PROJ. */
const THINNEST = 1e-6;
/** A patch serves where it is within this part of a millimetre of PROJ. */
const ACCEPTED = 0.1;
/** While it is further off than this part of a millimetre, and dividing helps, it is divided. */
const AIM = 1e-5;
/** Parts of a millimetre that divisions go for: the first for which the samples suffice. */
const GOALS = [AIM, 1e-3];
const COARSEST_GOAL = 3e-2;
/** Significant digits that gdaltransform prints. */
const DIGITS = 15;
/** Where a division leaves more than one part in so many, the function is not smooth: a smooth one's rest falls with the DEGREE + 1st power. */
const SMOOTHING = 8;
/** Most columns or rows of a division, as a power of two: where the function is smooth, and where it is not. */
const [FINEST, FINEST_ROUGH] = [3, 2];

/** How near a model must be, in the target CRS's units. */
interface Rules {
  tolerance: number;
  /** Coordinates at or past it are no place. */
  limit: number;
}

/** x and y of some places, and where PROJ puts them. */
interface Witnesses {
  places: Float64Array;
  truth: Float64Array;
}

/** A node that PROJ is to be asked about. */
interface Untried {
  node: number;
  /** What the node that it is a part of was off, in the target's units. */
  before: number;
  /** Those in the node, its edges included. */
  witnesses: Witnesses;
}

/** A node with the best that PROJ's results make of it. */
interface Tried extends Untried {
  series: Series;
  degree: number;
  polynomial: Float64Array;
  /** The largest difference from PROJ at a sample, in the target's units; infinite where there is no place for one. */
  off: number;
  /** What is to be reached. */
  aim: number;
}

/** Columns and rows of a node's parts. */
type Division = readonly [columns: number, rows: number];

/** A model that is being made. */
interface Draft {
  bounds: Bounds[];
  divisions: Division[];
  starts: number[];
  degrees: number[];
  coefficients: number[];
}

const models = new Map<string, Promise<PatchModel | null>>();
/** A model is some hundred kilobytes at most. */
const MODELS_KEPT = 200;

/**
 * A model of the way from one CRS to another, remembered for the next who asks.
 * @param from, to `EPSG:n` or WKT.
 * @param extent of all points that will be asked for, in the source CRS's units.
 * @param middle a longitude that all of the target's are beside, where they pass the antimeridian: PROJ gives them from -180 to 180. Null leaves them.
 * @returns null where PROJ itself must be asked for all of it.
 * @throws {GdalError} when PROJ knows no way between the two; the signal's reason when cancelled.
 */
export async function patchModel(
  from: string,
  to: string,
  extent: Bounds,
  signal?: AbortSignal,
  middle: number | null = null,
): Promise<PatchModel | null> {
  signal?.throwIfAborted();
  const key = JSON.stringify([from, to, extent, middle, comparedWith()]);
  let model = models.get(key);
  if (!model) {
    if (models.size >= MODELS_KEPT) models.clear();
    // Others may come to wait for it, so it does not end with the one who asked first.
    model = makeModel(from, to, extent, middle);
    models.set(key, model);
    model.catch(() => models.delete(key));
  }
  const made = await model;
  signal?.throwIfAborted();
  return made;
}

async function makeModel(from: string, to: string, extent: Bounds, middle: number | null): Promise<PatchModel | null> {
  if (!extent.every(Number.isFinite)) return null;
  const ask = async (places: Float64Array) => {
    const made = await transformPoints(places, from, to);
    return middle === null ? made : made.map((value, i) => (i % 2 === 0 ? beside(value, middle) : value));
  };
  const draft: Draft = { bounds: [withArea(extent)], divisions: [[0, 0]], starts: [-1], degrees: [0], coefficients: [] };
  const whole = { node: 0, before: Number.POSITIVE_INFINITY };
  const ownPlaces = samplePlaces(draft, [whole]);
  const places = witnessPlaces(draft.bounds[0] ?? extent);
  const [rules, first] = await Promise.all([rulesOf(to), ask(Float64Array.from([...ownPlaces, ...places]))]);
  let truth = first.subarray(0, ownPlaces.length);
  let untried: Untried[] = [{ ...whole, witnesses: { places, truth: first.subarray(ownPlaces.length) } }];
  const same = isSame(ownPlaces, truth) && isSame(places, first.subarray(ownPlaces.length));
  let left = SAMPLES_AFFORDED;
  while (untried.length > 0) {
    left -= truth.length / 2;
    const tried = untried.flatMap((patch, n) => {
      const values = truth.subarray(n * SAMPLES.length, (n + 1) * SAMPLES.length);
      return tryPatch(patch, values, draft.bounds[patch.node] ?? extent, rules) ?? [];
    });
    untried = divideUnmet(draft, tried, rules, left);
    if (untried.length > 0) truth = await ask(samplePlaces(draft, untried));
  }
  if (draft.coefficients.length === 0) return null;
  return {
    bounds: Float64Array.from(draft.bounds.flat()),
    divisions: Uint8Array.from(draft.divisions.flat()),
    starts: Int32Array.from(draft.starts),
    degrees: Uint8Array.from(draft.degrees),
    coefficients: Float64Array.from(draft.coefficients),
    same: same && draft.starts[0] === 0 && draft.divisions.length === 1,
  };
}

/**
 * Keeps the patches that are good, and those that serve and cannot be made better; divides the others as far as the samples go.
 * @returns the parts of the divided ones.
 */
function divideUnmet(draft: Draft, tried: readonly Tried[], { tolerance }: Rules, samplesLeft: number): Untried[] {
  const serves = ({ off }: Tried) => off <= tolerance * ACCEPTED;
  const unmet = tried.filter(
    (patch) => patch.off > patch.aim && !(serves(patch) && isRough(patch)) && !isThin(draft.bounds[patch.node], draft.bounds[0]),
  );
  // First what no patch serves yet and a division helps, last what a division may not help.
  const rank = (patch: Tried) => (isRough(patch) ? 2 : serves(patch) ? 1 : 0);
  const dividedFor = (goal: number) =>
    unmet.map((patch) => {
      const division = divisionFor(patch, tolerance * goal);
      const cost = (division[0] * division[1] * SAMPLES.length) / 2;
      return { patch, division, cost, rank: rank(patch), worth: areaOf(draft.bounds[patch.node]) / cost };
    });
  const costOfNeeded = (goal: number) => dividedFor(goal).reduce((sum, { rank, cost }) => sum + (rank === 0 ? cost : 0), 0);
  const goal = GOALS.find((goal) => costOfNeeded(goal) <= samplesLeft) ?? COARSEST_GOAL;
  const parts: Untried[] = [];
  const divided = new Set<Tried>();
  let left = samplesLeft;
  for (const { patch, division, cost } of dividedFor(goal).sort((a, b) => a.rank - b.rank || b.worth - a.worth)) {
    if (cost > left) continue;
    left -= cost;
    divided.add(patch);
    parts.push(...divide(draft, patch, division));
  }
  for (const patch of tried) if (!divided.has(patch) && serves(patch)) accept(draft, patch);
  return parts;
}

function isThin([minX, minY, maxX, maxY]: Bounds = [0, 0, 0, 0], [west, south, east, north]: Bounds = [0, 0, 1, 1]): boolean {
  return maxX - minX < (east - west) * THINNEST || maxY - minY < (north - south) * THINNEST;
}

function areaOf([minX, minY, maxX, maxY]: Bounds = [0, 0, 0, 0]): number {
  return (maxX - minX) * (maxY - minY);
}

/** The least width of an extent, as a part of its coordinates. */
const LEAST = 1e-9;

/** An extent without width or height gets a little of it. */
function withArea([minX, minY, maxX, maxY]: Bounds): Bounds {
  const beyond = (value: number) => value + LEAST * Math.max(1, Math.abs(value));
  return [minX, minY, Math.max(maxX, beyond(minX)), Math.max(maxY, beyond(minY))];
}

async function rulesOf(crs: string): Promise<Rules> {
  const horizontal = horizontalCrs(await definitionText(crs, 'wkt2_2019'));
  return { tolerance: toleranceOf(horizontal), limit: limitOf(horizontal) };
}

/** x and y of all samples of some nodes. */
function samplePlaces({ bounds }: Draft, untried: readonly Pick<Untried, 'node'>[]): Float64Array {
  const places = new Float64Array(untried.length * SAMPLES.length);
  let at = 0;
  for (const { node } of untried) {
    const [minX, minY, maxX, maxY] = bounds[node] ?? [0, 0, 0, 0];
    for (let i = 0; i < SAMPLES.length; i += 2) {
      places[at++] = between(minX, maxX, ((SAMPLES[i] ?? 0) + 1) / 2);
      places[at++] = between(minY, maxY, ((SAMPLES[i + 1] ?? 0) + 1) / 2);
    }
  }
  return places;
}

function witnessPlaces([minX, minY, maxX, maxY]: Bounds): Float64Array {
  const [stepX, stepY] = WITNESS_STEPS;
  return Float64Array.from(
    Array.from({ length: WITNESSES }, (_, n) => [between(minX, maxX, (n * stepX) % 1), between(minY, maxY, (n * stepY) % 1)]).flat(),
  );
}

/** The witnesses that are in some bounds. */
function witnessesIn({ places, truth }: Witnesses, [minX, minY, maxX, maxY]: Bounds): Witnesses {
  const made: [number[], number[]] = [[], []];
  for (let i = 0; i < places.length; i += 2) {
    const [x = NaN, y = NaN] = [places[i], places[i + 1]];
    if (!(x >= minX && x <= maxX && y >= minY && y <= maxY)) continue;
    made[0].push(x, y);
    made[1].push(truth[i] ?? NaN, truth[i + 1] ?? NaN);
  }
  return { places: Float64Array.from(made[0]), truth: Float64Array.from(made[1]) };
}

/** Exactly the ends where `part` is 0 and 1, so that neighbours meet and no sample is outside the extent. */
function between(from: number, to: number, part: number): number {
  return part <= 0.5 ? from + (to - from) * part : to - (to - from) * (1 - part);
}

/** Whether PROJ gave back what it was given, but for the last digit that is printed. */
function isSame(places: Float64Array, truth: Float64Array): boolean {
  return truth.every((value, i) => Math.abs(value - (places[i] ?? 0)) <= lastDigit(value));
}

/** What the last digit stands for that gdaltransform prints of a value. */
function lastDigit(value: number): number {
  return 10 ** (Math.floor(Math.log10(Math.max(Math.abs(value), Number.MIN_VALUE))) + 1 - DIGITS);
}

/** @returns null where nothing has a place. */
function tryPatch(patch: Untried, values: Float64Array, bounds: Bounds, { tolerance, limit }: Rules): Tried | null {
  const isPlace = (value: number) => Math.abs(value) < limit;
  const largest = values.reduce((most, value) => (isPlace(value) ? Math.max(most, Math.abs(value)) : most), -1);
  if (largest < 0) return null;
  const aim = Math.max(tolerance * AIM, 1.5 * lastDigit(largest));
  const series = chebyshevSeries(values, 0);
  let tried: Tried = { ...patch, series, degree: 0, polynomial: new Float64Array(0), off: Number.POSITIVE_INFINITY, aim };
  if (!values.every(isPlace) || !patch.witnesses.truth.every(isPlace)) return tried;
  const witnesses = inPatch(patch.witnesses.places, bounds);
  // The lowest degree that will do, or the best one.
  for (let degree = 1; degree <= DEGREE && tried.off > aim; degree++) {
    const polynomial = polynomialOf(series, degree);
    const off = Math.max(furthest(polynomial, degree, SAMPLES, values), furthest(polynomial, degree, witnesses, patch.witnesses.truth));
    if (off < tried.off) tried = { ...tried, degree, polynomial, off };
  }
  return tried;
}

/** u and v of places in a patch. */
function inPatch(places: Float64Array, [minX, minY, maxX, maxY]: Bounds): Float64Array {
  return places.map((value, i) => (i % 2 === 0 ? (2 * value - minX - maxX) / (maxX - minX) : (2 * value - minY - maxY) / (maxY - minY)));
}

/** The largest difference of a polynomial from the truth at some u and v. */
function furthest(polynomial: Float64Array, degree: number, places: Float64Array, truth: Float64Array): number {
  const made = new Float64Array(2);
  let off = 0;
  for (let i = 0; i < places.length; i += 2) {
    evaluate(polynomial, 0, degree, places[i] ?? 0, places[i + 1] ?? 0, made, 0);
    off = Math.max(off, Math.abs((made[0] ?? 0) - (truth[i] ?? 0)), Math.abs((made[1] ?? 0) - (truth[i + 1] ?? 0)));
  }
  return off;
}

/** Whether dividing the node's whole did not help as it helps where the function is smooth. */
function isRough({ off, before }: Tried): boolean {
  return off === Number.POSITIVE_INFINITY || off * SMOOTHING >= before;
}

/** The fewest columns and rows that bring a smooth function within the goal, or as near to it as more of them would. */
function divisionFor(patch: Tried, goal: number): Division {
  const most = isRough(patch) ? FINEST_ROUGH : FINEST;
  const rest = (columns: number, rows: number) => expectedRest(patch.series, columns, rows);
  const enough = Math.max(patch.aim, goal, 2 * rest(most, most));
  if (!Number.isFinite(enough)) return [2 ** most, 2 ** most];
  for (let halvings = 1; halvings < 2 * most; halvings++) {
    const columns = Array.from({ length: halvings + 1 }, (_, n) => n).filter((n) => n <= most && halvings - n <= most);
    const best = columns.reduce((a, b) => (rest(b, halvings - b) < rest(a, halvings - a) ? b : a));
    if (rest(best, halvings - best) <= enough) return [2 ** best, 2 ** (halvings - best)];
  }
  return [2 ** most, 2 ** most];
}

/** Divides a node. @returns its parts. */
function divide(draft: Draft, { node, off, witnesses }: Tried, [columns, rows]: Division): Untried[] {
  const [minX, minY, maxX, maxY] = draft.bounds[node] ?? [0, 0, 0, 0];
  const first = draft.bounds.length;
  draft.divisions[node] = [columns, rows];
  draft.starts[node] = first;
  return Array.from({ length: columns * rows }, (_, n) => {
    const [column, row] = [n % columns, Math.floor(n / columns)];
    const bounds: Bounds = [
      between(minX, maxX, column / columns),
      between(minY, maxY, row / rows),
      between(minX, maxX, (column + 1) / columns),
      between(minY, maxY, (row + 1) / rows),
    ];
    draft.bounds.push(bounds);
    draft.divisions.push([0, 0]);
    draft.starts.push(-1);
    draft.degrees.push(0);
    return { node: first + n, before: off, witnesses: witnessesIn(witnesses, bounds) };
  });
}

function accept(draft: Draft, { node, degree, polynomial }: Tried): void {
  draft.starts[node] = draft.coefficients.length;
  draft.degrees[node] = degree;
  draft.coefficients.push(...polynomial);
}
