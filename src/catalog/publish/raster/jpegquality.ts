import { open } from 'node:fs/promises';

/** The luminance table of ITU-T T.81, annex K.1, in the zigzag order in which files have it: quality 50. */
const LUMINANCE = [
  ...[16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51],
  ...[
    56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103,
    99,
  ],
];
const [DEFINE_QUANTIZATION, START_OF_SCAN] = [0xdb, 0xda];
/** Enough for what stands before the tables, such as a camera's thumbnail. */
const HEAD_BYTES = 1 << 18;

/**
 * The quality, 1 to 100, that a JPEG file was compressed with, if by the tables that libjpeg makes of it: compressed with these once more, block
 * by block, next to nothing is lost.
 * @returns undefined where it has other tables.
 */
export async function jpegQuality(path: string): Promise<number | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const table = luminanceTable(buffer.subarray(0, bytesRead));
    return table && Array.from({ length: 100 }, (_, index) => index + 1).find((quality) => isTable(table, quality));
  } finally {
    await file.close();
  }
}

/** Segments of a marker, a length and content, after the two bytes of the file's start (T.81, annex B). */
function luminanceTable(head: Buffer): Buffer | undefined {
  for (let at = 2; at + 4 < head.length && head[at] === 0xff; ) {
    const [marker = 0, length] = [head[at + 1], head.readUInt16BE(at + 2)];
    if (marker === START_OF_SCAN) return undefined;
    // Each table: its precision and number in a byte, then 64 values.
    if (marker === DEFINE_QUANTIZATION && head[at + 4] === 0) return head.subarray(at + 5, at + 69);
    at += 2 + length;
  }
  return undefined;
}

function isTable(table: Buffer, quality: number): boolean {
  // libjpeg's jpeg_quality_scaling.
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - quality * 2;
  return LUMINANCE.every((value, index) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))) === table[index]);
}
