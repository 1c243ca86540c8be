import { bandNumbers } from '../raster/source.ts';
import type { RasterProfile } from '../store/rasterprofile.ts';
import type { PixelClass } from './classes.ts';
import { colourOf } from './colours.ts';
import type { PixelRows } from './layer.ts';
import type { RawRaster } from './rawraster.ts';

/** The highest value of a mask, or of a few classes without an attribute table. */
const MOST_NUMBER = 15;

/**
 * Imagery as colours: red, green and blue where it has them, grey otherwise, or the colours of its palette or classes.
 * @param seen the values of classes that are seen are added to it.
 */
export function imageryRows(raster: RawRaster, profile: RasterProfile, classes: readonly PixelClass[], seen: Set<number>): PixelRows {
  const data = bandNumbers(profile).data.map((number) => profile.bands[number - 1]);
  const at = (word: string) => data.findIndex((band) => band?.color_interpretation === word);
  const named = [at('Red'), at('Green'), at('Blue')];
  const shown = named.every((index) => index >= 0) ? named : data.length >= 3 ? [0, 1, 2] : [0];
  const [first] = data;
  const palette = shown.length === 1 ? (first?.palette ?? paletteOf(classes)) : null;
  let indexes: ArrayLike<number> = [];
  const alphaBand = raster.bands - 1;
  // What GDAL's warper takes for opaque.
  const opaque = raster.type === 'UInt16' ? 65_535 : raster.type === 'Int16' ? 32_767 : 255;
  // Of 8 bits values are colours, unless all are so low that they are numbers of something, which would all be black; of others those that there are go
  // from black to white.
  const isColours = raster.type === 'Byte' && (shown.length === 3 || (first?.statistics?.max ?? 255) > MOST_NUMBER);
  const ranges = shown.map((index) => {
    const statistics = data[index]?.statistics;
    const [min, max] = isColours || !statistics ? [0, raster.type === 'Byte' ? 255 : 65_535] : [statistics.min, statistics.max];
    return { min, factor: max > min ? 255 / (max - min) : 0 };
  });
  const bands = palette || shown.length === 3 ? 3 : 1;
  return {
    bands,
    async read(row, colours, alpha) {
      const tells = await raster.row(alphaBand, row);
      for (let i = 0; i < alpha.length; i++) alpha[i] = Math.round(Math.min(1, (tells[i] ?? 0) / opaque) * 255);
      if (palette) {
        indexes = await raster.row(0, row);
        for (let i = 0; i < alpha.length; i++) {
          const [red, green, blue, own] = palette[indexes[i] ?? 0] ?? [0, 0, 0, 0];
          colours[3 * i] = red;
          colours[3 * i + 1] = green;
          colours[3 * i + 2] = blue;
          if (own === 0) alpha[i] = 0;
        }
        return;
      }
      for (const [place, index] of shown.entries()) {
        const line = await raster.row(index, row);
        const { min, factor } = ranges[place] ?? { min: 0, factor: 1 };
        // A mean of nothing has no colour: white is what the paper has.
        for (let i = 0; i < alpha.length; i++)
          colours[bands * i + place] = alpha[i] === 0 ? 255 : Math.max(0, Math.min(255, Math.round(((line[i] ?? 0) - min) * factor)));
      }
    },
    note(alpha) {
      if (classes.length === 0) return;
      for (let i = 0; i < indexes.length; i++) if (alpha[i] !== 0) seen.add(indexes[i] ?? 0);
    },
  };
}

/** The colours of classes by their values; null where there are none. */
function paletteOf(classes: readonly PixelClass[]): Readonly<Record<number, readonly [number, number, number, number]>> | null {
  if (classes.length === 0) return null;
  return Object.fromEntries(
    classes.map(({ value, color }) => {
      const [red, green, blue] = colourOf(color).map((part) => Math.round(part * 255));
      return [value, [red ?? 0, green ?? 0, blue ?? 0, 255] as const];
    }),
  );
}
