import type { MultiPolygon } from '../geometry/polygons.ts';
import type { ProfileCrs } from '../store/profile.ts';
import { type ItemRequest, type ItemResult, writeItem } from './item.ts';
import { prepare } from './reproject.ts';

export interface ItemExport extends ItemRequest {
  /** In the layer's own CRS; null takes all of the layer. */
  crop: MultiPolygon | null;
  /** `EPSG:n`, or a CRS by its definition; null keeps the layer's own. */
  targetCrs: string | ProfileCrs | null;
  /** Edges longer than this, in the layer's units, bend as the CRS of the output bends them; all stay straight unless told. */
  longestEdge?: number;
  /** Large features come piece by piece, and their longest rings may move by about so much, in the layer's units; all are whole unless told. */
  tolerance?: number;
}

/**
 * Writes a layer version, cropped and reprojected, in a format.
 * @throws {ExportFailure | GdalError} when it cannot be written; the signal's reason when cancelled.
 */
export async function exportVector(item: ItemExport): Promise<ItemResult> {
  const { format, source, crop, tempDir, signal } = item;
  const { fixedCrs } = format;
  const { carriesStyle } = format.writer;
  const warnings: string[] = [];
  if (item.color && !carriesStyle) warnings.push(`${format.displayName} carries no style, so the colour ${item.color} was not used.`);
  const prepared = await prepare({
    source,
    crop,
    targetCrs: fixedCrs ?? item.targetCrs,
    longestEdge: item.longestEdge,
    tolerance: item.tolerance,
    tempDir,
    signal,
    onProgress: (fraction) => item.onProgress('crop', fraction),
  });
  return writeItem(item, prepared, warnings);
}
