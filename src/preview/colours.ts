import type { RasterProfile } from '../store/rasterprofile.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** Viridis (Smith and van der Walt, CC0): evenly bright steps, for all eyes. */
const RAMP: readonly Colour[] = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];

/** For classes that have no colour of their own: Okabe and Ito's, and lighter ones. */
const CLASSES: readonly Colour[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [213, 94, 0],
  [240, 228, 66],
  [120, 120, 120],
  [102, 166, 214],
  [242, 197, 102],
  [102, 197, 171],
  [224, 175, 202],
];

/** What the colours of a preview stand for. */
export type Legend =
  | { type: 'picture' }
  | { type: 'values'; from: number; to: number; unit: string; colors: string[] }
  | { type: 'classes'; classes: { value: number; name: string; color: string }[] };

/** How values are spread over the ramp: from the smallest to the largest, without what is far off. */
export function valueRange({ bands }: RasterProfile): { from: number; to: number } {
  const statistics = bands[0]?.statistics;
  if (!statistics) return { from: 0, to: 1 };
  const { min, max, mean, stddev } = statistics;
  const [from, to] = [Math.max(min, mean - 3 * stddev), Math.min(max, mean + 3 * stddev)];
  return to > from ? { from, to } : { from: min, to: min + 1 };
}

/** The ramp's colour at 0..1, as three bytes. */
export function rampColour(at: number): Colour {
  const place = Math.max(0, Math.min(1, at)) * (RAMP.length - 1);
  const index = Math.min(RAMP.length - 2, Math.floor(place));
  const [low, high] = [RAMP[index] ?? [0, 0, 0], RAMP[index + 1] ?? [0, 0, 0]];
  const mix = (k: 0 | 1 | 2) => Math.round(low[k] + (place - index) * (high[k] - low[k]));
  return [mix(0), mix(1), mix(2)];
}

/** The classes of a raster with an attribute table or a palette, with names and colours. */
export function classesOf(profile: RasterProfile): Map<number, { name: string; colour: Colour; alpha: number }> {
  const classes = new Map<number, { name: string; colour: Colour; alpha: number }>();
  const palette = profile.bands[0]?.palette ?? null;
  const paletteAt = (value: number) => palette?.[value];
  const { columns, rows } = profile.rat ?? { columns: [], rows: [] };
  const find = (...usages: string[]) => columns.findIndex(({ usage }) => usages.includes(usage));
  const valueAt = Math.max(find('MinMax', 'Min'), 0);
  const nameAt = find('Name') >= 0 ? find('Name') : columns.findIndex(({ type }) => type === 'string');
  const colourAt = [find('Red'), find('Green'), find('Blue')];
  for (const [index, row] of rows.entries()) {
    const value = Number(columns.length > 0 && columns[valueAt]?.type !== 'string' ? row[valueAt] : index);
    const own = paletteAt(value);
    const said: Colour | null = colourAt.every((at) => at >= 0)
      ? [Number(row[colourAt[0] ?? 0]), Number(row[colourAt[1] ?? 0]), Number(row[colourAt[2] ?? 0])]
      : own
        ? [own[0], own[1], own[2]]
        : null;
    classes.set(value, {
      name: String((nameAt >= 0 ? row[nameAt] : undefined) ?? value),
      colour: said ?? classColour(value),
      alpha: own?.[3] ?? 255,
    });
  }
  if (rows.length === 0)
    palette?.forEach(([red, green, blue, alpha], value) => {
      classes.set(value, { name: String(value), colour: [red, green, blue], alpha });
    });
  return classes;
}

export function classColour(value: number): Colour {
  return CLASSES[Math.abs(Math.trunc(value)) % CLASSES.length] ?? [120, 120, 120];
}

/** Classes that a legend lists. */
const MOST_CLASSES = 256;

export function legendOf(profile: RasterProfile): Legend {
  if (profile.kind === 'rat') {
    const classes = [...classesOf(profile)].slice(0, MOST_CLASSES);
    return { type: 'classes', classes: classes.map(([value, { name, colour }]) => ({ value, name, color: hex(colour) })) };
  }
  if (profile.kind === 'raster') return { type: 'picture' };
  return { type: 'values', ...valueRange(profile), unit: profile.bands[0]?.unit ?? '', colors: RAMP.map(hex) };
}

function hex(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}
