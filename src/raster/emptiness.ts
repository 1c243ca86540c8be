import type { BandProfile, DataType, RasterProfile } from '../store/rasterprofile.ts';
import { bandNumbers } from './source.ts';
import type { Emptiness, RasterWriter } from './writer.ts';

/** How an image will tell places without data, and what that takes. */
export interface EmptinessPlan {
  emptiness: Emptiness;
  /** The nodata value was chosen here: the data have none. */
  chosen: boolean;
  /** The type that pixels need so that a value is free for nodata; null where they stay what they are. */
  widened: DataType | null;
  /** Palettes have to become red, green and blue: they have no colour to spare. */
  expanded: boolean;
}

/**
 * @param needed true where the image will have places without data that the source has not: it is cropped, or turned by a projection.
 */
export function planEmptiness(profile: RasterProfile, writer: RasterWriter, needed: boolean): EmptinessPlan {
  const plain = { chosen: false, widened: null, expanded: false };
  const { transparency } = profile;
  const bands = bandNumbers(profile).data.flatMap((number) => profile.bands[number - 1] ?? []);
  const { holds } = writer;
  const hasPalette = bands[0]?.palette != null;
  const keptPalette = keepsPalette(bands[0], writer);
  const looksLikePicture = isPicture(profile) || (hasPalette && !keptPalette);
  const isClear = hasPalette && !keptPalette && isTransparent(bands[0]);
  if (transparency === 'none' && !needed && !isClear) return { ...plain, emptiness: { by: 'nothing' } };
  if (holds.mask) {
    if (transparency === 'alpha') return { ...plain, emptiness: { by: 'alpha' } };
    if (transparency === 'mask' || (transparency === 'none' && looksLikePicture)) return { ...plain, emptiness: { by: 'mask' } };
  } else if (holds.alpha && looksLikePicture) return { ...plain, emptiness: { by: 'alpha' } };
  // One colour of a palette may be that of places without data.
  const holdsNodata = holds.nodata || (holds.alpha && keptPalette);
  if (!holdsNodata && !holds.alpha) return { ...plain, emptiness: { by: 'white' } };
  if (holdsNodata && transparency === 'nodata') {
    const value = bands[0]?.nodata ?? 'nan';
    if (!writer.finiteNodata || Number.isFinite(Number(value))) return { ...plain, emptiness: { by: 'nodata', value } };
  }
  const free = holdsNodata ? freeValue(bands, keptPalette) : null;
  if (free !== null) return { ...plain, chosen: true, emptiness: { by: 'nodata', value: free } };
  if (holds.mask) return { ...plain, emptiness: { by: 'mask' } };
  if (holds.alpha) return { ...plain, expanded: keptPalette, emptiness: { by: 'alpha' } };
  const wider = WIDER[bands[0]?.data_type ?? 'Float64'];
  return { ...plain, chosen: true, widened: wider.as, emptiness: { by: 'nodata', value: wider.value } };
}

/** Whether a band is written with the palette that it has. */
export function keepsPalette(band: BandProfile | undefined, { palettes }: RasterWriter): boolean {
  return band?.palette != null && palettes.includes(band.data_type);
}

/** Whether some colours of a band's palette let through what is below, beside that of places without data. */
export function isTransparent(band: BandProfile | undefined): boolean {
  return band?.palette?.some(([, , , alpha], value) => alpha < 255 && String(value) !== band.nodata) === true;
}

/** Whether an image is looked at, and not measured: grey or coloured, of 8 or 16 bits, without classes. */
function isPicture({ kind, bands }: RasterProfile): boolean {
  return kind === 'raster' && bands.every(({ data_type: type, palette }) => palette === null && (type === 'Byte' || type === 'UInt16'));
}

/** Values that data seldom have, by type, best first. */
const CANDIDATES: Readonly<Record<DataType, readonly number[]>> = {
  Byte: [255, 0],
  Int8: [-128, 127],
  UInt16: [65_535, 0],
  Int16: [-32_768, 32_767],
  UInt32: [4_294_967_295, 0],
  Int32: [-2_147_483_648, 2_147_483_647],
  Float32: [-9999, -3.4028234663852886e38],
  Float64: [-9999, -1.7976931348623157e308],
};
const WIDER: Readonly<Record<DataType, { as: DataType; value: string }>> = {
  Byte: { as: 'UInt16', value: '65535' },
  Int8: { as: 'Int16', value: '-32768' },
  UInt16: { as: 'Int32', value: '-2147483648' },
  Int16: { as: 'Int32', value: '-2147483648' },
  UInt32: { as: 'Float64', value: '-9999' },
  Int32: { as: 'Float64', value: '-2147483649' },
  Float32: { as: 'Float64', value: '-1.7976931348623157e+308' },
  Float64: { as: 'Float64', value: '-1.7976931348623157e+308' },
};

/** Past the values in use, the first that has no colour: files fill up what they have none for with black. */
function unusedColour(palette: NonNullable<BandProfile['palette']>, used: number): number {
  const found = palette.findIndex(([red, green, blue], value) => value > used && red + green + blue === 0);
  return found < 0 ? Math.max(used + 1, palette.length) : found;
}

/** A value that no pixel of any band of data has, by the bands' exact statistics, in a palette the first past the colours in use; null where there is none. */
function freeValue(bands: readonly BandProfile[], inPalette: boolean): string | null {
  const [first] = bands;
  if (!first || bands.some(({ data_type: type }) => type !== first.data_type)) return null;
  const used = Math.max(-1, ...bands.map(({ statistics: all }) => all?.max ?? -1));
  const candidates = inPalette ? [unusedColour(first.palette ?? [], used), used + 1, 0] : CANDIDATES[first.data_type];
  const most = inPalette ? (first.data_type === 'UInt16' ? 65_535 : 255) : Number.POSITIVE_INFINITY;
  const free = candidates.find(
    (value) => value <= most && bands.every(({ statistics: all }) => all === null || value < all.min || value > all.max),
  );
  return free === undefined ? null : String(free);
}
