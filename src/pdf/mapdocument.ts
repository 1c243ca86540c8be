import type { ProfileCrs } from '../store/profile.ts';
import type { MapExtent } from './extent.ts';
import type { Fitted } from './fit.ts';
import type { Fonts } from './fonts.ts';
import type { GraticuleLine } from './graticule.ts';
import type { MapItem, PaintedLayer } from './layer.ts';
import type { PageLayout } from './layout.ts';
import type { PdfDict } from './objects.ts';
import type { MapOptions } from './options.ts';
import type { Typesetter } from './text.ts';

/** All that a map's page is made of. */
export interface MapDocument {
  title: string;
  site: { name: string; url: string | null };
  /** When the newest of its data was published. */
  date: Date;
  crs: ProfileCrs;
  /** Whether the page counts to the east and north though the CRS does not: its coordinates are the CRS's with their signs changed. */
  isTurned: boolean;
  extent: MapExtent;
  options: MapOptions;
  items: readonly MapItem[];
  layers: readonly PaintedLayer[];
  fitted: Fitted;
  layout: PageLayout;
  /** Whether whose the layers are has to be told on a page of its own. */
  listsSources: boolean;
  fonts: Fonts;
  typesetter: Typesetter;
  /** The viewport that tells where the page is on Earth; null where PDF has no words for its CRS. */
  place: PdfDict | null;
  /** None where none was asked for. */
  graticule: readonly GraticuleLine[];
  signal: AbortSignal;
}
