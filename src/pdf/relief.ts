/** How a grid's values lie: what its colours have to cover. */
export interface Distribution {
  /** Of all values. */
  least: number;
  most: number;
  /** Between which all but one in two hundred lie, on either side. */
  low: number;
  high: number;
  /** A slope that one in twenty is steeper than: units of value for each pixel. */
  steep: number;
}

/** The part of all values' range that all but the outermost have where these are none too far out. */
const EVEN = 0.75;
/** Values that are looked at, at most. */
const LOOKED_AT = 400_000;

/** A grid's values, row by row. */
export interface Values {
  columns: number;
  rows: number;
  row(row: number): Promise<ArrayLike<number>>;
}

/**
 * @param pieces of one grid.
 * @returns null where there is no value at all.
 */
export async function distributionOf(pieces: readonly Values[], signal: AbortSignal): Promise<Distribution | null> {
  const all = pieces.reduce((sum, { columns, rows }) => sum + columns * rows, 0);
  const every = Math.max(1, Math.ceil(Math.sqrt(all / LOOKED_AT)));
  const [seen, slopes]: [number[], number[]] = [[], []];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const look = (line: ArrayLike<number>, columns: number, isLookedAt: boolean) => {
    for (let column = 0; column < columns; column++) {
      const value = line[column] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
      if (!isLookedAt || column % every !== 0) continue;
      seen.push(value);
      const slope = Math.abs((line[column + 1] ?? Number.NaN) - value);
      if (slope > 0) slopes.push(slope);
    }
  };
  for (const { columns, rows, ...values } of pieces)
    for (let row = 0; row < rows; row++) {
      signal.throwIfAborted();
      look(await values.row(row), columns, row % every === 0);
    }
  if (!(least <= most)) return null;
  const [sorted, steepness] = [Float64Array.from(seen).sort(), Float64Array.from(slopes).sort()];
  const at = (list: Float64Array, part: number, otherwise: number) => list[Math.floor((list.length - 1) * part)] ?? otherwise;
  const [low, high] = [at(sorted, 0.005, least), at(sorted, 0.995, most)];
  // Where hardly any room is lost to the few at the ends, the colours are of all values.
  const isEven = high - low > EVEN * (most - least);
  return { least, most, ...(isEven || high <= low ? { low: least, high: most } : { low, high }), steep: at(steepness, 0.95, 0) };
}

/** What the steeper slopes look like: as if they rose by so much in their length. */
const STEEP = 0.9;
/** How much darker or lighter slopes become that are turned from the light, or to it. */
const STRENGTH = 0.55;

/**
 * How light the ground is in each pixel of a row, with the light from the north-west: 1 where it is level. Slopes are made steeper so that they show,
 * however small the scale (Horn's gradients, Proc. IEEE 69(1), 1981).
 * @param above, row, below the rows of values.
 * @param steep the slope that is to look steep, in units of value for each pixel.
 */
export function shade(above: ArrayLike<number>, row: ArrayLike<number>, below: ArrayLike<number>, steep: number, into: Float32Array): void {
  const factor = steep > 0 ? STEEP / steep : 0;
  const last = into.length - 1;
  for (let i = 0; i <= last; i++) {
    const [left, right] = [Math.max(0, i - 1), Math.min(last, i + 1)];
    const own = row[i] ?? 0;
    const value = (line: ArrayLike<number>, at: number) => {
      const one = line[at] ?? Number.NaN;
      return Number.isNaN(one) ? own : one;
    };
    const east = value(above, right) + 2 * value(row, right) + value(below, right);
    const west = value(above, left) + 2 * value(row, left) + value(below, left);
    const north = value(above, left) + 2 * value(above, i) + value(above, right);
    const south = value(below, left) + 2 * value(below, i) + value(below, right);
    const dx = ((east - west) / 8) * factor;
    const dy = ((north - south) / 8) * factor;
    // The cosine of the angle to the light, 45° up, beside that of level ground.
    const light = (1 + (dx - dy) * Math.SQRT1_2) / Math.sqrt(1 + dx * dx + dy * dy);
    into[i] = 1 + STRENGTH * (Math.max(0, light) - 1);
  }
}
