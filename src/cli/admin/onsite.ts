import { InvalidArgumentError } from 'commander';
import { readConfig } from '../../config.ts';
import { type Database, openDatabase } from '../../db/open.ts';

/** Does something with the site's database. */
export async function withDatabase<T>(work: (db: Database['db']) => Promise<T>): Promise<T> {
  const database = await openDatabase(readConfig());
  try {
    return await work(database.db);
  } finally {
    await database.close();
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A number that names something. */
export function readId(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It is a number.');
  return Number(value);
}

/** `2026-01-31`, or with a time. */
export function readTime(value: string): Date {
  const time = new Date(value);
  if (!/^\d{4}-\d\d-\d\d/.test(value) || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('It is a day such as 2026-01-31, or a time such as 2026-01-31T12:00Z.');
  return time;
}

/** `2026-01-31 12:00`, in UTC. */
export function minute(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}

/** `3m 20s`, `2d 4h`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count], place) => place === 0 || count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** `1.4 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
