import { join } from 'node:path';
import type { Bounds } from '../geometry/bounds.ts';
import { FEATURES_FILE, type Profile } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { walkTree } from '../store/rtree.ts';

/** Of the layer's extent: a part that is no wider and no higher is looked at no closer. */
const FINE = 1 / 32;
/** Parts of a layer: where there are more, such as of many large features, there is little to be gained. */
const MOST_PARTS = 5000;

/**
 * Boxes that a layer of features lies in, by its index: most layers leave much of their extent free.
 * @returns in the layer's CRS; null where only the extent is known.
 */
export async function partsOf(versionDir: string, { extent }: Pick<Profile, 'extent'>): Promise<Bounds[] | null> {
  if (!extent) return null;
  const [wide, high] = [(extent[2] - extent[0]) * FINE, (extent[3] - extent[1]) * FINE];
  const file = await FlatGeobufFile.open(join(versionDir, FEATURES_FILE));
  try {
    const parts: Bounds[] = [];
    let last = extent;
    const features = walkTree(file.tree, (...box) => {
      const [minX, minY, maxX, maxY] = box;
      if (!(minX <= maxX) || parts.length > MOST_PARTS) return 'skip';
      last = box;
      if (maxX - minX > wide || maxY - minY > high) return 'look';
      parts.push(box);
      return 'skip';
    });
    // A feature is given right after its box was seen.
    for (const _ of features) parts.push(last);
    return parts.length > 0 && parts.length <= MOST_PARTS ? parts : null;
  } finally {
    await file.close();
  }
}
