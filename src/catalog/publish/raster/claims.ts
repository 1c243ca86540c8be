import { open } from 'node:fs/promises';
import type { GdalRaster } from '../../../gdal/describeraster.ts';

/** GDAL's metadata stands behind the first directory of a Cloud Optimized GeoTIFF, before the others and all blocks. Bytes that are looked at. */
const HEAD = 1 << 20;
const METADATA = /<GDALMetadata>[\s\S]*?<\/GDALMetadata>/;
const STATISTICS = /<Item name="STATISTICS_[^>]*>[^<]*<\/Item>/g;

/** Whether a raster brings along statistics of its bands, which may be right or wrong. */
export function claimsStatistics({ bands }: GdalRaster): boolean {
  return bands.some(({ metadata }) => Object.keys(metadata).some((name) => name.startsWith('STATISTICS_')));
}

/** Overwrites the statistics that a Cloud Optimized GeoTIFF has from its source with spaces: nothing in the file moves. */
export async function dropStatistics(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    const found = METADATA.exec(head);
    if (!found) return;
    const blank = found[0].replace(STATISTICS, (item) => ' '.repeat(item.length));
    await file.write(Buffer.from(blank, 'latin1'), 0, blank.length, found.index);
  } finally {
    await file.close();
  }
}
