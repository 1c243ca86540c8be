const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);
const SMALLEST = 2 ** -149;

/** The largest 32-bit float that is not above a number. */
export function roundDown(value: number): number {
  const near = Math.fround(value);
  return near > value ? below(near) : near;
}

/** The smallest 32-bit float that is not below a number. */
export function roundUp(value: number): number {
  return -roundDown(-value);
}

function below(float: number): number {
  if (float === 0) return -SMALLEST;
  FLOAT[0] = float;
  // As integers, floats of one sign have their order.
  BITS[0] = (BITS[0] ?? 0) + (float > 0 ? -1 : 1);
  return FLOAT[0];
}
