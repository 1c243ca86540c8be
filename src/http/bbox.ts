import { HttpError } from './errors.ts';

const NUMBER = String.raw`-?\d+(?:\.\d+)?`;

/** The form of a parameter that is west,south,east,north in degrees. */
export const BBOX = { pattern: `^ *${NUMBER}( *, *${NUMBER}){3} *$`, examples: ['166,-47,179,-34'] };

/** @throws {HttpError} where south is past north. West may be past east: across the antimeridian. */
export function readBox(text: string): [number, number, number, number] {
  const [west = 0, south = 0, east = 0, north = 0] = text.split(',').map(Number);
  if (south > north) throw new HttpError(400, 'bbox is west,south,east,north, in degrees; its south is past its north.');
  return [west, south, east, north];
}
