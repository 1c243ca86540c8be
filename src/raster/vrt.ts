import type { BandProfile, DataType, RasterAttributeTable } from '../store/rasterprofile.ts';
import { bandWords, metadataXml, SIGNED, tableXml } from '../store/vrt.ts';
import { xml } from '../store/xml.ts';
import type { Grid } from './grid.ts';

// GDAL's virtual format (https://gdal.org/drivers/raster/vrt.html): rasters made of others without a pixel being copied.

/** What a band is made of, and what is known of it. */
export interface VrtBand {
  dataType: DataType;
  interpretation: string;
  /** Read where no source has a pixel; null: 0. */
  nodata: string | null;
  /** True where `nodata` is what fills places, but no word for them. */
  hidesNodata?: boolean;
  palette: BandProfile['palette'];
  /** Known of the values, for what is made of it. */
  about?: Pick<BandProfile, 'description' | 'unit' | 'scale' | 'offset' | 'statistics' | 'metadata'>;
  table?: RasterAttributeTable | null;
  /** Computes each pixel from those of the sources, with C++ functions that GDAL has; `mul`, `sum`. */
  compute?: 'mul' | 'sum';
  sources: VrtSource[];
}

export interface VrtSource {
  /** A path, absolute. */
  file: string;
  /** A number from 1, or the mask of one: `mask,1`. */
  band: number | `mask,${number}`;
  /** The part that is taken and where it goes, in pixels; all of it to all unless told. */
  from?: Rect;
  to?: Rect;
  /** How it is brought to another size. */
  average?: boolean;
  /** -1: the full resolution alone; else an overview, from 0. */
  overview?: number;
  /** A pixel value that is no data. */
  nodata?: string;
  /** True where pixels that the source's mask leaves out are not taken. */
  masked?: boolean;
  /** value = pixel * scale + offset. */
  scale?: number;
  offset?: number;
  /** `in:out` pairs, the values between them interpolated. */
  lookup?: string;
  /** Takes a colour of the source's palette: 1 red, 2 green, 3 blue, 4 alpha. */
  component?: number;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Vrt {
  grid: Grid;
  /** WKT. */
  crs: string;
  bands: VrtBand[];
  /** A pixel is no data only where all bands have their nodata value. */
  unifiesNodata?: boolean;
  /** What tells for all bands where data are. */
  mask?: VrtSource;
  /** Said of the whole. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

export function vrtXml({ grid: { origin, resolution, size }, crs, bands, unifiesNodata, mask, metadata }: Vrt): string {
  const [columns, rows] = size;
  const transform = [origin[0], resolution[0], 0, origin[1], 0, -resolution[1]].join(',');
  const nodata = bands
    .filter(({ nodata: value, interpretation }) => value !== null && interpretation !== 'Alpha')
    .map(({ nodata: value }) => value);
  return [
    `<VRTDataset rasterXSize="${columns}" rasterYSize="${rows}">`,
    `<SRS>${xml(crs)}</SRS><GeoTransform>${transform}</GeoTransform>`,
    metadataXml({ ...metadata, ...(unifiesNodata && nodata.length > 1 ? { NODATA_VALUES: nodata.join(' ') } : {}) }),
    ...bands.map(bandXml),
    mask ? `<MaskBand><VRTRasterBand dataType="Byte">${sourceXml(mask)}</VRTRasterBand></MaskBand>` : '',
    '</VRTDataset>',
  ].join('\n');
}

function bandXml(band: VrtBand, index: number): string {
  const { dataType, interpretation, nodata, hidesNodata, palette, about, table, compute, sources } = band;
  const signed = dataType === 'Int8';
  const statistics = Object.entries(about?.statistics ?? {}).map(([name, value]) => [`STATISTICS_${STATISTICS[name]}`, String(value)]);
  return [
    `<VRTRasterBand dataType="${signed ? 'Byte' : dataType}" band="${index + 1}"${compute ? ' subClass="VRTDerivedRasterBand"' : ''}>`,
    about ? bandWords(about) : '',
    nodata === null ? '' : `<NoDataValue>${signed && Number(nodata) < 0 ? Number(nodata) + 256 : nodata}</NoDataValue>`,
    hidesNodata ? '<HideNoDataValue>1</HideNoDataValue>' : '',
    `<ColorInterp>${xml(interpretation)}</ColorInterp>`,
    palette
      ? `<ColorTable>${palette.map(([red, green, blue, alpha]) => `<Entry c1="${red}" c2="${green}" c3="${blue}" c4="${alpha}"/>`).join('')}</ColorTable>`
      : '',
    metadataXml({ ...about?.metadata, ...Object.fromEntries(statistics) }),
    signed ? SIGNED : '',
    table ? tableXml(table) : '',
    compute ? `<PixelFunctionType>${compute}</PixelFunctionType><SourceTransferType>Float32</SourceTransferType>` : '',
    ...sources.map(sourceXml),
    '</VRTRasterBand>',
  ].join('');
}

const STATISTICS: Readonly<Record<string, string>> = { min: 'MINIMUM', max: 'MAXIMUM', mean: 'MEAN', stddev: 'STDDEV' };

function sourceXml({ file, band, from, to, average, overview, nodata, masked, scale, offset, lookup, component }: VrtSource): string {
  const complex = [nodata, masked, scale, offset, lookup, component].some((value) => value !== undefined);
  const name = complex ? 'ComplexSource' : 'SimpleSource';
  const level =
    overview === undefined ? '' : `<OpenOptions><OOI key="OVERVIEW_LEVEL">${overview < 0 ? 'NONE' : overview}</OOI></OpenOptions>`;
  return [
    `<${name} resampling="${average ? 'average' : 'nearest'}"><SourceFilename relativeToVRT="0">${xml(file)}</SourceFilename>${level}`,
    `<SourceBand>${band}</SourceBand>`,
    from ? rectXml('SrcRect', from) : '',
    to ? rectXml('DstRect', to) : '',
    nodata === undefined ? '' : `<NODATA>${nodata}</NODATA>`,
    masked ? '<UseMaskBand>true</UseMaskBand>' : '',
    offset === undefined ? '' : `<ScaleOffset>${offset}</ScaleOffset>`,
    scale === undefined ? '' : `<ScaleRatio>${scale}</ScaleRatio>`,
    lookup === undefined ? '' : `<LUT>${lookup}</LUT>`,
    component === undefined ? '' : `<ColorTableComponent>${component}</ColorTableComponent>`,
    `</${name}>`,
  ].join('');
}

function rectXml(name: string, { x, y, width, height }: Rect): string {
  return `<${name} xOff="${x}" yOff="${y}" xSize="${width}" ySize="${height}"/>`;
}
