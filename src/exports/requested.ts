import type { Extent } from '../geometry/extent.ts';

/** What was asked for, checked, as it is kept with the export. */
export interface ExportRequest {
  /** The name as it was asked for, which maps are headed with; null where none was. Absent in exports from before there were maps. */
  title?: string | null;
  crs: string | null;
  formats: Record<string, string>;
  items: RequestedItem[];
  extent: RequestedExtent | null;
  options: Record<string, unknown>;
  delivery: { method: 'download' };
}

export interface RequestedItem {
  type: 'layer' | 'table';
  dataset: number;
  /** The version that was the newest, or was asked for, when the export was accepted. */
  version: number;
  /** True when the item's URL named the version. */
  pinned: boolean;
  /** The chosen format's mimetype. */
  format: string;
  color: string | null;
  /** The id of one tile; null for all of the item. */
  tile: string | null;
}

export type RequestedExtent = { geometry: Extent['geometry'] } | { cropLayer: number; cropFeature: number };
