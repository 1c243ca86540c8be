import type { MultiPolygon, Polygon } from 'geojson';
import type { ItemType, Kind } from '../api/resources.ts';

/** A layer or table that was chosen. */
export interface DraftItem {
  type: ItemType;
  id: number;
  /** A version that is not to change; null: the newest. */
  version: number | null;
  /** `#RRGGBB`. */
  color: string | null;
  /** A tile of a tiled layer; null: all. */
  tile: string | null;
}

/** What the layers are cropped to. */
export type Area =
  | { kind: 'shape'; geometry: Polygon | MultiPolygon }
  | { kind: 'feature'; cropLayer: number; cropFeature: number; name: string };

/** An export that is being put together. */
export interface Draft {
  items: DraftItem[];
  area: Area | null;
  /** `EPSG:n`; null: that of the first layer. */
  crs: string | null;
  /** Mimetypes; of a kind that is missing, the usual one. */
  formats: Partial<Record<Kind, string>>;
  options: Record<string, string | number | boolean>;
  /** '' for a name of the server's making. */
  name: string;
}

export const EMPTY: Draft = { items: [], area: null, crs: null, formats: {}, options: {}, name: '' };
