import { type FileHandle, open } from 'node:fs/promises';

/** Rows of a strip: whole blocks of 16 rows, as colours at half the resolution need them. */
export const STRIP_ROWS = 32;

/** TIFF 6.0 section 8 and 22, and its technical note 2: the tags that are read. */
const TAG = { height: 257, offsets: 273, counts: 279, tables: 347 } as const;
/** Of a value, in bytes, by the number of its type: bytes, texts, shorts, longs, …, and undefined bytes. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 7: 1 };
/** ITU-T T.81 table B.1. */
const MARKER = { startOfImage: 0xd8, endOfImage: 0xd9, frame: 0xc0, scan: 0xda, restartInterval: 0xdd, restart: 0xd0 } as const;
/** JFIF 1.01 without a density (ITU-T T.871 section 10.1). */
const JFIF = [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];

/**
 * Makes one JPEG of the strips of a TIFF, each of which is a JPEG with the tables that all share: between two of them stands a restart marker
 * (ITU-T T.81 section E.1.4). A writer of a whole JPEG that finds the best tables for it would hold all of its coefficients.
 * @param tiff little-endian, of strips of `STRIP_ROWS` rows.
 */
export async function joinStrips(tiff: string, jpeg: string): Promise<void> {
  const from = await open(tiff);
  try {
    const tags = await readTags(from);
    const [height = 0] = tags.get(TAG.height) ?? [];
    const offsets = tags.get(TAG.offsets) ?? [];
    const counts = tags.get(TAG.counts) ?? [];
    const tables = Buffer.from(tags.get(TAG.tables) ?? []);
    const to = await open(jpeg, 'wx', 0o600);
    try {
      for (const [number, offset] of offsets.entries()) {
        const { frame, scan, coded } = partsOf(await bytesAt(from, offset, counts[number] ?? 0));
        if (number === 0) {
          frame.writeUInt16BE(height, 5);
          const head = [0xff, MARKER.startOfImage, ...JFIF];
          // Between the markers of its beginning and end.
          await to.appendFile(Buffer.concat([Buffer.from(head), tables.subarray(2, -2), frame, restartInterval(frame), scan]));
        }
        await to.appendFile(coded);
        const isLast = number === offsets.length - 1;
        await to.appendFile(Uint8Array.of(0xff, isLast ? MARKER.endOfImage : MARKER.restart + (number % 8)));
      }
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** What says after how many of its units a scan begins anew. */
function restartInterval(frame: Buffer): Buffer {
  const width = frame.readUInt16BE(7);
  // Of the first component: how many blocks of 8 pixels a unit has, across and down; of a single one, always one.
  const [across, down] = frame[9] === 1 ? [1, 1] : [(frame[11] ?? 0x11) >> 4, (frame[11] ?? 0x11) & 15];
  const units = Math.ceil(width / (8 * across)) * (STRIP_ROWS / (8 * down));
  return Buffer.from([0xff, MARKER.restartInterval, 0, 4, units >> 8, units & 255]);
}

/** A strip's frame and scan headers with their markers, and its entropy-coded data. */
function partsOf(strip: Buffer): { frame: Buffer; scan: Buffer; coded: Buffer } {
  let frame: Buffer | undefined;
  for (let at = 2; at + 4 <= strip.length && strip[at] === 0xff; ) {
    const segment = strip.subarray(at, at + 2 + strip.readUInt16BE(at + 2));
    at += segment.length;
    if (segment[1] === MARKER.frame) frame = segment;
    if (segment[1] === MARKER.scan && frame) return { frame, scan: segment, coded: strip.subarray(at, -2) };
  }
  throw new Error('A strip of the map is no JPEG.');
}

/** The values of a TIFF's first directory that are whole numbers, by tag. */
async function readTags(file: FileHandle): Promise<Map<number, readonly number[]>> {
  const start = (await bytesAt(file, 4, 4)).readUInt32LE();
  const count = (await bytesAt(file, start, 2)).readUInt16LE();
  const directory = await bytesAt(file, start + 2, 12 * count);
  const tags = new Map<number, readonly number[]>();
  for (let at = 0; at < directory.length; at += 12) {
    const size = TYPE_BYTES[directory.readUInt16LE(at + 2)];
    if (size === undefined) continue;
    const length = directory.readUInt32LE(at + 4);
    const bytes =
      size * length <= 4 ? directory.subarray(at + 8, at + 12) : await bytesAt(file, directory.readUInt32LE(at + 8), size * length);
    tags.set(
      directory.readUInt16LE(at),
      Array.from({ length }, (_, i) => bytes.readUIntLE(size * i, size)),
    );
  }
  return tags;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, position + at);
    if (bytesRead === 0) throw new Error('An image of the map ends too early.');
    at += bytesRead;
  }
  return bytes;
}
