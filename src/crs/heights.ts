import { definitionText } from './definition.ts';
import { toleranceOf } from './layer.ts';
import { comparedWith } from './model.ts';
import { transformPoints } from './transform.ts';
import { horizontalCrs } from './wkt.ts';

/** Higher than any place on Earth, in metres. */
const HIGH = 10_000;
/** Points that are asked for, in each direction. */
const POINTS = 5;
/** Of a millimetre: less is no move. */
const NOTICED = 0.1;
const known = new Map<string, Promise<boolean>>();
const KEPT = 200;

/**
 * Whether heights move x and y on the way from one CRS to another: a datum shift in space leans on them (EPSG guidance note 7-2, section 4.2.3), also
 * between CRSs without heights.
 * @param from, to `EPSG:n` or WKT.
 * @param extent [min x, min y, max x, max y] of all points, in the source CRS's units.
 */
export function heightsMove(from: string, to: string, extent: readonly [number, number, number, number]): Promise<boolean> {
  const key = JSON.stringify([from, to, extent, comparedWith()]);
  const asked = known.get(key);
  if (asked) return asked;
  if (known.size >= KEPT) known.clear();
  const moves = askProj(from, to, extent);
  known.set(key, moves);
  moves.catch(() => known.delete(key));
  return moves;
}

async function askProj(from: string, to: string, [minX, minY, maxX, maxY]: Parameters<typeof heightsMove>[2]): Promise<boolean> {
  const steps = Array.from({ length: POINTS }, (_, n) => n / (POINTS - 1));
  const places = Float64Array.from(steps.flatMap((u) => steps.flatMap((v) => [minX + u * (maxX - minX), minY + v * (maxY - minY)])));
  const ask = (height: number) => transformPoints(places, from, to, undefined, height);
  const [definition, low, high] = await Promise.all([definitionText(to, 'wkt2_2019'), ask(0), ask(HIGH)]);
  const noticed = NOTICED * toleranceOf(horizontalCrs(definition));
  return low.some((value, i) => Math.abs(value - (high[i] ?? Number.NaN)) > noticed);
}
