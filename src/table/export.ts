import { type ItemRequest, type ItemResult, writeItem } from '../vector/item.ts';

/**
 * Writes a table version in a format. Tables are never cropped and have no CRS.
 * @throws {ExportFailure | GdalError} when it cannot be written; the signal's reason when cancelled.
 */
export async function exportTable(item: ItemRequest): Promise<ItemResult> {
  const picking = { path: item.source.path, crop: null, model: null, limit: Number.POSITIVE_INFINITY };
  return writeItem(item, { picking, crs: null, isCut: false, dropped: 0, uncut: 0 }, []);
}
