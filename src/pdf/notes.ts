import type { ProfileCrs } from '../store/profile.ts';

/** What is told of a layer's origin. */
export interface Source {
  title: string;
  /** Null where none was given. */
  license: { title: string; url: string | null } | null;
  publishedAt: Date;
}

/** What stands below a map, in a line of its own, or in several. */
export interface Note {
  text: string;
  /** Lines at most. */
  most: number;
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** The CRS as a note: its name and its EPSG code. */
export function crsNote({ id, name }: ProfileCrs): string {
  return id !== null && name !== id ? `Coordinate reference system: ${name} (${id})` : `Coordinate reference system: ${name}`;
}

/** What is no larger is one place, in degrees, and is told to a tenth of a second: some metres. */
const PLACE = 1e-9;
const PLACE_STEP = 1 / 36_000;

/** What the map shows, in degrees and minutes. */
export function extentNote([west, south, east, north]: readonly [number, number, number, number]): string {
  const size = Math.max(north - south, east - west);
  if (size < PLACE) return `Place: ${degrees(west, 'E', 'W', PLACE_STEP)}, ${degrees(south, 'N', 'S', PLACE_STEP)}`;
  // As fine as it takes to tell one side from the other.
  const step = Math.min(1 / 60, 10 ** Math.floor(Math.log10(Math.max(size / 20, 1e-7) * 3600)) / 3600);
  const latitudes = `${degrees(south, 'N', 'S', step)} to ${degrees(north, 'N', 'S', step)}`;
  // A map that is cut open leaves out next to nothing.
  if (east - west >= 360 - 1e-6) return `Extent: all longitudes, ${latitudes}`;
  return `Extent: ${degrees(west, 'E', 'W', step)} to ${degrees(east, 'E', 'W', step)}, ${latitudes}`;
}

/** The day on which the newest of the data was published. */
export function dateNote(date: Date): string {
  return `Data of ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** So many layers of one licence are told by their titles; where there are more, by their number. */
const TOLD = 4;

/**
 * Whose the data are and what may be done with them, each licence once.
 * @returns `isShort` where layers are not told by their titles.
 */
export function creditNote(sources: readonly Source[], site: { name: string; url: string | null }): { text: string; isShort: boolean } {
  const licenses = new Map<string, Set<string>>();
  for (const { title, license } of sources) {
    const key = license?.title ?? 'no licence given';
    licenses.set(key, (licenses.get(key) ?? new Set()).add(title));
  }
  const only = licenses.size === 1 && sources.length > 1;
  const isShort = !only && [...licenses.values()].some(({ size }) => size > TOLD);
  const told = [...licenses].map(([license, titles]) => {
    if (only) return `all layers: ${license}`;
    return `${titles.size > TOLD ? `${titles.size} layers` : [...titles].join(', ')}: ${license}`;
  });
  return { text: `Source: ${site.name}${site.url ? ` (${site.url})` : ''}. Licence: ${told.join('; ')}.`, isShort };
}

/**
 * An angle in degrees and minutes, with seconds where minutes are not fine enough.
 * @param step that it is a multiple of, or is told to, in degrees.
 */
export function degrees(value: number, positive: string, negative: string, step = 1 / 60): string {
  const turned = Math.abs(value) > 180 ? value - 360 * Math.round(value / 360) : value;
  const decimals = step >= 1 / 3600 - 1e-12 ? 0 : Math.ceil(-Math.log10(step * 3600) - 1e-9);
  // In the smallest unit that is told.
  const unit = step >= 1 ? 1 : step >= 1 / 60 - 1e-12 ? 60 : 3600 * 10 ** decimals;
  const count = Math.round(Math.abs(turned) * unit);
  const whole = Math.floor(count / unit);
  const rest = count % unit;
  const side = count === 0 || (positive === 'E' && whole === 180 && rest === 0) ? '' : turned > 0 ? positive : negative;
  if (unit === 1) return `${whole}°${side}`;
  const minutes = Math.floor((rest * 60) / unit);
  const two = String(minutes).padStart(2, '0');
  if (unit === 60) return `${whole}°${two}′${side}`;
  const seconds = ((rest - (minutes * unit) / 60) * 3600) / unit;
  return `${whole}°${two}′${seconds.toFixed(decimals).padStart(decimals > 0 ? 3 + decimals : 2, '0')}″${side}`;
}
