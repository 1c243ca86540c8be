/** Numbers of the tags that are read or written (TIFF 6.0 appendix A, Technical Notes 1 and 2, GeoTIFF 1.1 section 7, GDAL's own). */
export const TAG = {
  newSubfileType: 254,
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  imageDescription: 270,
  make: 271,
  model: 272,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planarConfiguration: 284,
  resolutionUnit: 296,
  software: 305,
  dateTime: 306,
  artist: 315,
  hostComputer: 316,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  yCbCrCoefficients: 529,
  yCbCrSubSampling: 530,
  yCbCrPositioning: 531,
  referenceBlackWhite: 532,
  xmp: 700,
  copyright: 33432,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  iccProfile: 34675,
  geoKeyDirectory: 34735,
  geoDoubleParams: 34736,
  geoAsciiParams: 34737,
  gdalMetadata: 42112,
  gdalNodata: 42113,
} as const;

/** Types of a field's values (TIFF 6.0 section 2, BigTIFF). */
export const TYPE = { byte: 1, ascii: 2, short: 3, long: 4, double: 12, long8: 16 } as const;

/** Bytes a value, by type; 0 where the number is no type. */
export const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** Values of the Compression tag that are known here. */
export const COMPRESSION = { none: 1, lzw: 5, jpeg: 7, deflate: 8, packBits: 32773, oldDeflate: 32946, zstd: 50000 } as const;

/** Bits of NewSubfileType. */
export const SUBFILE = { reduced: 1, mask: 4 } as const;

export const PHOTOMETRIC = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3, mask: 4, yCbCr: 6 } as const;

/** Values of SampleFormat. */
export const FORMAT = { unsigned: 1, signed: 2, float: 3 } as const;

/** Tags of the source's full image that are true of a part of it too. */
export const OF_THE_FULL_IMAGE = [
  TAG.imageDescription,
  TAG.make,
  TAG.model,
  TAG.xResolution,
  TAG.yResolution,
  TAG.resolutionUnit,
  TAG.software,
  TAG.dateTime,
  TAG.artist,
  TAG.hostComputer,
  TAG.xmp,
  TAG.copyright,
  TAG.iccProfile,
  TAG.geoKeyDirectory,
  TAG.geoDoubleParams,
  TAG.geoAsciiParams,
];
