import { type BlockShape, blockBytes, samplesInBlock } from '../../store/cog/image.ts';
import { predict, sumOfBytes, unpredict } from '../../store/cog/predictor.ts';
import type { Filler } from '../../store/cog/samples.ts';

/**
 * Fills what is not kept of blocks that are unpacked, but are differences still. Rows of which all is kept, or nothing, need no predictor, and of those
 * of one band of floating-point numbers only the differences at the ends of what is kept are others.
 */
export class BlockPatcher {
  readonly #shape: BlockShape;
  readonly #filler: Filler;
  readonly #rowBytes: number;
  /** A row of which nothing is kept. */
  readonly #blank: Uint8Array<ArrayBuffer>;
  /** Whether rows are kept byte plane by byte plane, without gaps. */
  readonly #byPlane: boolean;
  /** Where what is kept of a row, or what is not, ends; one after the other, from the left. */
  readonly #ends: Uint32Array;

  constructor(shape: BlockShape, filler: Filler) {
    this.#shape = shape;
    this.#filler = filler;
    this.#rowBytes = blockBytes(shape) / shape.blockHeight;
    this.#byPlane = shape.predictor === 3 && samplesInBlock(shape) === 1;
    this.#ends = new Uint32Array(shape.blockWidth + 1);
    this.#blank = new Uint8Array(this.#rowBytes);
    filler.fill(this.#blank, 0, shape.blockWidth);
    predict(this.#blank, shape);
  }

  /**
   * @param bytes the whole block, beginning at a multiple of 8 in its buffer.
   * @param marks 1 for each pixel that is kept, row by row of the block.
   * @param width how many pixels of a row are in the image, and `height` how many rows: others are not kept.
   */
  patch(bytes: Uint8Array<ArrayBuffer>, marks: Uint8Array, { width, height }: { width: number; height: number }): void {
    const { blockWidth, blockHeight } = this.#shape;
    const fours = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    for (let y = 0, start = 0; y < blockHeight; y++, start += this.#rowBytes) {
      const kept = marks.subarray(y * blockWidth, y * blockWidth + (y < height ? width : 0));
      const first = kept.indexOf(1);
      if (first < 0) bytes.set(this.#blank, start);
      else if (width < blockWidth || first > 0 || kept.includes(0)) {
        if (this.#byPlane) this.#patchPlanes(bytes, fours, start, kept);
        else this.#patchRow(bytes.subarray(start, start + this.#rowBytes), kept);
      }
    }
  }

  #patchRow(bytes: Uint8Array, kept: Uint8Array): void {
    // A copy, which begins at a multiple of 8.
    const row = bytes.slice();
    unpredict(row, this.#shape);
    this.#filler.fillUnmarked(row, kept);
    this.#filler.fill(row, kept.length, this.#shape.blockWidth);
    predict(row, this.#shape);
    bytes.set(row);
  }

  /** A row of the predictor of Adobe Photoshop TIFF Technical Note 3: each byte is kept as its difference from the one before, also from plane to plane. */
  #patchPlanes(bytes: Uint8Array, fours: Uint32Array, start: number, kept: Uint8Array): void {
    const { blockWidth } = this.#shape;
    // The byte before, as it was and as it is now, and what a byte of this plane is filled with.
    let [was, is, fill] = [0, 0, 0];
    const spans = this.#findEnds(kept);
    for (let plane = start; plane < start + this.#rowBytes; plane += blockWidth) {
      fill += this.#blank[plane - start] ?? 0;
      let isKept = kept[0] === 1;
      for (let span = 0, x = 0; span < spans; span++, isKept = !isKept) {
        const end = this.#ends[span] ?? 0;
        const sum = sumOfBytes(bytes, fours, plane + x, plane + end);
        if (isKept) {
          bytes[plane + x] = was + (bytes[plane + x] ?? 0) - is;
          is = was + sum;
        } else {
          bytes[plane + x] = fill - is;
          bytes.fill(0, plane + x + 1, plane + end);
          is = fill;
        }
        was += sum;
        x = end;
      }
    }
  }

  /** How many spans there are in a row, by turns kept and not. */
  #findEnds(kept: Uint8Array): number {
    const { blockWidth } = this.#shape;
    let spans = 0;
    for (let x = 0; x < blockWidth; spans++) {
      const isKept = kept[x] === 1;
      const next = kept.indexOf(isKept ? 0 : 1, x);
      x = next >= 0 ? next : isKept ? kept.length : blockWidth;
      this.#ends[spans] = x;
    }
    return spans;
  }
}
