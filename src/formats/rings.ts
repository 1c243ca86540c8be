/** Which way a ring runs, by its signed area; taken around its first position, so that large coordinates lose no digits. */
export function isCounterClockwise(xy: Float64Array, from: number, to: number): boolean {
  const x0 = xy[2 * from] ?? 0;
  const y0 = xy[2 * from + 1] ?? 0;
  let sum = 0;
  let x1 = 0;
  let y1 = 0;
  for (let i = from + 1; i < to; i++) {
    const x2 = (xy[2 * i] ?? 0) - x0;
    const y2 = (xy[2 * i + 1] ?? 0) - y0;
    sum += x1 * y2 - x2 * y1;
    x1 = x2;
    y1 = y2;
  }
  return sum > 0;
}
