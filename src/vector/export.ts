import { type MultiPolygonCoordinates, openFeed } from './feed.ts';
import { type ItemRequest, type ItemResult, writeItem } from './item.ts';

export interface ItemExport extends ItemRequest {
  /** In the layer's own CRS; null takes all of the layer. */
  crop: MultiPolygonCoordinates | null;
  /** `EPSG:n`; null keeps the layer's own. */
  targetCrs: string | null;
}

/**
 * Writes a layer version, cropped and reprojected, in a format.
 * @throws {ExportFailure | GdalError} when it cannot be written; the signal's reason when cancelled.
 */
export async function exportVector(item: ItemExport): Promise<ItemResult> {
  const { format, source } = item;
  const { fixedCrs } = format;
  const { carriesStyle } = format.writer;
  const warnings: string[] = [];
  if (item.color && !carriesStyle) warnings.push(`${format.displayName} carries no style, so the colour ${item.color} was not used.`);
  if (item.crop && source.profile.has_m) warnings.push('Measures (M values) may be lost where features are cut at the area’s edge.');
  const feed = await openFeed({
    source,
    crop: item.crop,
    targetCrs: fixedCrs ?? item.targetCrs,
    tempDir: item.tempDir,
    signal: item.signal,
    onProgress: (fraction) => item.onProgress('crop', fraction),
  });
  return writeItem(item, feed, warnings);
}
