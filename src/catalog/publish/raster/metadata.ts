import type { GdalRaster } from '../../../gdal/describeraster.ts';
import type { SourceTile } from './source.ts';

/** Of one band, or of all: more is no description, but data of its own. In characters. */
const MOST = 1 << 16;
/** What is told of otherwise, or is of the file and not of what it holds. */
const KNOWN =
  /^(STATISTICS_|TIFFTAG_(DATETIME|[XY]RESOLUTION|RESOLUTIONUNIT|SOFTWARE|MINSAMPLEVALUE|MAXSAMPLEVALUE)$|NETCDF_DIM_|INTERLEAVE$)/;

/** What tiles say of themselves and of their bands beyond what is read of it here, as far as all say the same. */
export function commonMetadata(tiles: readonly SourceTile[]): { whole: Record<string, string>; bands: Record<string, string>[] } {
  const [first] = tiles;
  const of = (items: (raster: GdalRaster) => Record<string, string> | undefined) => common(tiles.map(({ raster }) => items(raster) ?? {}));
  return {
    whole: of(({ metadata }) => metadata),
    bands: first?.raster.bands.map((_, band) => of(({ bands }) => bands[band]?.metadata)) ?? [],
  };
}

function common([first = {}, ...more]: readonly Record<string, string>[]): Record<string, string> {
  const items = Object.entries(first).filter(
    // Pixels are areas where nothing is said.
    ([name, value]) => !KNOWN.test(name) && !(name === 'AREA_OR_POINT' && value === 'Area') && more.every((other) => other[name] === value),
  );
  const length = items.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return length <= MOST ? Object.fromEntries(items) : {};
}
