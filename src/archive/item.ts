import type { ReadyContent } from './ready.ts';

/** One item of an export as it was written, with its files still outside the archive. */
export interface ArchiveItem {
  title: string;
  type: 'layer' | 'table';
  id: number;
  versionId: number;
  publishedAt: Date;
  /** Of the version; null when the site's public address is not known. */
  url: string | null;
  /** What it was written as. */
  formatName: string;
  mimetype: string;
  crs: { id: string | null; name: string } | null;
  content: FeatureContent | RasterContent;
  license: { type: string; version: string; title: string; url: string | null; text: string } | null;
  metadataXml: string | null;
  /** Those that are called something else now. */
  fields: { from: string; to: string; reason: string }[];
  warnings: string[];
  /** By their names in the item's folder, with `/`; each in a file outside: its path, or what is known of it. */
  files: { name: string; content: string | ReadyContent }[];
  /** Names of files at the top of the archive that hold it together with other items. */
  sharedFiles?: readonly string[];
}

/** What an item of features or rows holds. */
interface FeatureContent {
  featureCount: number;
  /** Features that were asked for and that the format or the CRS could not hold. */
  droppedCount: number;
}

/** What an item of pixels holds. */
interface RasterContent {
  /** Width and height of a pixel, in the units of the CRS. */
  resolution: [number, number];
  bands: { type: string; description: string }[];
  /** Files that are images. */
  images: number;
  /** The one tile that it is; null for all. */
  tile: string | null;
}

/** An item with the names that it has in the archive. */
export interface PlannedItem {
  item: ArchiveItem;
  folder: string;
  /** `content` is the path of a file, or what the file holds. Sizes in bytes. */
  files: { entry: string; content: string | Buffer | ReadyContent; size: number }[];
}
