import { join } from 'node:path';
import { cropFor } from '../crs/crop.ts';
import { polygonBounds } from '../geometry/bounds.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import { FEATURES_FILE, type Profile } from '../store/profile.ts';
import { exportVector } from '../vector/export.ts';
import { positionsAllowed } from './detail.ts';
import type { MapItem, PaintedLayer, Painting } from './layer.ts';
import { outlineOpacity, type PARTS, PATHS, type PolygonStyle } from './layerstyle.ts';
import { tintImage } from './tintimage.ts';

/**
 * Paints a layer of features: the vector engine picks, cuts and transforms them, and its threads write them as paths.
 * @param color `#RRGGBB`
 * @param polygons how they are filled and outlined.
 * @param layers how many there are on the map, which share what it may hold.
 * @throws {ExportFailure | GdalError} when it cannot be painted; the signal's reason when cancelled.
 */
export async function paintVector(
  item: MapItem,
  profile: Profile,
  { view, extent, crs, format, outDir, tempDir, crew, signal, onProgress }: Painting,
  color: string,
  polygons: PolygonStyle,
  layers: number,
): Promise<PaintedLayer> {
  const crop = extent.area ? ((await cropFor(extent.area, profile, { signal })) ?? []) : null;
  const size = shownSize(profile, crop);
  const { width, height } = view.frame;
  const { files, featureCount, droppedCount, warnings } = await exportVector({
    // A map shows no attributes, and nobody misses them in it.
    source: { path: join(item.versionDir, FEATURES_FILE), profile: { ...profile, fields: [] } },
    publishedAt: item.publishedAt,
    format,
    color,
    name: 'layer',
    ...(size > 0 ? { longestEdge: size / PARTS_OF_EDGES, tolerance: (size / Math.max(width, height)) * UNSEEN } : {}),
    paint: { view, color, outline: polygons.outline, most: positionsAllowed(layers) },
    crop,
    targetCrs: crs,
    outDir,
    tempDir,
    crew,
    signal,
    onProgress,
  });
  const contentOf = (part: (typeof PARTS)[number]) => {
    const content = files.find(({ name }) => name === part)?.content;
    return content === undefined || typeof content === 'string' ? [] : [content];
  };
  const [tint] = contentOf('tint');
  const image = tint ? await tintImage(tint.path, view, color, polygons, outDir, signal) : null;
  const opacities = { fill: polygons.opacity, stroke: outlineOpacity(view, featureCount) };
  return {
    paths: PATHS.flatMap((part) =>
      contentOf(part).map((content) => ({ content, opacity: part === 'polygons' ? opacities : { fill: 1, stroke: 1 } })),
    ),
    images: image ? [image] : [],
    symbol: { kind: 'vector', color, polygons, dimensions: dimensionsOf(profile) },
    warnings,
    isEmpty: featureCount === 0,
    content: { featureCount, droppedCount },
  };
}

/** The kinds of geometry that a layer has, in the order in which they are drawn. */
export function dimensionsOf({ geometry_types: types }: Profile): ('points' | 'lines' | 'polygons')[] {
  const any = types.GeometryCollection ? (['polygons', 'lines', 'points'] as const) : [];
  const found = [
    ...(types.Polygon || types.MultiPolygon ? (['polygons'] as const) : []),
    ...(types.LineString || types.MultiLineString ? (['lines'] as const) : []),
    ...(types.Point || types.MultiPoint ? (['points'] as const) : []),
  ];
  return found.length > 0 ? found : [...any];
}

/** Parts of what is shown that edges are cut into, so that they bend where the projection bends them. */
const PARTS_OF_EDGES = 150;
/** What outlines of very many positions may move by, in points: less than what the finest detail leaves out. */
const UNSEEN = 0.02;

/** The longer side of what is shown of a layer, in its units; 0 where that is not known. */
function shownSize({ extent }: Profile, crop: MultiPolygon | null): number {
  const [west, south, east, north] = extent ?? [0, 0, 0, 0];
  if (!crop || crop.length === 0) return Math.max(east - west, north - south);
  const [left, bottom, right, top] = polygonBounds(crop);
  return Math.max(right - left, top - bottom);
}
