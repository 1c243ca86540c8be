/**
 * A point's place on the Hilbert curve that fills a square of 2^16 by 2^16 cells; near places have near numbers.
 * The arithmetic is the one of FlatGeobuf's reference implementation (rawrunprotected/hilbert_curves, public domain).
 * @returns an unsigned 32-bit whole number.
 */
export function hilbert(x: number, y: number): number {
  let a = x ^ y;
  let b = 0xffff ^ a;
  let c = 0xffff ^ (x | y);
  let d = x & (y ^ 0xffff);

  let A = a | (b >> 1);
  let B = (a >> 1) ^ a;
  let C = (c >> 1) ^ (b & (d >> 1)) ^ c;
  let D = (a & (c >> 1)) ^ (d >> 1) ^ d;
  for (const shift of [2, 4]) {
    a = A;
    b = B;
    c = C;
    d = D;
    A = (a & (a >> shift)) ^ (b & (b >> shift));
    B = (a & (b >> shift)) ^ (b & ((a ^ b) >> shift));
    C ^= (a & (c >> shift)) ^ (b & (d >> shift));
    D ^= (b & (c >> shift)) ^ ((a ^ b) & (d >> shift));
  }
  a = A;
  b = B;
  c = C;
  d = D;
  C ^= (a & (c >> 8)) ^ (b & (d >> 8));
  D ^= (b & (c >> 8)) ^ ((a ^ b) & (d >> 8));

  a = C ^ (C >> 1);
  b = D ^ (D >> 1);
  const i0 = x ^ y;
  const i1 = b | (0xffff ^ (i0 | a));
  return ((spread(i1) << 1) | spread(i0)) >>> 0;
}

/** The 16 low bits with a 0 between each two. */
function spread(bits: number): number {
  let v = (bits | (bits << 8)) & 0x00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f;
  v = (v | (v << 2)) & 0x33333333;
  return (v | (v << 1)) & 0x55555555;
}
