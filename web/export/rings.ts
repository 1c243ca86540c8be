import type { Position } from 'geojson';

/** Parts of a degree that are kept: about a centimetre. */
const UNITS_A_DEGREE = 1e7;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Rings as a short text for addresses: of each vertex the difference from the one before, longitude and latitude, as numbers of 5 bits a letter, lowest
 * first, the sign in the lowest bit (as Google's polylines, in the letters of base64url). `.` stands between rings; the closing vertex is left out.
 */
export function encodeRings(rings: readonly (readonly Position[])[]): string {
  return rings
    .map((ring) => {
      let text = '';
      let [x, y] = [0, 0];
      for (const [lon = 0, lat = 0] of ring.slice(0, -1)) {
        const [nextX, nextY] = [Math.round(lon * UNITS_A_DEGREE), Math.round(lat * UNITS_A_DEGREE)];
        text += digits(nextX - x) + digits(nextY - y);
        [x, y] = [nextX, nextY];
      }
      return text;
    })
    .join('.');
}

/** What `encodeRings` wrote; null when it is not that. */
export function decodeRings(text: string): Position[][] | null {
  if (text === '') return null;
  const rings: Position[][] = [];
  for (const part of text.split('.')) {
    const numbers = readNumbers(part);
    if (!numbers || numbers.length < 6 || numbers.length % 2 !== 0) return null;
    const ring: Position[] = [];
    let [x, y] = [0, 0];
    for (let index = 0; index < numbers.length; index += 2) {
      x += numbers[index] ?? 0;
      y += numbers[index + 1] ?? 0;
      ring.push([x / UNITS_A_DEGREE, y / UNITS_A_DEGREE]);
    }
    const [first = []] = ring;
    rings.push([...ring, [...first]]);
  }
  return rings;
}

/** Differences of longitudes pass 32 bits, so these are divisions, not shifts. */
function digits(value: number): string {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let text = '';
  while (rest >= 32) {
    text += DIGITS[32 + (rest % 32)];
    rest = Math.floor(rest / 32);
  }
  return text + DIGITS[rest];
}

function readNumbers(text: string): number[] | null {
  const numbers: number[] = [];
  let [value, scale] = [0, 1];
  for (const letter of text) {
    const digit = DIGITS.indexOf(letter);
    if (digit < 0) return null;
    value += (digit % 32) * scale;
    scale *= 32;
    if (digit >= 32) continue;
    numbers.push(value % 2 === 0 ? value / 2 : -(value + 1) / 2);
    [value, scale] = [0, 1];
  }
  return scale === 1 ? numbers : null;
}
