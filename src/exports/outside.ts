import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BoxClassifier } from '../geometry/classify.ts';
import { type Geos, loadGeos } from '../geometry/geos.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Geometry } from '../store/feature.ts';
import type { Profile } from '../store/profile.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { walkTree } from '../store/rtree.ts';
import { dimensionOf, keepDimension } from '../store/shape.ts';
import { fromWkb, toWkb } from '../store/wkb.ts';
import { cropFor } from '../vector/crop.ts';

/** Answers that are remembered: people validate before they create, and change other things meanwhile. */
const REMEMBERED = 200;
const remembered = new Map<string, Promise<number>>();

/**
 * How much of a layer lies in an area: the share of its features, 0..1. 0 means that a crop to the area would be empty, and nothing else does;
 * what merely touches the area is not in it. Other shares are near enough to estimate sizes with.
 * @param area polygons in degrees.
 * @param versionDir the version's folder in the store.
 */
export function shareInside(area: MultiPolygon, profile: Profile, versionDir: string): Promise<number> {
  const key = createHash('sha256').update(JSON.stringify(area)).update(versionDir).digest('hex');
  const known = remembered.get(key);
  if (known) return known;
  const share = measureShare(area, profile, versionDir);
  remembered.set(key, share);
  share.catch(() => remembered.delete(key));
  for (const oldest of remembered.keys()) {
    if (remembered.size <= REMEMBERED) break;
    remembered.delete(oldest);
  }
  return share;
}

async function measureShare(area: MultiPolygon, profile: Profile, versionDir: string): Promise<number> {
  const crop = await cropFor(area, profile);
  if (!crop) return 0;
  const classifier = new BoxClassifier(crop);
  const file = await FlatGeobufFile.open(join(versionDir, 'features.fgb'));
  try {
    const visit = (minX: number, minY: number, maxX: number, maxY: number) => VISITS[classifier.classify(minX, minY, maxX, maxY)];
    let inside = 0;
    const open: { index: number; offset: number }[] = [];
    for (const { from, to, taken, offset } of walkTree(file.tree, visit)) {
      if (taken) inside += to - from;
      else open.push({ index: from, offset });
    }
    const count = Math.max(1, profile.feature_count);
    if (inside > 0) return Math.min(1, (inside + open.length / 2) / count);
    return (await anyInside(open, file, crop)) ? open.length / 2 / count : 0;
  } finally {
    await file.close();
  }
}

const VISITS = { inside: 'take', outside: 'skip', edge: 'look' } as const;

/** Whether a crop leaves anything of one of some features whose boxes meet its edge. */
async function anyInside(
  features: readonly { index: number; offset: number }[],
  file: FlatGeobufFile,
  crop: MultiPolygon,
): Promise<boolean> {
  if (features.length === 0) return false;
  const geos = await loadGeos();
  using area = geos.fromPolygons(crop);
  for (const { index, offset } of features) {
    const geometry = (await file.feature(index, offset)).geometry();
    if (geometry && leavesSomething(geos, geometry, area)) return true;
  }
  return false;
}

function leavesSomething(geos: Geos, geometry: Geometry, area: ReturnType<Geos['fromWkb']>): boolean {
  if (geometry.type === 'GeometryCollection') return geometry.parts.some((part) => leavesSomething(geos, part, area));
  using feature = geos.fromWkb(toWkb(geometry));
  if (!feature.intersects(area)) return false;
  using cut = feature.intersection(area);
  return keepDimension(fromWkb(cut.toWkb()), dimensionOf(geometry.type)) !== null;
}
