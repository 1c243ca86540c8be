/** A grid of blocks of which windows are read. */
export interface BlockGrid {
  blockWidth: number;
  blockHeight: number;
  columns: number;
  rows: number;
  /** Bytes a pixel, of unpacked blocks. */
  pixelBytes: number;
  /** An unpacked block, which must not be changed; null for one that is not kept. `plane` counts from 0. */
  block(column: number, row: number, plane: number): Promise<Uint8Array | null>;
}

/** A place in a grid, in pixels. */
export interface Window {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Copies the pixels of a window into a block, from its upper left corner; pixels of blocks that are not kept, or beyond the grid, stay as they are.
 * @param stride pixels of a row of the block.
 */
export async function readWindow(grid: BlockGrid, plane: number, window: Window, into: Uint8Array, stride: number): Promise<void> {
  const { blockWidth, blockHeight, pixelBytes } = grid;
  const { x, y, width, height } = window;
  const lastColumn = Math.min(grid.columns - 1, Math.floor((x + width - 1) / blockWidth));
  const lastRow = Math.min(grid.rows - 1, Math.floor((y + height - 1) / blockHeight));
  for (let row = Math.floor(y / blockHeight); row <= lastRow; row++) {
    for (let column = Math.floor(x / blockWidth); column <= lastColumn; column++) {
      const block = await grid.block(column, row, plane);
      if (!block) continue;
      const [left, top] = [column * blockWidth, row * blockHeight];
      const fromX = Math.max(x, left);
      const bytes = (Math.min(x + width, left + blockWidth) - fromX) * pixelBytes;
      const bottom = Math.min(y + height, top + blockHeight);
      for (let line = Math.max(y, top); line < bottom; line++) {
        const from = ((line - top) * blockWidth + fromX - left) * pixelBytes;
        into.set(block.subarray(from, from + bytes), ((line - y) * stride + fromX - x) * pixelBytes);
      }
    }
  }
}

/** Keeps what was made last for a key, up to so many. */
export class Recent<Value> {
  readonly #most: number;
  readonly #values = new Map<number, Promise<Value>>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: number, make: () => Promise<Value>): Promise<Value> {
    const known = this.#values.get(key);
    const value = known ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const old of this.#values.keys()) {
      if (this.#values.size <= this.#most) break;
      this.#values.delete(old);
    }
    return value;
  }
}
