import { availableParallelism } from 'node:os';
import { LevelMaker, type LevelTables, type LevelWork } from './level.ts';

/** Blocks that are worked on at once: enough that every core is busy, few enough that large ones fit in memory. */
const MOST_AT_ONCE = availableParallelism() + 6;
const BYTES_AT_ONCE = 64 << 20;

/** Finds or makes the blocks of all levels, from the full image to the smallest overview. */
export async function makeLevels(work: LevelWork): Promise<LevelTables[]> {
  const { levels } = work.plan;
  const makers = levels.map((level) => (level.source ? new LevelMaker(work, level, null) : null));
  // Those that the source has are made at once, so that no core waits for the last blocks of each.
  await makeBlocks(
    work,
    makers.filter((maker) => maker !== null),
  );
  const tables: LevelTables[] = [];
  for (const [index, level] of levels.entries()) {
    let maker = makers[index];
    if (!maker) {
      maker = new LevelMaker(work, level, tables.at(-1) ?? null);
      await makeBlocks(work, [maker]);
    }
    tables.push(maker.tables);
  }
  return tables;
}

async function makeBlocks({ signal, onBlock }: LevelWork, makers: readonly LevelMaker[]): Promise<void> {
  const largest = Math.max(1, ...makers.map(({ bytes }) => bytes));
  const atOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(BYTES_AT_ONCE / (4 * largest))));
  const queue = blocksOf(makers);
  const worker = async () => {
    // All take from the same queue, which a failure closes.
    for (const { maker, block } of queue) {
      signal?.throwIfAborted();
      await maker.makeBlock(block);
      onBlock();
    }
  };
  // All end before the files are closed.
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function* blocksOf(makers: readonly LevelMaker[]): Generator<{ maker: LevelMaker; block: number }> {
  for (const maker of makers) for (let block = 0; block < maker.count; block++) yield { maker, block };
}
