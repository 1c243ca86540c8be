import { openFeed } from '../vector/feed.ts';
import { type ItemRequest, type ItemResult, writeItem } from '../vector/item.ts';

/**
 * Writes a table version in a format. Tables are never cropped and have no CRS.
 * @throws {ExportFailure | GdalError} when it cannot be written; the signal's reason when cancelled.
 */
export async function exportTable(item: ItemRequest): Promise<ItemResult> {
  const { source, signal, tempDir } = item;
  const feed = await openFeed({ source, crop: null, targetCrs: null, tempDir, signal, onProgress: () => {} });
  return writeItem(item, feed, []);
}
