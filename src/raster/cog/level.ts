import { release } from '../../archive/deflated.ts';
import { type BlockShape, blockBytes, type TiffImage } from '../../store/cog/image.ts';
import { halveMarks } from '../../store/cog/overview.ts';
import { type BlockTable, emptyTable, put, readBlock } from '../../store/cog/table.ts';
import { COMPRESSION } from '../../store/cog/tags.ts';
import type { Readable } from '../../store/cog/tiff.ts';
import { type BlockMaker, cuttingMaker, halvingMaker, jpegMaker, type MadeLevel, tableOf } from './blockmaker.ts';
import type { Coverage } from './coverage.ts';
import { maskShape, packMask, unpackMask } from './mask.ts';
import type { CropPlan, LevelPlan } from './plan.ts';
import { SOURCE, SPILL, type Spill } from './spill.ts';
import { type BlockGrid, Recent, readWindow, type Window } from './window.ts';

const KEPT_MASK_BYTES = 8 << 20;

export interface LevelWork {
  handles: readonly Readable[];
  spill: Spill;
  coverage: Coverage;
  plan: CropPlan;
  /** The full image's own size, in pixels. */
  source: { width: number; height: number };
  /** Whether pixels made of four are their average, else the first of them. */
  average: boolean;
  signal: AbortSignal | undefined;
  /** Called for each block. */
  onBlock: () => void;
}

/** What a level of the output is made of. */
export interface LevelTables {
  plan: LevelPlan;
  blocks: BlockTable;
  mask: BlockTable | null;
  /** Blocks copied from the source, those with pixels that were made, and those wholly outside. */
  copied: number;
  made: number;
  blank: number;
}

/** Finds or makes the blocks of a level, one by one. */
export class LevelMaker {
  readonly #work: LevelWork;
  readonly #level: LevelPlan;
  readonly #maker: BlockMaker;
  /** Whole when all blocks have been made. */
  readonly tables: LevelTables;
  readonly #maskShape: BlockShape;
  /** The marks of the source's mask, or of that of the level before. */
  readonly #maskFrom: BlockGrid | null;
  readonly #blanks = new Map<string, Promise<{ offset: number; count: number }>>();
  /** Of blocks that are being worked on. */
  readonly #spareMarks: Uint8Array[] = [];

  /** @param before the level of twice its size, of which it is made where the source has none like it. */
  constructor(work: LevelWork, level: LevelPlan, before: LevelTables | null) {
    this.#work = work;
    this.#level = level;
    const { like, source, columns, rows } = level;
    const { handles, plan, average } = work;
    this.#maskShape = maskShape(like);
    this.tables = {
      plan: level,
      blocks: emptyTable(columns * rows * like.planes),
      mask: plan.outside.mask ? emptyTable(columns * rows) : null,
      copied: 0,
      made: 0,
      blank: 0,
    };
    if (source) {
      this.#maskFrom = source.mask && maskGrid(handles, source.mask, source.mask.columns, source.mask.rows, tableOf(source.mask));
      this.#maker = like.compression === COMPRESSION.jpeg ? jpegMaker(handles, source) : cuttingMaker(handles, source, plan.outside);
      return;
    }
    if (!before) throw new Error('A level needs a source, or a level that it is made of.');
    const made: MadeLevel = {
      plan: before.plan,
      blocks: before.blocks,
      mask: before.mask && maskGrid(handles, maskShape(before.plan.like), before.plan.columns, before.plan.rows, before.mask),
    };
    this.#maskFrom = made.mask;
    this.#maker = halvingMaker(handles, made, plan.outside, average);
  }

  /** Of a block, unpacked. */
  get bytes(): number {
    return blockBytes(this.#level.like);
  }

  /** Of blocks, of one plane. */
  get count(): number {
    return this.#level.columns * this.#level.rows;
  }

  async makeBlock(block: number): Promise<void> {
    const { columns } = this.#level;
    const [column, row] = [block % columns, Math.floor(block / columns)];
    const { blockWidth, blockHeight } = this.#level.like;
    const window: Window = {
      x: column * blockWidth,
      y: row * blockHeight,
      width: Math.min(blockWidth, this.#level.width - column * blockWidth),
      height: Math.min(blockHeight, this.#level.height - row * blockHeight),
    };
    if (!this.#level.source) return this.#makeHalved(column, row, window);
    const marks = this.#spareMarks.pop() ?? new Uint8Array(blockWidth * blockHeight);
    const where = this.#markBlock(window, marks);
    if (where === 'outside') await this.#putBlank(column, row);
    else await this.#putKept(column, row, window, where === 'edge' ? marks : null);
    this.#spareMarks.push(marks);
  }

  /** Where the source's block that begins where the window does lies, with all its pixels, also those that the window leaves out. */
  #markBlock(window: Window, marks: Uint8Array): 'inside' | 'outside' | 'edge' {
    const { shift, like, source } = this.#level;
    const { coverage, source: full, plan } = this.#work;
    if (!source) return 'edge';
    const scale = 2 ** shift;
    const [x, y] = [plan.column + window.x * scale, plan.row + window.y * scale];
    const box = { width: Math.min(like.blockWidth * scale, full.width - x), height: Math.min(like.blockHeight * scale, full.height - y) };
    const where = coverage.classify(x, y, box.width, box.height);
    if (where !== 'edge') return where;
    const width = Math.min(like.blockWidth, source.image.width - source.x - window.x);
    const height = Math.min(like.blockHeight, source.image.height - source.y - window.y);
    const covered = coverage.mark(marks, like.blockWidth, source.x + window.x, source.y + window.y, width, height, shift);
    if (covered === 0) return 'outside';
    return covered === width * height ? 'inside' : 'edge';
  }

  async #putBlank(column: number, row: number): Promise<void> {
    const { columns, rows, like } = this.#level;
    const { blocks, mask } = this.tables;
    this.tables.blank++;
    const { offset, count } = await this.#once('image', () => this.#maker.blank());
    for (let plane = 0; plane < like.planes; plane++) put(blocks, (plane * rows + row) * columns + column, SPILL, offset, count);
    if (mask) await this.#putEvenMask(row * columns + column, 0);
  }

  /** @param marks null where the block lies inside. */
  async #putKept(column: number, row: number, window: Window, marks: Uint8Array | null): Promise<void> {
    const { columns, rows, like, source } = this.#level;
    if (!source) return;
    const { blocks } = this.tables;
    const { image } = source;
    const [left, top] = [source.x + window.x, source.y + window.y];
    const copied = marks === null && left % image.blockWidth === 0 && top % image.blockHeight === 0;
    if (copied) this.tables.copied++;
    else this.tables.made++;
    for (let plane = 0; plane < like.planes; plane++) {
      const block = (plane * rows + row) * columns + column;
      const from = (plane * image.rows + top / image.blockHeight) * image.columns + left / image.blockWidth;
      const count = copied ? (image.counts[from] ?? 0) : 0;
      if (count > 0) put(blocks, block, SOURCE, image.offsets[from] ?? 0, count);
      // What the source does not keep is as what lies outside.
      else if (copied) {
        const blank = await this.#once('image', () => this.#maker.blank());
        put(blocks, block, SPILL, blank.offset, blank.count);
      } else await this.#spill(blocks, block, await this.#maker.make(plane, window, marks));
    }
    await this.#putMask(row * columns + column, window, marks);
  }

  async #putMask(block: number, window: Window, marks: Uint8Array | null): Promise<void> {
    const { mask } = this.tables;
    const { source } = this.#level;
    if (!mask || !source) return;
    const [left, top] = [source.x + window.x, source.y + window.y];
    if (!source.mask || !this.#maskFrom) {
      if (marks) await this.#spill(mask, block, await packMask(marks, this.#maskShape));
      else await this.#putEvenMask(block, 1);
      return;
    }
    const from = marks === null ? copyableMask(source.mask, this.#maskShape, left, top) : -1;
    if (from >= 0) {
      put(mask, block, SOURCE, source.mask.offsets[from] ?? 0, source.mask.counts[from] ?? 0);
      return;
    }
    const { blockWidth, blockHeight } = this.#maskShape;
    const seen = new Uint8Array(blockWidth * blockHeight);
    await readWindow(this.#maskFrom, 0, { ...window, x: left, y: top }, seen, blockWidth);
    if (marks) for (let i = 0; i < seen.length; i++) seen[i] = (seen[i] ?? 0) & (marks[i] ?? 0);
    await this.#spill(mask, block, await packMask(seen, this.#maskShape));
  }

  async #makeHalved(column: number, row: number, window: Window): Promise<void> {
    const { columns, rows, like } = this.#level;
    const { blocks, mask } = this.tables;
    this.tables.made++;
    for (let plane = 0; plane < like.planes; plane++)
      await this.#spill(blocks, (plane * rows + row) * columns + column, await this.#maker.make(plane, window, null));
    if (!mask || !this.#maskFrom) return;
    const { blockWidth, blockHeight } = like;
    const from = new Uint8Array(4 * blockWidth * blockHeight);
    const twice = { x: 2 * window.x, y: 2 * window.y, width: 2 * window.width, height: 2 * window.height };
    await readWindow(this.#maskFrom, 0, twice, from, 2 * blockWidth);
    const marks = new Uint8Array(blockWidth * blockHeight);
    halveMarks(from, marks, blockWidth, blockHeight);
    await this.#spill(mask, row * columns + column, await packMask(marks, this.#maskShape));
  }

  async #putEvenMask(block: number, mark: 0 | 1): Promise<void> {
    const { mask } = this.tables;
    const { blockWidth, blockHeight } = this.#maskShape;
    const { offset, count } = await this.#once(`mask ${mark}`, () =>
      packMask(new Uint8Array(blockWidth * blockHeight).fill(mark), this.#maskShape),
    );
    if (mask) put(mask, block, SPILL, offset, count);
  }

  async #spill(table: BlockTable, block: number, bytes: Uint8Array): Promise<void> {
    const { offset, count } = await this.#keep(bytes);
    put(table, block, SPILL, offset, count);
  }

  /** Of blocks that are all alike one is kept, and written wherever it belongs. */
  #once(name: string, make: () => Promise<Uint8Array | null>): Promise<{ offset: number; count: number }> {
    const known = this.#blanks.get(name);
    if (known) return known;
    const made = make().then((bytes) => (bytes ? this.#keep(bytes) : { offset: 0, count: 0 }));
    this.#blanks.set(name, made);
    return made;
  }

  /** The bytes are used up. */
  async #keep(bytes: Uint8Array): Promise<{ offset: number; count: number }> {
    const count = bytes.length;
    const offset = await this.#work.spill.append(bytes);
    release(bytes);
    return { offset, count };
  }
}

/** The block of a mask that begins at a pixel, when it can be copied as it is; else -1. */
function copyableMask(mask: TiffImage, shape: BlockShape, left: number, top: number): number {
  const alike =
    mask.bits === shape.bits &&
    mask.compression === shape.compression &&
    mask.blockWidth === shape.blockWidth &&
    mask.blockHeight === shape.blockHeight;
  if (!alike || left % mask.blockWidth !== 0 || top % mask.blockHeight !== 0) return -1;
  const block = (top / mask.blockHeight) * mask.columns + left / mask.blockWidth;
  return (mask.counts[block] ?? 0) > 0 ? block : -1;
}

function maskGrid(handles: readonly Readable[], shape: BlockShape, columns: number, rows: number, table: BlockTable): BlockGrid {
  const { blockWidth, blockHeight } = shape;
  const recent = new Recent<Uint8Array | null>(Math.max(4, Math.floor(KEPT_MASK_BYTES / (blockWidth * blockHeight))));
  return {
    blockWidth,
    blockHeight,
    columns,
    rows,
    pixelBytes: 1,
    block: (column, row) => {
      const index = row * columns + column;
      return recent.get(index, async () => {
        const packed = await readBlock(handles, table, index);
        return packed && (await unpackMask(packed, shape));
      });
    },
  };
}
