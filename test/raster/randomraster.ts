import { writeFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { PIXELS } from '../../src/store/pixels.ts';
import { ATTRIBUTE_TYPES, ATTRIBUTE_USAGES, type DataType, type RasterAttributeTable } from '../../src/store/rasterprofile.ts';
import { xml } from '../../src/store/xml.ts';
import { gdal } from '../fixtures/rasters.ts';

/** Where random rasters lie: the upper left corner, and the units that a pixel of 10 is multiplied by. */
export const PLACES = {
  metres: { crs: 'EPSG:2193', corner: [1_600_000, 5_400_000], unit: 1 },
  feet: { crs: 'EPSG:2263', corner: [980_000, 200_000], unit: 3 },
  degrees: { crs: 'EPSG:4326', corner: [11, 48], unit: 1e-5 },
  antimeridian: { crs: 'EPSG:4326', corner: [179.97, -17], unit: 1e-5 },
  heights: { crs: 'EPSG:5498', corner: [-100, 40], unit: 1e-5 },
} as const;

/** The smallest and the largest value of each type that is tried. */
export const RANGES: Readonly<Record<DataType, readonly [number, number]>> = {
  Byte: [0, 255],
  Int8: [-128, 127],
  UInt16: [0, 65_535],
  Int16: [-32_768, 32_767],
  Int32: [-2_000_000_000, 2_000_000_000],
  UInt32: [0, 4_000_000_000],
  Float32: [-5e4, 5e4],
  Float64: [-1e12, 1e12],
};

const WORDS = fc.constantFrom('', 'red edge', 'Höhe über "NN" <m> & mehr', '森林 — Ōtautahi', "it's", 'x'.repeat(90));

/** A random raster, as the choices that it is made by. */
export const RASTERS = fc.record({
  place: fc.constantFrom(...(Object.keys(PLACES) as (keyof typeof PLACES)[])),
  type: fc.constantFrom(...(Object.keys(RANGES) as DataType[])),
  /** Bits of a value, where the file keeps fewer than the type has. */
  bits: fc.constantFrom(null, null, null, 1, 2, 4, 12),
  bands: fc.constantFrom(1, 1, 1, 2, 3, 3, 4, 5, 12),
  size: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 700 })) },
    fc.constantFrom<[number, number]>([1, 1], [1, 40], [40, 1], [1030, 2], [3, 1030]),
  ),
  /** Width and height of a pixel. */
  pixel: fc.constantFrom<[number, number]>([10, 10], [10, 10], [10, 25], [40, 1]),
  /** What says where there are no data. */
  emptiness: fc.constantFrom('nothing', 'nothing', 'nodata', 'nodata', 'nan', 'infinite', 'mask', 'alpha'),
  layout: fc.constantFrom<string[]>(
    [],
    ['TILED=YES'],
    ['COMPRESS=LZW', 'PREDICTOR=2'],
    ['COMPRESS=DEFLATE', 'TILED=YES'],
    ['INTERLEAVE=BAND'],
    ['COMPRESS=ZSTD', 'BIGTIFF=YES'],
    ['COMPRESS=LERC'],
    ['SPARSE_OK=TRUE', 'TILED=YES'],
    ['COMPRESS=PACKBITS', 'ENDIANNESS=BIG'],
  ),
  container: fc.constantFrom('tif', 'tif', 'tif', 'vrt', 'envi'),
  southUp: fc.boolean(),
  scale: fc.constantFrom(null, null, { scale: 0.5, offset: 3 }, { scale: 1 / 3, offset: 273.15 }),
  description: WORDS,
  unit: fc.constantFrom('', '', 'm', 'µg/m³'),
  metadata: fc.boolean(),
  /** Whether another program's statistics stand beside it, which are wrong. */
  wrongStatistics: fc.boolean(),
  palette: fc.constantFrom('none', 'none', 'none', 'opaque', 'transparent'),
  table: fc.constantFrom('none', 'none', 'none', 'classes', 'sparse', 'ranges', 'rows', 'colours'),
  word: WORDS,
  seed: fc.integer({ min: 1, max: 1e6 }),
});
export type RandomRaster = typeof RASTERS extends fc.Arbitrary<infer T> ? T : never;

/** The pixels of a raster, and which of them have data. */
export interface Pixels {
  values: Float64Array[];
  valid: boolean[];
}

export interface MadeRaster {
  path: string;
  /** North up; without alpha. */
  pixels: Pixels;
  corner: [number, number];
  /** Width and height of a pixel in the CRS's units. */
  resolution: [number, number];
  crs: string;
  palette: [number, number, number, number][] | null;
  table: RasterAttributeTable | null;
}

/** Whether there is such a raster: GDAL writes it, and it means something. */
export function isMakeable({ type, bits, bands, emptiness, layout, container, palette, table, scale }: RandomRaster): boolean {
  const integer = !type.startsWith('Float');
  const values = emptiness === 'alpha' ? bands - 1 : bands;
  if (integer && (emptiness === 'nan' || emptiness === 'infinite')) return false;
  if (emptiness === 'alpha' && (bands < 2 || !(type === 'Byte' || type === 'UInt16'))) return false;
  const plain = layout.every((option) => !/PREDICTOR|LERC/.test(option));
  if (bits !== null && (type !== (bits > 8 ? 'UInt16' : 'Byte') || emptiness === 'alpha' || container !== 'tif' || !plain)) return false;
  if (bits !== null && palette !== 'none' && bits > 8) return false;
  if (!integer && layout.includes('PREDICTOR=2')) return false;
  if (palette !== 'none' && (type !== 'Byte' || values > 1 || emptiness === 'alpha' || scale !== null || layout.includes('COMPRESS=LERC')))
    return false;
  if (type === 'Int8' && (emptiness === 'alpha' || container === 'envi' || layout.includes('COMPRESS=LERC'))) return false;
  if (container === 'envi' && (emptiness === 'mask' || emptiness === 'alpha')) return false;
  if (table !== 'none' && values > 1) return false;
  return true;
}

/** Writes a raster; the file is of the container that it says. */
export function made(source: RandomRaster, folder: string): MadeRaster {
  const { type, bits, size, layout, southUp, emptiness, container, seed } = source;
  const place = PLACES[source.place];
  const integer = !type.startsWith('Float');
  const [low, high] = bits === null ? RANGES[type] : [0, 2 ** bits - 1];
  const resolution: [number, number] = [source.pixel[0] * place.unit, source.pixel[1] * place.unit];
  const none = { nodata: low === 0 ? 0 : -99, nan: Number.NaN, infinite: -Infinity, nothing: 0, mask: 0, alpha: 0 }[emptiness];
  const chance = (x: number, y: number, band: number) => {
    let mixed = Math.imul(x + 1, 0x9e3779b1) ^ Math.imul(y + 1, 0x85ebca77) ^ Math.imul(band + seed, 0xc2b2ae3d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  };
  const isEmpty = (x: number, y: number) => emptiness !== 'nothing' && (Math.floor(x / 9) + Math.floor(y / 7) + seed) % 4 === 0;
  const isFew = source.palette !== 'none' || source.table !== 'none';
  const value = (x: number, y: number, band: number) => {
    if (isFew) return 1 + Math.floor(chance(x, y, band) * Math.min(6, high));
    const exact = low + chance(x, y, band) * (high - low);
    const rounded = integer ? Math.round(exact) : type === 'Float32' ? Math.fround(exact) : exact;
    // The value of places without data is no other's.
    return rounded === none ? rounded + 1 : rounded;
  };
  const dataBands = emptiness === 'alpha' ? source.bands - 1 : source.bands;
  const [columns, rows] = size;
  const seen = (y: number) => (southUp ? rows - 1 - y : y);
  const says = ['nodata', 'nan', 'infinite'].includes(emptiness);
  const full = type === 'UInt16' ? 65_535 : 255;
  const channels = emptiness === 'mask' || emptiness === 'alpha' ? dataBands + 1 : dataBands;
  const planes: Buffer[] = [];
  for (let band = 0; band < channels; band++) {
    const isMask = band === dataBands;
    const { bytes, view } = PIXELS[isMask && emptiness === 'mask' ? 'Byte' : type];
    const buffer = new ArrayBuffer(columns * rows * bytes);
    const array = view(buffer);
    for (let at = 0; at < array.length; at++) {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      if (isMask) array[at] = isEmpty(x, y) ? 0 : emptiness === 'mask' ? 255 : full;
      else array[at] = says && isEmpty(x, y) ? none : value(x, y, band);
    }
    planes.push(Buffer.from(buffer));
  }
  const raw = join(folder, 'source.raw');
  writeFileSync(raw, Buffer.concat(planes));
  const palette = paletteOf(source, high);
  const table = tableOf(source);
  const [left, top] = place.corner;
  const turn = southUp
    ? [left, resolution[0], 0, top - rows * resolution[1], 0, resolution[1]]
    : [left, resolution[0], 0, top, 0, -resolution[1]];
  const virtual = join(folder, 'source.vrt');
  let offset = 0;
  const bandXml = (band: number, words: string) => {
    const isMask = band === dataBands && emptiness === 'mask';
    const { bytes } = PIXELS[isMask ? 'Byte' : type];
    const at = offset;
    offset += planes[band]?.length ?? 0;
    return (
      `<VRTRasterBand dataType="${isMask || type === 'Int8' ? 'Byte' : type}" subClass="VRTRawRasterBand"${isMask ? '' : ` band="${band + 1}"`}>${words}` +
      `<SourceFilename relativeToVRT="1">source.raw</SourceFilename><ImageOffset>${at}</ImageOffset><PixelOffset>${bytes}</PixelOffset>` +
      `<LineOffset>${bytes * columns}</LineOffset><ByteOrder>${endianness() === 'LE' ? 'LSB' : 'MSB'}</ByteOrder></VRTRasterBand>`
    );
  };
  const nodata = says ? ({ nan: 'nan', infinite: '-inf' }[emptiness as 'nan'] ?? String(none)) : null;
  const bands = Array.from({ length: emptiness === 'alpha' ? dataBands + 1 : dataBands }, (_, band) =>
    bandXml(band, wordsOf(source, band, dataBands, nodata, palette, table)),
  );
  const dataset = source.metadata ? '<Metadata><MDI key="ACQUIRED">2026-01-02</MDI></Metadata>' : '';
  writeFileSync(
    virtual,
    `<VRTDataset rasterXSize="${columns}" rasterYSize="${rows}"><SRS>${place.crs}</SRS><GeoTransform>${turn.join(',')}</GeoTransform>${dataset}${bands.join('')}` +
      `${emptiness === 'mask' ? `<MaskBand>${bandXml(dataBands, '')}</MaskBand>` : ''}</VRTDataset>`,
  );
  let path = virtual;
  if (container !== 'vrt') {
    path = join(folder, container === 'envi' ? 'source.dat' : 'source.tif');
    const creation =
      container === 'envi'
        ? []
        : [...layout, ...(bits === null ? [] : [`NBITS=${bits}`]), ...(type === 'Int8' ? ['PIXELTYPE=SIGNEDBYTE'] : [])];
    const options = creation.flatMap((option) => ['-co', option]);
    // Every other mask stands beside the file.
    const config = ['--config', 'GDAL_TIFF_INTERNAL_MASK', seed % 2 ? 'YES' : 'NO'];
    gdal('gdal_translate', '-of', container === 'envi' ? 'ENVI' : 'GTiff', ...options, ...config, virtual, path);
  }
  const all = Array.from({ length: columns * rows }, (_, at) => [at % columns, seen(Math.floor(at / columns))] as const);
  return {
    path,
    pixels: {
      values: Array.from({ length: dataBands }, (_, band) => Float64Array.from(all, ([x, y]) => value(x, y, band))),
      valid: all.map(([x, y]) => !isEmpty(x, y)),
    },
    corner: [left, top],
    resolution,
    crs: place.crs,
    palette,
    table,
  };
}

function wordsOf(
  { type, description, unit, scale, metadata, wrongStatistics, emptiness }: RandomRaster,
  band: number,
  dataBands: number,
  nodata: string | null,
  palette: MadeRaster['palette'],
  table: RasterAttributeTable | null,
): string {
  const isAlpha = emptiness === 'alpha' && band === dataBands;
  const items = [
    ...(metadata && !isAlpha ? [`<MDI key="wavelength">${443 + band * 47.5}</MDI>`] : []),
    ...(wrongStatistics
      ? [
          '<MDI key="STATISTICS_MINIMUM">-1</MDI><MDI key="STATISTICS_MAXIMUM">1</MDI><MDI key="STATISTICS_MEAN">0.5</MDI><MDI key="STATISTICS_STDDEV">7</MDI>',
        ]
      : []),
  ];
  const colour = isAlpha
    ? 'Alpha'
    : palette
      ? 'Palette'
      : dataBands === 3
        ? (['Red', 'Green', 'Blue'][band] ?? '')
        : band === 0
          ? 'Gray'
          : 'Undefined';
  return [
    description === '' || isAlpha ? '' : `<Description>${xml(`${description} ${band + 1}`)}</Description>`,
    unit === '' || isAlpha ? '' : `<UnitType>${unit}</UnitType>`,
    nodata === null ? '' : `<NoDataValue>${nodata}</NoDataValue>`,
    scale && !isAlpha ? `<Offset>${scale.offset}</Offset><Scale>${scale.scale}</Scale>` : '',
    `<ColorInterp>${colour}</ColorInterp>`,
    palette
      ? `<ColorTable>${palette.map(([c1, c2, c3, c4]) => `<Entry c1="${c1}" c2="${c2}" c3="${c3}" c4="${c4}"/>`).join('')}</ColorTable>`
      : '',
    items.length > 0 ? `<Metadata>${items.join('')}</Metadata>` : '',
    type === 'Int8' ? '<Metadata domain="IMAGE_STRUCTURE"><MDI key="PIXELTYPE">SIGNEDBYTE</MDI></Metadata>' : '',
    table ? tableText(table) : '',
  ].join('');
}

function paletteOf({ palette }: RandomRaster, high: number): MadeRaster['palette'] {
  if (palette === 'none') return null;
  return Array.from({ length: Math.min(high + 1, 9) }, (_, n): [number, number, number, number] => [
    n * 25,
    255 - n * 20,
    (n * 90) % 256,
    palette === 'transparent' && n === 2 ? 0 : palette === 'transparent' && n === 3 ? 100 : 255,
  ]);
}

type Column = RasterAttributeTable['columns'][number];
const column = (name: string, type: Column['type'], usage: Column['usage']): Column => ({ name, type, usage });

/** Values are 1 to 6. */
function tableOf({ table, word }: RandomRaster): RasterAttributeTable | null {
  const name = (value: number) => `${word}:${value}`;
  const values = [1, 2, 3, 4, 5, 6];
  switch (table) {
    case 'none':
      return null;
    case 'classes':
      return {
        columns: [column('Value', 'integer', 'MinMax'), column('Class', 'string', 'Name'), column('Share', 'real', 'Generic')],
        rows: values.map((value) => [value, name(value), value / 7]),
      };
    case 'sparse':
      return {
        columns: [column('Label', 'string', 'Name'), column('Value', 'integer', 'MinMax'), column('Count', 'integer', 'PixelCount')],
        rows: [2, 5, 6].map((value) => [name(value), value, value * 1000]),
      };
    case 'ranges':
      return {
        columns: [column('From', 'real', 'Min'), column('To', 'real', 'Max'), column('Zone', 'string', 'Name')],
        rows: [
          [0.5, 2.5, name(1)],
          [2.5, 6.5, name(2)],
        ],
      };
    case 'rows':
      return {
        columns: [column('Class', 'string', 'Generic'), column('Cost', 'real', 'Generic')],
        rows: [0, ...values].map((value) => [name(value), value * 1e-7]),
      };
    case 'colours':
      return {
        columns: [
          column('Value', 'integer', 'MinMax'),
          ...(['Red', 'Green', 'Blue', 'Alpha'] as const).map((usage) => column(usage, 'integer', usage)),
        ],
        rows: values.map((value) => [value, value * 40, 255 - value * 30, 17, 255]),
      };
  }
}

function tableText({ columns, rows }: RasterAttributeTable): string {
  const fields = columns.map(
    ({ name, type, usage }, index) =>
      `<FieldDefn index="${index}"><Name>${name}</Name><Type>${ATTRIBUTE_TYPES.indexOf(type)}</Type><Usage>${ATTRIBUTE_USAGES.indexOf(usage)}</Usage></FieldDefn>`,
  );
  const cells = rows.map((row, index) => `<Row index="${index}">${row.map((cell) => `<F>${xml(String(cell))}</F>`).join('')}</Row>`);
  return `<GDALRasterAttributeTable tableType="thematic">${fields.join('')}${cells.join('')}</GDALRasterAttributeTable>`;
}
