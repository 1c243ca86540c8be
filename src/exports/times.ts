/** ISO 8601 in UTC with six decimals and Z, as every time in an answer is written. The database keeps microseconds, a Date only milliseconds. */
export function timestamp(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

export function optionalTimestamp(time: Date | null): string | null {
  return time && timestamp(time);
}
