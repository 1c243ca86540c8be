import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { tilesOf } from '../catalog/tiles.ts';
import { isOnMap, isRasterFormat } from '../formats/registry.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { estimateImage, estimatePaths } from '../pdf/estimate.ts';
import { type MapSketch, sketchMap } from '../pdf/sketch.ts';
import { estimateRaster, rasterSeconds } from '../raster/estimate.ts';
import { pixelsInside } from '../raster/share.ts';
import { sampleDeflated } from '../store/deflated.ts';
import { type DeflatedSample, FEATURES_FILE, type Profile } from '../store/profile.ts';
import { TILES_FILE } from '../store/rastertiles.ts';
import { FlatGeobufFile } from '../store/reader.ts';
import { isRaster } from '../store/versionprofile.ts';
import { estimateItem } from './estimate.ts';
import type { Findings } from './findings.ts';
import type { CheckContext, CheckedItem } from './items.ts';
import { multiplierOf } from './options.ts';
import { shareInside } from './share.ts';

interface Estimating {
  crs: string | null;
  extent: MultiPolygon | null;
  options: Readonly<Record<string, unknown>>;
  map: RequestedMap | null;
  findings: Findings;
  context: CheckContext;
}

/** The map of a request. */
interface RequestedMap {
  sketch: MapSketch;
  /** Layers of features on it. */
  layers: number;
}

/** The map that items are on together; null where none is on one. */
export function mapOf(
  items: readonly CheckedItem[],
  area: MultiPolygon | null,
  options: Readonly<Record<string, unknown>>,
): RequestedMap | null {
  const profiles = items.flatMap(({ format, version }) => (format && version && isOnMap(format) ? [version.profile] : []));
  const extents = profiles.flatMap(({ extent_wgs84: extent }) => (extent ? [extent] : []));
  if (extents.length === 0) return null;
  return { sketch: sketchMap(extents, area, options), layers: profiles.filter((profile) => !isRaster(profile)).length };
}

const OUTSIDE = 'Nothing of this layer lies within the extent. Leave the item out, or choose another extent.';

/** Fills in an item's size, and finds out whether the extent leaves anything of it. */
export async function estimate(
  item: CheckedItem,
  index: number,
  { crs, extent, options, map, findings, context }: Estimating,
): Promise<void> {
  if (!item.version) return;
  const { content, profile } = item.version;
  if (isRaster(profile)) {
    const tiles = await tilesOf(await context.versions.open(content, [TILES_FILE]));
    const share = await pixelsInside(extent, profile, item.tile === null ? tiles : tiles.filter(({ id }) => id === item.tile));
    if (!share) findings.addToItem(index, 'outside-extent', '.item', OUTSIDE);
    else if (item.format && isRasterFormat(item.format)) {
      const { raster: writer, fixedCrs } = item.format;
      const multiplier = multiplierOf(options);
      const moves = (fixedCrs ?? crs ?? profile.crs.id) !== profile.crs.id;
      const bytes = estimateRaster(profile, writer, share, { multiplier, moves });
      item.sizeEstimate = bytes;
      item.seconds = rasterSeconds(profile, writer, share, { multiplier, moves, crops: extent !== null, bytes });
    } else if (map) item.sizeEstimate = estimateImage(profile, map.sketch);
    return;
  }
  const open = () => context.versions.open(content, [FEATURES_FILE]);
  const share = extent && profile.kind === 'vector' ? await shareInside(extent, profile, await open()) : null;
  if (extent && profile.kind === 'vector' && share === null) {
    findings.addToItem(index, 'outside-extent', '.item', OUTSIDE);
    return;
  }
  if (map && item.format && isOnMap(item.format)) {
    item.sizeEstimate = await pathsOf(content, await open(), profile, share?.vertices ?? profile.vertex_count, map);
    return;
  }
  const written = item.format?.fixedCrs ?? crs ?? profile.crs?.id;
  const deflated = profile.deflated ?? (await deflatedSample(content, await open(), profile));
  item.sizeEstimate = estimateItem(profile, item.format, { share, moved: written !== profile.crs?.id, deflated });
}

/** Estimates that are remembered: people validate before they create, and change other things meanwhile. */
const drawn = new LRUCache<string, Promise<number>>({ max: 500 });

function pathsOf(content: string, dir: string, profile: Profile, vertices: number, { sketch, layers }: RequestedMap): Promise<number> {
  const key = JSON.stringify([content, vertices, layers, sketch]);
  const known = drawn.get(key);
  if (known) return known;
  const bytes = FlatGeobufFile.open(join(dir, FEATURES_FILE)).then((file) =>
    estimatePaths(file, profile, vertices, layers, sketch).finally(() => file.close()),
  );
  drawn.set(key, bytes);
  bytes.catch(() => drawn.delete(key));
  return bytes;
}

/** Samples of versions that were published without one. */
const samples = new LRUCache<string, Promise<DeflatedSample>>({ max: 5000 });

function deflatedSample(content: string, dir: string, profile: Profile): Promise<DeflatedSample> {
  const known = samples.get(content);
  if (known) return known;
  const sample = FlatGeobufFile.open(join(dir, FEATURES_FILE)).then((file) => sampleDeflated(file, profile).finally(() => file.close()));
  samples.set(content, sample);
  sample.catch(() => samples.delete(content));
  return sample;
}
