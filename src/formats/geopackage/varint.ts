/** How many bytes a whole number takes as SQLite's varint (SQLite file format, section 1.6): 9 when it is negative. */
export function varintBytes(value: number): number {
  if (value < 0) return 9;
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  let bytes = 5;
  for (let rest = value / 0x800000000; rest >= 1; rest /= 0x80) bytes++;
  return bytes;
}

/**
 * Writes a whole number as SQLite's varint: groups of seven bits, the highest first, each but the last with its top bit set.
 * @returns where it ends.
 */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0) return writeNegative(bytes, at, value);
  const end = at + varintBytes(value);
  let rest = value;
  for (let i = end - 1; i >= at; i--) {
    bytes[i] = (rest % 0x80) | (i === end - 1 ? 0 : 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return end;
}

/** Two's complement of 64 bits: eight groups of seven bits, and a ninth byte with the last eight. */
function writeNegative(bytes: Uint8Array, at: number, value: number): number {
  const bits = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < 8; i++) bytes[at + i] = Number((bits >> BigInt(57 - 7 * i)) & 0x7fn) | 0x80;
  bytes[at + 8] = Number(bits & 0xffn);
  return at + 9;
}
