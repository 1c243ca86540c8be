import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Colour type of red, green, blue and alpha (PNG, third edition, section 11.2.1). */
const RGBA = 6;

/** A square picture as a PNG. @param rgba four bytes for each pixel, row by row. */
export function encodePng(rgba: Uint8Array, side: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, side);
  header.setUint32(4, side);
  header.setUint8(8, 8);
  header.setUint8(9, RGBA);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', deflateSync(filtered(rgba, side), { level: 4 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Each row as what it has more than the row above (filter type 2, section 9.2): neighbours are alike. */
function filtered(rgba: Uint8Array, side: number): Uint8Array {
  const row = 4 * side;
  const out = new Uint8Array(side * (row + 1));
  for (let y = 0; y < side; y++) {
    const at = y * (row + 1);
    out[at] = y === 0 ? 0 : 2;
    for (let i = 0; i < row; i++) {
      const above = y === 0 ? 0 : (rgba[(y - 1) * row + i] ?? 0);
      out[at + 1 + i] = (rgba[y * row + i] ?? 0) - above;
    }
  }
  return out;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + content.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(content, 8);
  view.setUint32(8 + content.length, crc32(out.subarray(4, 8 + content.length)));
  return out;
}
