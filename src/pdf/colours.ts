/** Red, green and blue, 0..1 each. */
export type Colour = readonly [number, number, number];

/**
 * What layers are drawn in that have no colour of their own: blue of Paul Tol's bright scheme, then his muted one, in an order in which neighbours
 * differ in lightness too (personal.sron.nl/~pault, "Qualitative colour schemes"). Readers who are colour-blind can tell them apart.
 */
const DEFAULTS = ['#4477aa', '#cc6677', '#117733', '#ddaa33', '#882255', '#44aa99', '#332288', '#999933', '#88ccee', '#aa4499'];

export const INK: Colour = colourOf('#20252b');
export const FAINT_INK: Colour = colourOf('#5b6570');
export const HAIRLINE: Colour = colourOf('#aab2ba');
export const GRATICULE: Colour = colourOf('#5f7f99');
export const PAPER: Colour = colourOf('#f5f6f4');
/** Under layers that would not be seen on the usual paper. */
export const DIM_PAPER: Colour = colourOf('#c3cacc');
export const WHITE: Colour = [1, 1, 1];

/** @param hex `#RRGGBB` */
export function colourOf(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** The colour of the layer that is the n-th without one of its own: after ten the same come again, darker and lighter by turns. */
export function defaultColour(n: number): string {
  const hex = DEFAULTS[n % DEFAULTS.length] ?? '#4477aa';
  const round = Math.floor(n / DEFAULTS.length);
  if (round === 0) return hex;
  const other = round % 2 === 1 ? darker(colourOf(hex), 0.35) : lighter(colourOf(hex), 0.35);
  return hexOf(other);
}

/** `#RRGGBB` */
export function hexOf(colour: Colour): string {
  return `#${Buffer.from(colour.map((part) => Math.round(part * 255))).toString('hex')}`;
}

export function darker([red, green, blue]: Colour, by: number): Colour {
  return [red * (1 - by), green * (1 - by), blue * (1 - by)];
}

export function lighter([red, green, blue]: Colour, by: number): Colour {
  return [red + (1 - red) * by, green + (1 - green) * by, blue + (1 - blue) * by];
}

/** A colour's parts as a content stream has them. */
export function parts(colour: Colour): string {
  return colour.map((part) => Number(part.toFixed(4))).join(' ');
}

/** Whether a colour is so near to white that it is hardly seen on paper. */
export function isPale([red, green, blue]: Colour): boolean {
  return 0.3 * red + 0.59 * green + 0.11 * blue > 0.85;
}

/** What is seen around a colour wherever it lies: white, or grey where it is nearly white itself. */
export function haloOf(colour: Colour): Colour {
  return isPale(colour) ? FAINT_INK : WHITE;
}
