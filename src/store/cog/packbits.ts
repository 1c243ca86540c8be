/** Unpacks PackBits (TIFF 6.0 section 9); what is missing at the end stays 0. */
export function unpackBits(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let at = 0;
  for (let from = 0; from < packed.length && at < size; ) {
    const n = ((packed[from++] ?? 0) << 24) >> 24;
    if (n >= 0) {
      const run = Math.min(n + 1, size - at, packed.length - from);
      out.set(packed.subarray(from, from + run), at);
      from += run;
      at += run;
    } else if (n !== -128) {
      out.fill(packed[from++] ?? 0, at, Math.min(at + 1 - n, size));
      at += 1 - n;
    }
  }
  return out;
}

/** Packs by PackBits, each row on its own as section 9 asks. */
export function packBits(bytes: Uint8Array, rowBytes: number): Uint8Array {
  const out = new Uint8Array(bytes.length + Math.ceil(rowBytes / 128) * Math.ceil(bytes.length / rowBytes));
  let to = 0;
  for (let row = 0; row < bytes.length; row += rowBytes) {
    const end = Math.min(row + rowBytes, bytes.length);
    for (let at = row; at < end; ) {
      const value = bytes[at];
      let run = 1;
      while (run < 128 && at + run < end && bytes[at + run] === value) run++;
      if (run >= 2) {
        out[to++] = 257 - run;
        out[to++] = value ?? 0;
        at += run;
        continue;
      }
      const start = at;
      // Until three of a kind follow: two are no shorter as a run.
      while (at < end && at - start < 128 && !(at + 2 < end && bytes[at] === bytes[at + 1] && bytes[at] === bytes[at + 2])) at++;
      out[to++] = at - start - 1;
      out.set(bytes.subarray(start, at), to);
      to += at - start;
    }
  }
  return out.subarray(0, to);
}
