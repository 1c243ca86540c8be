/**
 * Lengths of an optimal prefix code for symbols that come so often, none longer than `most` bits (Huffman 1952; what is too long is shortened as
 * zlib does, which keeps the code complete).
 * @param counts at least two, each at least 1.
 */
export function codeLengths(counts: Uint32Array, most: number): Uint8Array {
  const symbols = [...counts.keys()].sort((a, b) => (counts[a] ?? 0) - (counts[b] ?? 0) || a - b);
  const leaves = symbols.length;
  const weights = new Float64Array(2 * leaves - 1);
  symbols.forEach((symbol, index) => {
    weights[index] = counts[symbol] ?? 0;
  });
  const parents = new Uint32Array(weights.length);
  let leaf = 0;
  let node = leaves;
  for (let next = leaves; next < weights.length; next++)
    for (let side = 0; side < 2; side++) {
      const one = leaf < leaves && (node === next || (weights[leaf] ?? 0) <= (weights[node] ?? 0)) ? leaf++ : node++;
      weights[next] = (weights[next] ?? 0) + (weights[one] ?? 0);
      parents[one] = next;
    }
  const depths = new Uint8Array(weights.length);
  const ofLength = new Uint32Array(most + 1);
  for (let one = weights.length - 2; one >= 0; one--) {
    const depth = (depths[parents[one] ?? 0] ?? 0) + 1;
    depths[one] = depth;
    if (one < leaves) add(ofLength, Math.min(depth, most), 1);
  }
  // In units of the longest codes: more of them than there are, as long as codes are too short for all symbols.
  let taken = ofLength.reduce((sum, count, length) => sum + (length > 0 ? count << (most - length) : 0), 0);
  for (; taken > 1 << most; taken--) {
    let length = most - 1;
    while (!ofLength[length]) length--;
    add(ofLength, length, -1);
    add(ofLength, length + 1, 2);
    add(ofLength, most, -1);
  }
  const lengths = new Uint8Array(counts.length);
  let rarest = 0;
  for (let length = most; length > 0; length--)
    for (let count = ofLength[length] ?? 0; count > 0; count--) lengths[symbols[rarest++] ?? 0] = length;
  return lengths;
}

function add(counts: Uint32Array, at: number, more: number): void {
  counts[at] = (counts[at] ?? 0) + more;
}

/** The codes of such lengths (RFC 1951 section 3.2.2), each with its first bit as the lowest, as it is written. */
export function codesOf(lengths: Uint8Array): Uint16Array {
  const codes = new Uint16Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= 15; length++, code <<= 1)
    lengths.forEach((one, symbol) => {
      if (one === length) codes[symbol] = reversed(code++, length);
    });
  return codes;
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let bit = 0; bit < length; bit++) bits |= ((code >> bit) & 1) << (length - 1 - bit);
  return bits;
}
