import { lookupCrs } from '../crs/epsg.ts';
import { multiplierOf } from './options.ts';
import type { ExportRequest } from './requested.ts';

/** A request as it stands in an archive's manifest: ids and versions in place of addresses, which change with the site's. */
export function requestForManifest({ crs, formats, items, extent, options }: ExportRequest): object {
  return {
    crs,
    formats,
    items: items.map(({ type, dataset, version, color, tile }) => ({
      type,
      id: dataset,
      version,
      ...(color === null ? {} : { color }),
      ...(tile == null ? {} : { tile_id: tile }),
    })),
    extent: extent && ('geometry' in extent ? extent.geometry : { crop_layer: extent.cropLayer, crop_feature: extent.cropFeature }),
    options,
  };
}

/** A request as sentences for an archive's README. */
export function requestInWords({ crs, items, extent, options }: ExportRequest, cropFeatureName: string | null): string[] {
  const layers = items.filter((item) => item.type === 'layer').length;
  const tables = items.length - layers;
  const counted = (count: number, noun: string) => (count === 0 ? [] : [`${count} ${noun}${count === 1 ? '' : 's'}`]);
  const sentences = [`${[...counted(layers, 'layer'), ...counted(tables, 'table')].join(' and ')}.`];
  if (crs !== null && layers > 0) {
    const name = lookupCrs(crs)?.name;
    sentences.push(`Coordinate reference system: ${crs}${name ? ` (${name})` : ''}.`);
  }
  if (layers === 0) return sentences;
  if (!extent) sentences.push('All of each layer.');
  else if ('geometry' in extent) sentences.push('Layers cropped to a polygon, which stands in manifest.json.');
  else sentences.push(`Layers cropped to ${cropFeatureName ?? `crop feature ${extent.cropFeature} of crop layer ${extent.cropLayer}`}.`);
  const tiles = items.flatMap(({ tile }) => tile ?? []);
  if (tiles.length > 0) sentences.push(`Of tiled layers, ${tiles.length === 1 ? 'the tile' : 'the tiles'} ${tiles.join(', ')}.`);
  const multiplier = multiplierOf(options);
  if (multiplier > 1) sentences.push(`Pixels of rasters ${multiplier} times larger.`);
  return sentences;
}
