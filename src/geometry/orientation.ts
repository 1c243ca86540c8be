/** Shewchuk 1997, “Adaptive Precision Floating-Point Arithmetic”, section 4.3: (3 + 16 ε) ε, with ε = 2⁻⁵³. */
export const ORIENTATION_ERROR = 3.3306690738754716e-16;

/** On which side of the line from a to b the point c lies: above 0 left, below 0 right, 0 on it. The sign is exact. */
export function orientation(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  const left = (bx - ax) * (cy - ay);
  const right = (by - ay) * (cx - ax);
  const value = left - right;
  if (Math.abs(value) > ORIENTATION_ERROR * (Math.abs(left) + Math.abs(right))) return value;
  // Differences of equal numbers are exact, and so are products of zero.
  return left === 0 && right === 0 && isPlain(bx - ax, cy - ay) && isPlain(by - ay, cx - ax) ? 0 : exactly(ax, ay, bx, by, cx, cy);
}

/**
 * Twice the area of a ring, above 0 where it is counter-clockwise; taken from its first position, so that large coordinates lose nothing.
 * @param xy x and y of each position.
 * @param from the ring's first position, which its last one repeats.
 * @param to the position behind its last one.
 */
export function doubleArea(xy: Float64Array, from: number, to: number): number {
  const originX = xy[2 * from] ?? 0;
  const originY = xy[2 * from + 1] ?? 0;
  let area = 0;
  for (let i = 2 * from; i + 3 < 2 * to; i += 2) {
    area += ((xy[i] ?? 0) - originX) * ((xy[i + 3] ?? 0) - originY) - ((xy[i + 2] ?? 0) - originX) * ((xy[i + 1] ?? 0) - originY);
  }
  return area;
}

/** Whether a product of 0 is so because a factor is, not because it is too small for a number. */
function isPlain(one: number, other: number): boolean {
  return one === 0 || other === 0;
}

function exactly(...numbers: [number, number, number, number, number, number]): number {
  if (!numbers.every(Number.isFinite)) return Number.NaN;
  const [ax, ay, bx, by, cx, cy] = integers(numbers);
  const value = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}

type Six<T> = [T, T, T, T, T, T];

/** Numbers as whole multiples of one power of two. */
function integers(numbers: Six<number>): Six<bigint> {
  const view = new DataView(new ArrayBuffer(8));
  const split = (number: number): { significand: bigint; exponent: number } => {
    view.setFloat64(0, number);
    const bits = view.getBigUint64(0);
    const exponent = Number((bits >> 52n) & 0x7ffn);
    const fraction = bits & 0xfffffffffffffn;
    const significand = exponent === 0 ? fraction : fraction | 0x10000000000000n;
    return { significand: bits >> 63n === 1n ? -significand : significand, exponent: Math.max(1, exponent) };
  };
  const [a, b, c, d, e, f] = numbers;
  const parts: Six<ReturnType<typeof split>> = [split(a), split(b), split(c), split(d), split(e), split(f)];
  const least = parts.reduce((lowest, { significand, exponent }) => (significand === 0n ? lowest : Math.min(lowest, exponent)), 2047);
  const whole = ({ significand, exponent }: ReturnType<typeof split>) =>
    significand === 0n ? 0n : significand << BigInt(exponent - least);
  return [whole(parts[0]), whole(parts[1]), whole(parts[2]), whole(parts[3]), whole(parts[4]), whole(parts[5])];
}
