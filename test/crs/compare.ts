import assert from 'node:assert/strict';
import { patchModel } from '../../src/crs/patches.ts';
import { PatchTransform } from '../../src/crs/patchtransform.ts';
import { runGdal } from '../../src/gdal/process.ts';

/** [min x, min y, max x, max y]. */
export type Bounds = readonly [number, number, number, number];

/** The same numbers in [0, 1) at each run (Lehmer's generator, Park and Miller's constants). */
export function randomNumbers(): () => number {
  let state = 20_011;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** x and y of places all over the bounds. */
export function placesIn([minX, minY, maxX, maxY]: Bounds, count: number): Float64Array {
  const random = randomNumbers();
  return Float64Array.from({ length: 2 * count }, (_, i) =>
    i % 2 === 0 ? minX + (maxX - minX) * random() : minY + (maxY - minY) * random(),
  );
}

/** What gdaltransform itself makes of places. */
export async function byGdal(places: Float64Array, from: string, to: string): Promise<Float64Array> {
  const lines = Array.from({ length: places.length / 2 }, (_, n) => `${places[2 * n]} ${places[2 * n + 1]}`);
  const { stdout } = await runGdal('gdaltransform', ['-output_xy', '-s_srs', from, '-t_srs', to], { stdin: lines.join('\n') });
  const made = stdout.trimEnd().split('\n');
  return Float64Array.from(made.flatMap((line) => (/^[-\d]/.test(line) ? line.split(' ').map(Number) : [NaN, NaN])));
}

/** How far a model is from gdaltransform, in the target's units, and the part of the places that it leaves to it. */
export async function compare(from: string, to: string, extent: Bounds, count = 2000): Promise<{ furthest: number; left: number }> {
  const model = await patchModel(from, to, extent);
  if (!model) return { furthest: 0, left: 1 };
  const places = placesIn(extent, count);
  const truth = await byGdal(places, from, to);
  assert.equal(truth.length, places.length);
  const made = places.slice();
  new PatchTransform(structuredClone(model)).transform(made, count);
  let [furthest, left] = [0, 0];
  for (let i = 0; i < made.length; i += 2) {
    const [x = NaN, y = NaN] = [made[i], made[i + 1]];
    if (Number.isNaN(x) && Number.isNaN(y)) {
      left++;
      continue;
    }
    const off = Math.max(Math.abs(x - (truth[i] ?? NaN)), Math.abs(y - (truth[i + 1] ?? NaN)));
    furthest = Math.max(furthest, Number.isNaN(off) ? Infinity : off);
  }
  return { furthest, left: left / count };
}
