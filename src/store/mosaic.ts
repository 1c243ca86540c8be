import type { RasterProfile } from './rasterprofile.ts';
import type { RasterTile } from './rastertiles.ts';
import { bandWords, SIGNED, tableXml } from './vrt.ts';
import { xml } from './xml.ts';

/** What is needed of the profile. */
type MosaicProfile = Pick<RasterProfile, 'crs' | 'size' | 'origin' | 'resolution' | 'bands' | 'transparency' | 'overviews' | 'rat'>;

/**
 * A mosaic of tiles as GDAL's VRT (gdal.org/drivers/raster/vrt.html), line by line, beside the folder that the tiles are in. Where tiles overlap,
 * the later one is seen, but for pixels that it has no data for.
 * @param overlaps whether any do; those that do not are read faster.
 */
export function* mosaicLines(profile: MosaicProfile, tiles: readonly RasterTile[], overlaps: boolean, nearest: boolean): Generator<string> {
  const [width, height] = profile.size;
  const [x, y] = profile.origin;
  const [dx, dy] = profile.resolution;
  yield `<VRTDataset rasterXSize="${width}" rasterYSize="${height}">`;
  yield `<SRS>${xml(profile.crs.wkt)}</SRS>`;
  yield `<GeoTransform>${[x, dx, 0, y, 0, -dy].join(',')}</GeoTransform>`;
  for (const [index, band] of profile.bands.entries()) {
    yield `<VRTRasterBand dataType="${band.data_type === 'Int8' ? 'Byte' : band.data_type}" band="${index + 1}">`;
    if (band.data_type === 'Int8') yield SIGNED;
    yield bandWords(band);
    if (band.nodata !== null) yield `<NoDataValue>${band.nodata}</NoDataValue>`;
    yield `<ColorInterp>${band.color_interpretation}</ColorInterp>`;
    if (band.palette) {
      const entries = band.palette.map(([c1, c2, c3, c4]) => `<Entry c1="${c1}" c2="${c2}" c3="${c3}" c4="${c4}"/>`);
      yield `<ColorTable>${entries.join('')}</ColorTable>`;
    }
    if (index === 0 && profile.rat) yield tableXml(profile.rat);
    for (const tile of tiles) {
      const source = sourceOf(tile, String(index + 1), band.data_type === 'Int8' ? 'Byte' : band.data_type);
      if (!overlaps) yield `<SimpleSource>${source}</SimpleSource>`;
      // What tells where data are has nothing to say where a tile has none.
      else if (band.color_interpretation === 'Alpha') yield `<ComplexSource>${source}<NODATA>0</NODATA></ComplexSource>`;
      else if (band.nodata !== null) yield `<ComplexSource>${source}<NODATA>${band.nodata}</NODATA></ComplexSource>`;
      else yield `<ComplexSource>${source}${profile.transparency === 'none' ? '' : '<UseMaskBand>true</UseMaskBand>'}</ComplexSource>`;
    }
    yield '</VRTRasterBand>';
  }
  if (profile.transparency === 'mask') {
    yield '<MaskBand><VRTRasterBand dataType="Byte">';
    for (const tile of tiles) {
      const source = sourceOf(tile, 'mask,1', 'Byte');
      yield overlaps ? `<ComplexSource>${source}<NODATA>0</NODATA></ComplexSource>` : `<SimpleSource>${source}</SimpleSource>`;
    }
    yield '</VRTRasterBand></MaskBand>';
  }
  if (profile.overviews.length > 0)
    yield `<OverviewList resampling="${nearest ? 'nearest' : 'average'}">${profile.overviews.join(' ')}</OverviewList>`;
  yield '</VRTDataset>';
}

/** With the size and type of the tile, so that GDAL opens it only where its pixels are wanted. */
function sourceOf({ file, size: [width, height], at: [x, y] }: RasterTile, band: string, type: string): string {
  return (
    `<SourceFilename relativeToVRT="1">${xml(file)}</SourceFilename><SourceBand>${band}</SourceBand>` +
    `<SourceProperties RasterXSize="${width}" RasterYSize="${height}" DataType="${type}" BlockXSize="512" BlockYSize="512"/>` +
    `<SrcRect xOff="0" yOff="0" xSize="${width}" ySize="${height}"/><DstRect xOff="${x}" yOff="${y}" xSize="${width}" ySize="${height}"/>`
  );
}
