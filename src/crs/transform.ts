import { runGdal } from '../gdal/process.ts';

/**
 * Transforms points with PROJ, through gdaltransform. x is easting or longitude in all CRSs.
 * @param xy x and y of each point.
 * @param from, to `EPSG:n` or WKT.
 * @param height of all points, in metres.
 * @returns x and y of each point; NaN twice where the target has no place for it.
 */
export async function transformPoints(xy: Float64Array, from: string, to: string, signal?: AbortSignal, height = 0): Promise<Float64Array> {
  const made = new Float64Array(xy.length).fill(Number.NaN);
  for (let start = 0; start < xy.length; start += 2 * AT_ONCE) {
    const part = xy.subarray(start, start + 2 * AT_ONCE);
    let stdin = '';
    for (let i = 0; i < part.length; i += 2) stdin += `${part[i]} ${part[i + 1]} ${height}\n`;
    const { stdout } = await runGdal('gdaltransform', ['-output_xy', '-s_srs', from, '-t_srs', to], {
      stdin,
      ...(signal ? { signal } : {}),
    });
    const lines = stdout.trimEnd().split('\n');
    for (let i = 0; i < part.length / 2; i++) {
      const [x = Number.NaN, y = Number.NaN] = (lines[i] ?? '').trim().split(/\s+/).map(Number);
      if (Number.isFinite(x) && Number.isFinite(y)) made.set([x, y], start + 2 * i);
    }
  }
  return made;
}

/** Points of one process: its answer must fit what is kept of an output. */
const AT_ONCE = 50_000;
