import type { ProfileCrs } from '../store/profile.ts';

/** What is told of a layer's origin. */
export interface Source {
  title: string;
  /** Null where none was given. */
  license: { title: string; url: string | null } | null;
  publishedAt: Date;
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** The CRS as a note: its name and its EPSG code. */
export function crsNote({ id, name }: ProfileCrs): string {
  return id !== null && name !== id ? `Coordinate reference system: ${name} (${id})` : `Coordinate reference system: ${name}`;
}

/** What the map shows, in degrees and minutes. */
export function extentNote([west, south, east, north]: readonly [number, number, number, number]): string {
  if (east - west >= 360) return `Extent: all longitudes, ${degrees(south, 'N', 'S')} to ${degrees(north, 'N', 'S')}`;
  return `Extent: ${degrees(west, 'E', 'W')} to ${degrees(east, 'E', 'W')}, ${degrees(south, 'N', 'S')} to ${degrees(north, 'N', 'S')}`;
}

/** The day on which the newest of the data was published. */
export function dateNote(date: Date): string {
  return `Data of ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** Whose the data are and what may be done with them, each licence once. */
export function creditNote(sources: readonly Source[], site: { name: string; url: string | null }): string {
  const licenses = new Map<string, string[]>();
  for (const { title, license } of sources) {
    const key = license?.title ?? 'no licence given';
    licenses.set(key, [...(licenses.get(key) ?? []), title]);
  }
  const only = licenses.size === 1 && sources.length > 1;
  const told = [...licenses].map(([license, titles]) => (only ? `all layers: ${license}` : `${titles.join(', ')}: ${license}`));
  return `Source: ${site.name}${site.url ? ` (${site.url})` : ''}. Licence: ${told.join('; ')}.`;
}

/** An angle in degrees and minutes, or with seconds where that is not fine enough to tell it. */
export function degrees(value: number, positive: string, negative: string, step = 1 / 60): string {
  const unit = step >= 1 ? 1 : step >= 1 / 60 ? 60 : step >= 1 / 3600 ? 3600 : 36_000;
  const turned = Math.abs(value) > 180 ? value - 360 * Math.round(value / 360) : value;
  const count = Math.round(Math.abs(turned) * unit);
  const [whole, rest] = [Math.floor(count / unit), count % unit];
  const minutes = unit === 60 ? rest : Math.floor((rest * 60) / unit);
  const seconds = unit > 60 ? (rest - (minutes * unit) / 60) / (unit / 3600) : 0;
  const side = count === 0 || (positive === 'E' && whole === 180 && rest === 0) ? '' : turned > 0 ? positive : negative;
  const two = (part: number, digits = 0) => part.toFixed(digits).padStart(digits > 0 ? 3 + digits : 2, '0');
  const finer = unit === 1 ? '' : unit === 60 ? `${two(minutes)}′` : `${two(minutes)}′${two(seconds, unit > 3600 ? 1 : 0)}″`;
  return `${whole}°${finer}${side}`;
}
