/** Twice the signed area: positive when it runs counter-clockwise. */
export function area(xy: Float64Array, from: number, to: number): number {
  let sum = 0;
  const [x0 = 0, y0 = 0] = xy.subarray(2 * from, 2 * from + 2);
  for (let i = from; i + 1 < to; i++) {
    sum += ((xy[2 * i] ?? 0) - x0) * ((xy[2 * i + 3] ?? 0) - y0) - ((xy[2 * i + 2] ?? 0) - x0) * ((xy[2 * i + 1] ?? 0) - y0);
  }
  return sum;
}
