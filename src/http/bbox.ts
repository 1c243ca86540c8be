import { Type } from 'typebox';
import type { Bounds } from '../geometry/bounds.ts';
import { HttpError } from './errors.ts';

const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const FORM = new RegExp(`^ *${NUMBER}( *, *${NUMBER}){3} *$`);

/** The parameter `bbox`, which `readBox` reads. */
export function boxParameter(description: string) {
  return Type.Optional(Type.String({ examples: ['166,-47,179,-34'], description }));
}

/**
 * A box as west,south,east,north in degrees. West may be past east: across the antimeridian.
 * @throws {HttpError} where the text is none, or its south is past its north.
 */
export function readBox(text: string): Bounds {
  if (!FORM.test(text)) throw new HttpError(400, 'bbox must be west,south,east,north in degrees, such as 166,-47,179,-34.');
  const [west = 0, south = 0, east = 0, north = 0] = text.split(',').map(Number);
  if (south > north) throw new HttpError(400, 'bbox is west,south,east,north, in degrees; its south is past its north.');
  return [west, south, east, north];
}
