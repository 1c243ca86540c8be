import { deflateRawSync } from 'node:zlib';
import type { Bounds } from '../geometry/bounds.ts';
import type { ByteBuffer } from '../store/bytes.ts';
import { sampleRuns } from '../store/deflated.ts';
import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import type { Profile } from '../store/profile.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { FlatGeobufFile } from '../store/reader.ts';
import { positionsOf } from '../store/thin.ts';
import { positionsAllowed } from './detail.ts';
import { Painter } from './painter.ts';
import { paintLayout } from './paintlayout.ts';
import { DEGREE, type MapSketch, metresOf, widthOf } from './sketch.ts';
import { COVERED, TINT_BYTES, tintSize } from './tint.ts';
import type { VectorPaint } from './view.ts';

/** Fonts, and what frames a map: of all its layers together. */
export const PAGE_BYTES = 27_000;
/**
 * Bytes of a pixel of the map that is as large as one of the layer, and to which power of their sizes it falls where the layer's are larger: JPEG of
 * imagery and of shaded grids, deflated classes. Measured by `npm run bench -- estimates`.
 */
const PIXELS = {
  raster: { bytes: 0.16, power: 0.5 },
  grid: { bytes: 0.12, power: 0.1 },
  rat: { bytes: 0.06, power: 0.5 },
} as const;
const MOST_IMAGES = 70_000_000;

/** About how many bytes a layer of pixels has in a map. */
export function estimateImage({ kind, extent, extent_wgs84, resolution }: RasterProfile, sketch: MapSketch): number {
  const shown = common(extent_wgs84, sketch.degrees);
  if (!shown) return 0;
  const [width, height] = metresOf(shown);
  const pixelsPerMetre = (sketch.pointsPerMetre * sketch.dpi) / 72;
  const own = (resolution[1] * metresOf(extent_wgs84)[1]) / (extent[3] - extent[1]);
  const { bytes, power } = PIXELS[kind];
  const each = bytes * Math.min(1, 1 / (own * pixelsPerMetre)) ** power;
  return Math.ceil(Math.min(MOST_IMAGES, width * height * pixelsPerMetre ** 2 * each));
}

/** What both have in common, on whatever turn each is; null where that is nothing. */
function common(one: Bounds, other: Bounds): Bounds | null {
  const all = [-360, 0, 360].map((turn): Bounds => {
    const [west, east] = [Math.max(one[0] + turn, other[0]), Math.min(one[2] + turn, other[2])];
    return [west, Math.max(one[1], other[1]), east, Math.min(one[3], other[3])];
  });
  const widest = all.reduce((best, box) => (box[2] - box[0] > best[2] - best[0] ? box : best));
  return widest[2] > widest[0] && widest[3] > widest[1] ? widest : null;
}

/** Bytes of features that are painted to see what they become. */
const SAMPLE_BYTES = 1 << 18;
/** Countries differ from each other more than parcels do. */
const RUNS = 16;
/** Positions of one of them that are painted. */
const POSITIONS = 1 << 14;
const LEVEL = 6;

/**
 * About how many bytes a layer of features has in a map: some of them are painted as the map would paint them.
 * @param vertices that the map shows.
 * @param layers of features on the map.
 */
export async function estimatePaths(
  file: FlatGeobufFile,
  { crs, extent, extent_wgs84 }: Pick<Profile, 'crs' | 'extent' | 'extent_wgs84'>,
  vertices: number,
  layers: number,
  { frame, degrees, pointsPerMetre }: MapSketch,
): Promise<number> {
  if (!extent || !extent_wgs84) return 0;
  const isGeographic = crs?.wkt.startsWith('GEOG') ?? false;
  // Degrees are as wide as in the middle of the map; x and y then have one scale.
  const narrow = isGeographic ? widthOf((degrees[1] + degrees[3]) / 2) : 1;
  const unit = isGeographic ? DEGREE : metresOf(extent_wgs84)[1] / Math.max(extent[3] - extent[1], 1e-9);
  const scale = Math.max(pointsPerMetre * unit, 1e-12);
  const view = { frame, bounds: [0, 0, frame.width / scale, frame.height / scale] as const, scale, period: null };
  const paint: VectorPaint = { view, color: '#4477aa', outline: '#335577', most: positionsAllowed(layers) };
  const painter = new Painter(paint);
  const geometries: Geometry[] = [];
  let sampled = 0;
  for await (const run of sampleRuns(file, SAMPLE_BYTES, RUNS, false)) {
    const plain = run.flatMap((feature) => {
      const geometry = feature.geometry(POSITIONS);
      return geometry && geometry.type !== 'GeometryCollection' ? [geometry] : [];
    });
    geometries.push(...intoMiddle(plain, view.bounds, narrow));
    for (const geometry of plain) sampled += positionsOf(geometry);
  }
  if (sampled === 0) return 0;
  const times = vertices / sampled;
  const shape = new FlatGeometry();
  const each = (work: (shape: FlatGeometry) => void) => {
    for (const geometry of geometries) {
      shape.set(geometry);
      work(shape);
    }
  };
  each((one) => painter.measure(one));
  const { figures } = painter.measured();
  const { batches } = paintLayout(paint, [{ figures: figures.map((figure) => figure * times) }]);
  painter.begin(batches?.[0]?.start ?? []);
  each((one) => painter.write(one));
  const [tint, ...paths] = painter.end();
  const bytes = paths.reduce((sum, stream) => sum + deflateRawSync(stream.take(), { level: LEVEL }).length, 0);
  const [columns, rows] = tintSize(frame);
  return Math.ceil(bytes * times + Math.min(columns * rows, tint ? covered(tint) * times : 0) * TINTED);
}

/** Bytes of a tinted square in a map. */
const TINTED = 0.9;

/** How many squares features that are too small cover. */
function covered(tint: ByteBuffer): number {
  let sum = 0;
  for (let at = 0; at < tint.length; at += TINT_BYTES) sum += tint.view.getUint32(at + 4, true);
  return sum / COVERED;
}

/** A run of neighbours in the middle of the map, where coordinates have as many digits as they will have, and made narrower. */
function intoMiddle(run: readonly Geometry[], [, , width, height]: Bounds, narrow: number): Geometry[] {
  const [first] = run;
  if (!first) return [];
  const [left = 0, bottom = 0] = first.xy.length > 0 ? first.xy : (first.parts[0]?.xy ?? []);
  const moved = (geometry: Geometry): Geometry => {
    const xy = Float64Array.from(geometry.xy, (value, i) =>
      i % 2 === 0 ? (value - left) * narrow + width / 2 : value - bottom + height / 2,
    );
    return { ...geometry, xy, parts: geometry.parts.map(moved) };
  };
  return run.map(moved);
}
