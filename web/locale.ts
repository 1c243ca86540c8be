/** Numbers, sizes and times in the reader's locale. */
const locales = typeof navigator === 'undefined' ? undefined : [...navigator.languages];

const whole = new Intl.NumberFormat(locales, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(locales, { maximumSignificantDigits: 3 });
const share = new Intl.NumberFormat(locales, { style: 'percent', maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat(locales, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(locales, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(locales, { numeric: 'auto' });

export const count = (value: number): string => whole.format(value);
export const decimal = (value: number): string => short.format(value);
export const percent = (fraction: number): string => share.format(fraction);
const date = (iso: string): string => day.format(new Date(iso));
export const dateTime = (iso: string): string => moment.format(new Date(iso));

const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `3.2 MB`: units of a thousand, as download lists of browsers have them. */
export function size(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(SIZE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const unit = SIZE_UNITS[step] ?? 'byte';
  // Short, a byte has no plural.
  const style = { style: 'unit', unit, unitDisplay: step === 0 ? 'long' : 'short', maximumSignificantDigits: 3 } as const;
  return new Intl.NumberFormat(locales, style).format(bytes / 1000 ** step);
}

/** `12 sec`, `3 min`, `2 hr`. */
export function duration(seconds: number): string {
  const [unit, value] =
    seconds < 90
      ? (['second', Math.max(1, seconds)] as const)
      : seconds < 5400
        ? (['minute', seconds / 60] as const)
        : (['hour', seconds / 3600] as const);
  return new Intl.NumberFormat(locales, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }).format(value);
}

/** `2 hours ago`, `in 6 days`. */
export function ago(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(Math.round(seconds), 'second');
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), 'hour');
  if (size < 30 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day');
  return date(iso);
}
