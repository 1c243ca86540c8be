import type { DeflatedContent } from '../archive/deflated.ts';
import type { Profile, ProfileCrs } from '../store/profile.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { Crew } from '../vector/crew.ts';
import type { ExportFormat } from '../vector/writer.ts';
import type { MapExtent } from './extent.ts';
import type { PolygonStyle } from './layerstyle.ts';
import type { Source } from './notes.ts';
import type { MapView } from './view.ts';

/** A layer that is asked for on a map. */
export interface MapItem extends Source {
  profile: Profile | RasterProfile;
  /** The version's folder in the store. */
  versionDir: string;
  /** A tile of a raster; null for all of it. */
  tile: string | null;
  /** `#RRGGBB`; null where none was asked for. */
  color: string | null;
}

/** What is needed to paint a layer. */
export interface Painting {
  view: MapView;
  extent: MapExtent;
  crs: ProfileCrs;
  /** What features are written as. */
  format: ExportFormat;
  dpi: number;
  /** An empty folder for what is painted, and one for what is needed meanwhile. */
  outDir: string;
  tempDir: string;
  crew: Crew;
  signal: AbortSignal;
  onProgress: (step: 'crop' | 'write', fraction: number) => void;
}

/** A painted layer: what is drawn, from the lowest to the highest, and how the legend shows it. */
export interface PaintedLayer {
  paths: { content: DeflatedContent; opacity: { fill: number; stroke: number } }[];
  images: PaintedImage[];
  symbol: LayerSymbol;
  warnings: string[];
  /** True where nothing of it is on the map. */
  isEmpty: boolean;
  content:
    | { featureCount: number; droppedCount: number }
    | { resolution: [number, number]; bands: { type: string; description: string }[]; images: number };
}

/** An image in a file, as PDF holds it. */
export interface PaintedImage {
  /** Its corners in the CRS: [min x, min y, max x, max y]. */
  bounds: readonly [number, number, number, number];
  width: number;
  height: number;
  pixels: { path: string; filter: 'DCTDecode' | 'FlateDecode'; space: 'rgb' | 'gray' };
  /** How opaque each pixel is, deflated; null where all are. */
  alpha: { path: string } | null;
  /** Whether pixels go over into their neighbours where they are seen larger than they are. */
  isSmooth: boolean;
  /** Of both. */
  bytes: number;
}

/** How the legend shows a layer. */
export type LayerSymbol =
  | { kind: 'vector'; color: string; polygons: PolygonStyle; dimensions: readonly ('points' | 'lines' | 'polygons')[] }
  | { kind: 'imagery' }
  | { kind: 'classes'; classes: readonly { name: string; color: string }[] }
  | { kind: 'ramp'; colors: readonly string[]; ticks: readonly string[]; unit: string };

/** Pixels of a piece, row by row: their colours, and how opaque each is. */
export interface PixelRows {
  bands: 1 | 3;
  /** Fills in a row; `colours` has `bands` bytes a pixel, `alpha` one. */
  read(row: number, colours: Uint8Array, alpha: Uint8Array): Promise<void>;
  /** Is told which pixels of the row that was read last are seen. */
  note?(alpha: Uint8Array): void;
}
