import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { colourOf } from './colours.ts';
import { RowFile } from './imagefile.ts';
import type { PaintedImage } from './layer.ts';
import type { PolygonStyle } from './layerstyle.ts';
import { COVERED, TINT_BYTES, TINT_SIDE, TINTS, tintSize } from './tint.ts';
import type { MapView } from './view.ts';

/** Steps of a tint's colour from the fill's to the outline's, and of how opaque it is: as many as are told from each other, so that the image deflates well. */
const STEPS = 24;
const OPACITIES = 85;

/**
 * Makes an image of a layer's tints: each pixel has the colours that the features in it would have had, and is as opaque as they cover it.
 * @param path of the tints as they were written, batch after batch, deflated.
 * @param color of the layer, `#RRGGBB`.
 * @param dir takes the image's files.
 * @returns null where there is no tint.
 */
export async function tintImage(
  path: string,
  { frame, bounds, scale }: MapView,
  color: string,
  { opacity, outline }: PolygonStyle,
  dir: string,
  signal: AbortSignal,
): Promise<PaintedImage | null> {
  const [columns, rows] = tintSize(frame);
  const { cover, box } = await readTints(path, columns, rows, signal);
  if (!box) return null;
  const [left, bottom, right, top] = box;
  const [fill, edge] = [colourOf(color), colourOf(outline)];
  const palette = Array.from({ length: STEPS + 1 }, (_, step) =>
    fill.map((part, n) => Math.round(255 * (part + (((edge[n] ?? 0) - part) * step) / STEPS))),
  );
  const colours = new RowFile(join(dir, 'tint-colours'), true);
  const alphas = new RowFile(join(dir, 'tint-alpha'), true);
  const line = new Uint8Array(3 * (right - left));
  const alpha = new Uint8Array(right - left);
  const at = (tint: number, cell: number) => Math.min(1, cover[tint]?.[cell] ?? 0);
  try {
    for (let row = top - 1; row >= bottom; row--) {
      signal.throwIfAborted();
      for (let column = left; column < right; column++) {
        const cell = row * columns + column;
        // Lines lie on outlines, and these on fills.
        const [lines, outlines] = [at(2, cell), (1 - at(2, cell)) * at(1, cell)];
        const fills = (1 - lines - outlines) * at(0, cell) * opacity;
        const all = lines + outlines + fills;
        alpha[column - left] = Math.ceil(OPACITIES * all) * (255 / OPACITIES);
        line.set(palette[all > 0 ? Math.round((STEPS * outlines) / all) : 0] ?? [], 3 * (column - left));
      }
      await colours.write(line);
      await alphas.write(alpha);
    }
  } finally {
    await Promise.allSettled([colours.end(), alphas.end()]);
  }
  const unit = TINT_SIDE / scale;
  return {
    bounds: [bounds[0] + left * unit, bounds[1] + bottom * unit, bounds[0] + right * unit, bounds[1] + top * unit],
    width: right - left,
    height: top - bottom,
    pixels: { path: colours.path, filter: 'FlateDecode', space: 'rgb' },
    alpha: { path: alphas.path },
    isSmooth: true,
    bytes: (await stat(colours.path)).size + (await stat(alphas.path)).size,
  };
}

/** Sums up what the batches cover; and the box of it: the first column and row, and those after the last. */
async function readTints(
  path: string,
  columns: number,
  rows: number,
  signal: AbortSignal,
): Promise<{ cover: (Float32Array | undefined)[]; box: readonly [number, number, number, number] | null }> {
  const cover: (Float32Array | undefined)[] = [];
  let [left, bottom, right, top] = [columns, rows, 0, 0];
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of addAbortSignal(signal, createReadStream(path)).pipe(createInflateRaw())) {
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = bytes.length - (bytes.length % TINT_BYTES);
    for (let at = 0; at < whole; at += TINT_BYTES) {
      const place = bytes.readUInt32LE(at);
      const tint = place % TINTS.length;
      const cell = (place - tint) / TINTS.length;
      const sums = cover[tint] ?? new Float32Array(columns * rows);
      cover[tint] = sums;
      sums[cell] = (sums[cell] ?? 0) + bytes.readUInt32LE(at + 4) / COVERED;
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      left = Math.min(left, column);
      right = Math.max(right, column + 1);
      bottom = Math.min(bottom, row);
      top = Math.max(top, row + 1);
    }
    rest = bytes.subarray(whole);
  }
  return { cover, box: right > left ? [left, bottom, right, top] : null };
}
