import { transformPoints } from './transform.ts';
import type { HorizontalCrs } from './wkt.ts';

const WGS84 = 'EPSG:4326';
/** What was found of each CRS: it cannot change while this process runs. */
const turns = new Map<string, number | null>();
const TURNS_KEPT = 1000;

const TURN = 360;

/** A longitude, on the turn on which it is nearest to another. */
export function beside(longitude: number, other: number): number {
  return longitude + TURN * Math.round((other - longitude) / TURN);
}

/** After how many units x comes round: that of projections whose two sides of the cut are the same places, side by side. */
export async function turnOf(target: string, horizontal: HorizontalCrs, signal: AbortSignal): Promise<number | null> {
  const known = turns.get(target);
  if (known !== undefined) return known;
  if (turns.size >= TURNS_KEPT) turns.clear();
  const turn = await findTurn(target, horizontal, signal);
  turns.set(target, turn);
  return turn;
}

async function findTurn(target: string, { centralMeridian }: HorizontalCrs, signal: AbortSignal): Promise<number | null> {
  const latitudes = [-60, -30, 0, 45];
  const sides = latitudes.flatMap((latitude) => [centralMeridian - 180 + 1e-9, latitude, centralMeridian + 180 - 1e-9, latitude]);
  const made = await transformPoints(Float64Array.from(sides), WGS84, target, signal);
  const found = latitudes.map((_, n) => {
    const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = made.subarray(4 * n, 4 * n + 4);
    return Math.abs(y2 - y1) < 1e-3 * Math.abs(x2 - x1) ? x2 - x1 : Number.NaN;
  });
  const [first = Number.NaN] = found;
  return first > 0 && found.every((turn) => Math.abs(turn - first) < 1e-6 * first) ? first : null;
}
