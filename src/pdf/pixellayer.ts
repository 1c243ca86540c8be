import type { RasterProfile } from '../store/rasterprofile.ts';
import type { LayerSymbol, MapItem, PaintedLayer, Painting } from './layer.ts';

export async function paintPixels(_item: MapItem, _profile: RasterProfile, _painting: Painting): Promise<PaintedLayer> {
  throw new Error('to come');
}

export function expectedPixels(_profile: RasterProfile): LayerSymbol {
  return { kind: 'imagery' };
}
