import type { DataDetail, ExportRequest, Kind } from '../api/resources.ts';
import type { Draft, DraftItem } from './settings.ts';

/** Layers and tables by `layer:3`. */
export type Details = ReadonlyMap<string, DataDetail>;

export const itemKey = ({ type, id }: Pick<DraftItem, 'type' | 'id'>): string => `${type}:${id}`;

/** The kinds of data among the items, in their order. */
export function kindsOf(draft: Draft, details: Details): Kind[] {
  return [...new Set(draft.items.flatMap((item) => details.get(itemKey(item))?.kind ?? []))];
}

/** What a newcomer is best served with, by kind; the first that the site writes. */
const USUAL: Readonly<Record<Kind, readonly string[]>> = {
  vector: ['application/x-ogc-gpkg', 'application/x-zipped-shp'],
  table: ['text/csv'],
  raster: ['image/tiff;subtype=geotiff'],
  grid: ['image/tiff;subtype=geotiff'],
  rat: ['image/tiff;subtype=geotiff'],
};
const KML = 'application/vnd.google-earth.kml+xml';

/** The format that is chosen for a kind, or the usual one. */
export function formatOf(draft: Draft, kind: Kind): string {
  return draft.formats[kind] ?? USUAL[kind][0] ?? '';
}

/** Whether a CRS has to be named: KML is always EPSG:4326, and tables have none. */
export function needsCrs(draft: Draft, details: Details): boolean {
  return kindsOf(draft, details).some((kind) => kind !== 'table' && formatOf(draft, kind) !== KML);
}

/** The CRS that is chosen, or that of the first layer that has one of the EPSG dataset. */
export function crsOf(draft: Draft, details: Details): string {
  if (draft.crs !== null) return draft.crs;
  for (const item of draft.items) {
    const id = details.get(itemKey(item))?.data.crs?.id;
    if (id?.startsWith('EPSG:')) return id;
  }
  return 'EPSG:4326';
}

/** Options that some chosen format heeds; the others are not sent. */
export function optionsThatApply(draft: Draft, details: Details): { pdf: boolean; raster: boolean } {
  const kinds = kindsOf(draft, details);
  return {
    pdf: kinds.some((kind) => formatOf(draft, kind) === 'application/pdf'),
    raster: kinds.some((kind) => ['raster', 'grid', 'rat'].includes(kind) && formatOf(draft, kind) !== 'application/pdf'),
  };
}

/** Formats that carry style, so that a colour has a meaning. */
const STYLED = [KML, 'application/pdf', 'application/x-ogc-mapinfo_file', 'application/x-ogc-mapinfo_file+mif', 'image/vnd.dxf'];
export function carriesColor(draft: Draft, kind: Kind): boolean {
  return kind === 'vector' && STYLED.includes(formatOf(draft, kind));
}

/** The body of `POST /exports/`; the addresses in it begin with `base`, such as `/services/api/v1`. */
export function requestOf(draft: Draft, details: Details, base: string): ExportRequest {
  const applies = optionsThatApply(draft, details);
  const options = Object.entries(draft.options).filter(([name]) =>
    name === 'raster_resolution_multiplier' ? applies.raster : applies.pdf,
  );
  const body: ExportRequest = {
    items: draft.items.map((item) => {
      const kind = details.get(itemKey(item))?.kind;
      const version = item.version === null ? '' : `versions/${item.version}/`;
      return {
        item: `${base}/${item.type}s/${item.id}/${version}`,
        ...(item.color !== null && kind !== undefined && carriesColor(draft, kind) ? { color: item.color } : {}),
        ...(item.tile === null ? {} : { tile_id: item.tile }),
      };
    }),
    formats: Object.fromEntries(kindsOf(draft, details).map((kind) => [kind, formatOf(draft, kind)])),
  };
  if (needsCrs(draft, details)) body.crs = crsOf(draft, details);
  const { area } = draft;
  if (area?.kind === 'shape') body.extent = area.geometry as NonNullable<ExportRequest['extent']>;
  if (area?.kind === 'feature') body.extent = `${base}/exports/croplayers/${area.cropLayer}/cropfeatures/${area.cropFeature}/`;
  if (draft.name.trim() !== '') body.name = draft.name.trim();
  if (options.length > 0) body.options = Object.fromEntries(options);
  return body;
}
