import type { Block } from './legend.ts';

/** Blocks in columns, as far as there is room. */
export interface Flow {
  columns: Block[][];
  /** So many of the blocks have a place; the others go elsewhere. */
  placed: number;
}

/** Puts blocks one below the other into columns of a height. One that is higher than a column gets one for itself. */
export function flow(blocks: readonly Block[], height: number, columns: number): Flow {
  const made: Block[][] = [];
  let left = 0;
  let placed = 0;
  for (const block of blocks) {
    if (made.length === 0 || block.height > left + 1e-6) {
      if (made.length === columns || (block.height > height + 1e-6 && made.length > 0)) break;
      made.push([]);
      left = height;
    }
    made.at(-1)?.push(block);
    left -= block.height;
    placed++;
  }
  return { columns: made, placed };
}

/** The least height of so many columns in which all blocks have room. */
export function heightFor(blocks: readonly Block[], columns: number): number {
  const total = blocks.reduce((sum, { height }) => sum + height, 0);
  const tallest = blocks.reduce((most, { height }) => Math.max(most, height), 0);
  let height = Math.max(tallest, total / columns);
  // Where a column ends early, the others become higher by no more than a block each time.
  for (let tries = 0; tries < 100 && flow(blocks, height, columns).placed < blocks.length; tries++) height += Math.max(1, tallest / 4);
  return height;
}
