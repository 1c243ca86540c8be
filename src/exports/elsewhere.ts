import type { ArchiveItem } from '../archive/item.ts';
import type { PiecePlace } from '../raster/plan.ts';

/** A part of an archive that another process can make: an item, or of a raster one of its files and those beside it. */
export interface Unit {
  /** Its place in the request. */
  item: number;
  /** Which of the raster's files; null: all of the item. */
  piece: PiecePlace | null;
}

/** A unit, and those files of the item's version that it is made from; null: all that the request needs of it. */
export interface OfferedUnit extends Unit {
  sources: string[] | null;
}

/** What is told of an item beside its files. */
export type ItemTold = Pick<ArchiveItem, 'crs' | 'content' | 'fields' | 'warnings'>;

/** What was made of a unit. */
export interface UnitMade {
  files: ArchiveItem['files'];
  /** Null for a piece. */
  told: ItemTold | null;
}

/** Other processes, as whoever makes an archive knows them: they may make some of its units. */
export interface Elsewhere {
  /** From now on others may take these units. */
  offer(units: readonly OfferedUnit[]): Promise<void>;
  /** Whether an offered unit is to be made here; false: somebody else has it. From then on nobody else takes it. */
  keep(unit: Unit): Promise<boolean>;
  /** What somebody else has made of a unit, once its files are here; null: nothing, so that it is to be made here. */
  made(unit: Unit): Promise<UnitMade | null>;
}
