import { release } from '../../archive/deflated.ts';
import { decompress, packBlock, packDifferences, unpackBlock } from '../../store/cog/codec.ts';
import { blockBytes, type TiffImage } from '../../store/cog/image.ts';
import { halveByAverage, halveByFirst, type Validity } from '../../store/cog/overview.ts';
import { Filler, samplesOf } from '../../store/cog/samples.ts';
import { type BlockTable, readBlock } from '../../store/cog/table.ts';
import { PHOTOMETRIC, TAG } from '../../store/cog/tags.ts';
import { type Readable, TiffError } from '../../store/cog/tiff.ts';
import { areAlike, blackMcu, type JpegTile, readTables, readTile, writeTile } from './jpeg.ts';
import { BlockPatcher } from './patch.ts';
import { type LevelPlan, type Outside, pixelBytes } from './plan.ts';
import { type BlockGrid, Recent, readWindow, type Window } from './window.ts';

/** Bytes of unpacked blocks that are kept for their neighbours. */
const KEPT_BYTES = 24 << 20;

/** Makes the blocks of a level that cannot be copied. */
export interface BlockMaker {
  /**
   * A block's bytes.
   * @param window its pixels in the output's level, as far as there are any.
   * @param marks which of them are kept, row by row of the block; null: all.
   */
  make(plane: number, window: Window, marks: Uint8Array | null): Promise<Uint8Array>;
  /** A block that is all outside; null where none can be made, and need not be kept. */
  blank(): Promise<Uint8Array | null>;
}

/** What a level before another one is, when its blocks can be read. */
export interface MadeLevel {
  plan: LevelPlan;
  blocks: BlockTable;
  /** The marks of its mask; null where there is none. */
  mask: BlockGrid | null;
}

/** A grid of the unpacked blocks of an image. */
function pixelGrid(handles: readonly Readable[], image: TiffImage, columns: number, rows: number, table: BlockTable): BlockGrid {
  const recent = new Recent<Uint8Array | null>(Math.max(4, Math.floor(KEPT_BYTES / blockBytes(image))));
  return {
    blockWidth: image.blockWidth,
    blockHeight: image.blockHeight,
    columns,
    rows,
    pixelBytes: pixelBytes(image),
    block: (column, row, plane) => {
      const index = (plane * rows + row) * columns + column;
      return recent.get(index, async () => {
        const packed = await readBlock(handles, table, index);
        if (!packed) return null;
        const bytes = await unpackBlock(packed, image);
        if (bytes.buffer !== packed.buffer) release(packed);
        return bytes;
      });
    },
  };
}

/** Where an image's own blocks are. */
export function tableOf({ offsets, counts }: TiffImage): BlockTable {
  return { files: new Uint8Array(offsets.length), offsets, counts };
}

/** Takes pixels from an image of the source. */
export function cuttingMaker(
  handles: readonly Readable[],
  { image, x, y }: NonNullable<LevelPlan['source']>,
  outside: Outside,
): BlockMaker {
  const table = tableOf(image);
  const grid = pixelGrid(handles, image, image.columns, image.rows, table);
  const filler = new Filler(outside.sample, image);
  const patcher = new BlockPatcher(image, filler);
  const { blockWidth, blockHeight } = image;
  return {
    make: async (plane, window, marks) => {
      const [left, top] = [window.x + x, window.y + y];
      if (marks && left % blockWidth === 0 && top % blockHeight === 0) {
        const packed = await readBlock(handles, table, (plane * image.rows + top / blockHeight) * image.columns + left / blockWidth);
        if (packed) {
          const bytes = await decompress(packed, image.compression, blockBytes(image));
          if (bytes.buffer !== packed.buffer) release(packed);
          patcher.patch(bytes, marks, window);
          return used(bytes, packDifferences(bytes, image));
        }
      }
      const bytes = new Uint8Array(blockBytes(image));
      filler.fill(bytes, 0, blockWidth * blockHeight);
      await readWindow(grid, plane, { ...window, x: left, y: top }, bytes, blockWidth);
      if (marks) filler.fillUnmarked(bytes, marks);
      return used(bytes, packBlock(bytes, image));
    },
    blank: () => blankBlock(image, filler),
  };
}

/** Gives the memory of unpacked bytes back once they are packed. */
async function used(bytes: Uint8Array, packing: Promise<Uint8Array>): Promise<Uint8Array> {
  const packed = await packing;
  if (packed !== bytes) release(bytes);
  return packed;
}

function blankBlock(image: TiffImage, filler: Filler): Promise<Uint8Array> {
  const bytes = new Uint8Array(blockBytes(image));
  filler.fill(bytes, 0, image.blockWidth * image.blockHeight);
  return used(bytes, packBlock(bytes, image));
}

/** Makes pixels of the four that each stands for in the level before. */
export function halvingMaker(handles: readonly Readable[], before: MadeLevel, outside: Outside, average: boolean): BlockMaker {
  const image = before.plan.like;
  const { blockWidth, blockHeight, samples, planes } = image;
  const grid = pixelGrid(handles, image, before.plan.columns, before.plan.rows, before.blocks);
  const filler = new Filler(outside.sample, image);
  const nodata = outside.nodata === null ? null : (samplesOf(outside.sample, image)?.[0] ?? null);
  const validity = (marks: Uint8Array | null): Validity => {
    if (nodata !== null) return { by: 'nodata', value: nodata };
    if (marks) return { by: 'marks', marks };
    return outside.alpha >= 0 && planes === 1 ? { by: 'alpha', band: outside.alpha } : { by: 'all' };
  };
  return {
    make: async (plane, window) => {
      const twice = { x: 2 * window.x, y: 2 * window.y, width: 2 * window.width, height: 2 * window.height };
      const from = new Uint8Array(4 * blockBytes(image));
      filler.fill(from, 0, 4 * blockWidth * blockHeight);
      await readWindow(grid, plane, twice, from, 2 * blockWidth);
      let marks: Uint8Array | null = null;
      if (before.mask && nodata === null) {
        marks = new Uint8Array(4 * blockWidth * blockHeight);
        await readWindow(before.mask, 0, twice, marks, 2 * blockWidth);
      }
      const to = new Uint8Array(blockBytes(image));
      const [all, halved] = [average ? samplesOf(from, image) : null, samplesOf(to, image)];
      const each = planes === 1 ? samples : 1;
      if (all && halved) halveByAverage({ from: all, to: halved, width: blockWidth, height: blockHeight, samples: each }, validity(marks));
      else halveByFirst(from, to, blockWidth, blockHeight, pixelBytes(image));
      return used(to, packBlock(to, image));
    },
    blank: () => blankBlock(image, filler),
  };
}

/**
 * Moves MCUs of JPEG tiles, without loss. An MCU of which nothing is kept becomes black; one with pixels on both sides of the crop's edge is left as it
 * is, and the mask hides those outside.
 */
export function jpegMaker(handles: readonly Readable[], { image, x, y }: NonNullable<LevelPlan['source']>): BlockMaker {
  const shared = readTables(image.directory.get(TAG.jpegTables)?.bytes ?? Uint8Array.of(0xff, 0xd8));
  const table = tableOf(image);
  // Coefficients take twice the bytes of samples.
  const recent = new Recent<JpegTile | null>(Math.max(4, Math.floor(KEPT_BYTES / (2 * blockBytes(image)))));
  const tileAt = (column: number, row: number): Promise<JpegTile | null> => {
    if (column >= image.columns || row >= image.rows) return Promise.resolve(null);
    const index = row * image.columns + column;
    return recent.get(index, async () => {
      const bytes = await readBlock(handles, table, index);
      return bytes && readTile(bytes, shared);
    });
  };
  /** A tile to take the head from. */
  const sample = async (): Promise<JpegTile | null> => {
    const index = image.counts.findIndex((count) => count > 0);
    return index < 0 ? null : tileAt(index % image.columns, Math.floor(index / image.columns));
  };
  const checked = new WeakSet<JpegTile>();
  const check = (tile: JpegTile, like: JpegTile) => {
    if (checked.has(tile)) return;
    if (!areAlike(tile, like)) throw new TiffError('The JPEG tiles of this TIFF differ in their tables.');
    checked.add(tile);
  };
  const isColour = image.photometric === PHOTOMETRIC.yCbCr;
  return {
    make: async (_plane, window, marks) => {
      const like = await sample();
      if (!like) throw new TiffError('This TIFF has no tiles.');
      const { mcuWidth, mcuHeight, columns, rows, units } = like;
      const [left, top] = [window.x + x, window.y + y];
      if (left % mcuWidth !== 0 || top % mcuHeight !== 0) throw new TiffError('JPEG of this kind is not known here.');
      const length = units * 64;
      const out = new Int16Array(columns * rows * length);
      const black = blackMcu(like, isColour);
      for (let row = 0; row < rows; row++) {
        const sourceRow = top / mcuHeight + row;
        for (let column = 0; column < columns; column++) {
          const sourceColumn = left / mcuWidth + column;
          const [pixelX, pixelY] = [column * mcuWidth, row * mcuHeight];
          let from = black;
          let at = 0;
          if (
            pixelX < window.width &&
            pixelY < window.height &&
            (!marks || anyMark(marks, image.blockWidth, pixelX, pixelY, mcuWidth, mcuHeight))
          ) {
            const tile = await tileAt(Math.floor(sourceColumn / columns), Math.floor(sourceRow / rows));
            if (tile) {
              check(tile, like);
              from = tile.coefficients;
              at = ((sourceRow % rows) * columns + (sourceColumn % columns)) * length;
            }
          }
          out.set(from.subarray(at, at + length), (row * columns + column) * length);
        }
      }
      return writeTile(like, out, shared);
    },
    blank: async () => {
      const like = await sample();
      if (!like) return null;
      const black = blackMcu(like, isColour);
      const out = new Int16Array(like.columns * like.rows * black.length);
      for (let at = 0; at < out.length; at += black.length) out.set(black, at);
      return writeTile(like, out, shared);
    },
  };
}

/** Whether any pixel of a box, or next to it, is kept: decoders smooth colours across the border of an MCU. */
function anyMark(marks: Uint8Array, stride: number, x: number, y: number, width: number, height: number): boolean {
  const right = Math.min(stride, x + width + 1);
  const bottom = Math.min(marks.length / stride, y + height + 1);
  for (let line = Math.max(0, y - 1); line < bottom; line++)
    for (let at = line * stride + Math.max(0, x - 1); at < line * stride + right; at++) if (marks[at] === 1) return true;
  return false;
}
