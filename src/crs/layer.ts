import { isCurrent, modelTransform, positions, type TransformModel } from './model.ts';
import { transformPoints } from './transform.ts';
import { cropWindow } from './window.ts';
import type { HorizontalCrs } from './wkt.ts';

type Bounds = readonly [number, number, number, number];

/** Where a layer is, as its profile says it. */
export interface Whereabouts {
  crs: { id: string | null; wkt: string } | null;
  /** In the CRS's own units. */
  extent: Bounds | null;
  extent_wgs84: Bounds | null;
  /** Made when the layer was published; null where there is none, absent where nobody looked. */
  transform?: TransformModel | null;
}

/** Gives x and y of each point from longitude and latitude; NaN twice where there is no place for it. */
type Way = (lonLat: Float64Array) => Promise<Float64Array>;

const WGS84 = 'EPSG:4326';
/** How far a point may be from where PROJ puts it, in metres. */
const TOLERANCE_METRES = 1e-3;
/** The same in degrees, for CRSs without metres: about a millimetre. */
const TOLERANCE_DEGREES = 1e-8;
/** PROJ puts places that a projection cannot hold this far out, in metres. */
const FARTHEST = 2e8;

/** A millimetre, in the CRS's units. */
export function toleranceOf({ geographic, metresPerUnit }: HorizontalCrs): number {
  return geographic ? TOLERANCE_DEGREES : TOLERANCE_METRES / metresPerUnit;
}

/** Coordinates at or past it are no place, in the CRS's units. */
export function limitOf({ geographic, metresPerUnit }: HorizontalCrs): number {
  return geographic ? Number.POSITIVE_INFINITY : FARTHEST / metresPerUnit;
}

/**
 * A model of the way from WGS 84 to a layer's CRS, for the places where the layer can be.
 * @returns null where PROJ itself must go it, and where there is none to go.
 */
export async function layerModel({ crs, extent, extent_wgs84 }: Whereabouts, signal?: AbortSignal): Promise<TransformModel | null> {
  if (!crs || !extent || !extent_wgs84 || crs.id === WGS84) return null;
  const { horizontal, degrees, window } = cropWindow(crs.wkt, extent, extent_wgs84);
  const rules = { tolerance: toleranceOf(horizontal), limit: limitOf(horizontal), turn: degrees ? horizontal.turn : null };
  return modelTransform(crs.id ?? crs.wkt, window, rules, signal);
}

/** Models of layers that were published without one, or beside another PROJ. */
const models = new Map<string, Promise<TransformModel | null>>();
const MODELS_KEPT = 5000;

/** The way from WGS 84 to a layer's CRS: in this process where that was found to be PROJ's own to a millimetre, else PROJ. */
export async function wayTo(layer: Whereabouts, signal: AbortSignal | undefined): Promise<Way> {
  const to = layer.crs?.id ?? layer.crs?.wkt ?? WGS84;
  const kept = layer.transform && isCurrent(layer.transform) && coversWindow(layer.transform, layer) ? layer.transform : null;
  const model = kept ?? (layer.transform === null ? null : await knownModel(`${to} ${layer.extent} ${layer.extent_wgs84}`, layer));
  const inProcess = model && positions(model);
  if (inProcess) return async (lonLat) => inProcess(lonLat);
  return (lonLat) => transformPoints(lonLat, WGS84, to, signal);
}

/** Whether a model was judged on all of the window that the layer has now. */
function coversWindow({ window }: TransformModel, { crs, extent, extent_wgs84 }: Whereabouts): boolean {
  if (!crs || !extent || !extent_wgs84) return false;
  const [west, south, east, north] = cropWindow(crs.wkt, extent, extent_wgs84).window;
  return window[0] <= west && window[1] <= south && window[2] >= east && window[3] >= north;
}

function knownModel(key: string, layer: Whereabouts): Promise<TransformModel | null> {
  const known = models.get(key);
  if (known) return known;
  if (models.size >= MODELS_KEPT) models.clear();
  const model = layerModel(layer);
  models.set(key, model);
  model.catch(() => models.delete(key));
  return model;
}
