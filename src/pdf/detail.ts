/** How finely a layer is drawn, in points. */
export interface Detail {
  /** Lines are moved by at most this much where positions are left out. */
  tolerance: number;
  /** What is smaller is drawn together with its neighbours, as squares of this side. */
  smallest: number;
}

/** From fine to coarse. The first is finer than any printer; the others are for layers with more on a page than a viewer shows at once. */
export const DETAILS: readonly Detail[] = [
  { tolerance: 0.05, smallest: 0.1 },
  { tolerance: 0.08, smallest: 0.25 },
  { tolerance: 0.12, smallest: 0.5 },
  { tolerance: 0.2, smallest: 0.9 },
  { tolerance: 0.3, smallest: 1.5 },
  { tolerance: 0.5, smallest: 2.5 },
  { tolerance: 0.9, smallest: 4 },
  { tolerance: 1.5, smallest: 6 },
];

/** Positions of all layers of a map together: viewers draw about a million of them in a second. */
const MOST_POSITIONS = 900_000;
/** What a layer may have in any case. */
const FEWEST_POSITIONS = 40_000;

/** Positions that each of so many layers may have. */
export function positionsAllowed(layers: number): number {
  return Math.max(FEWEST_POSITIONS, Math.floor(MOST_POSITIONS / Math.max(1, layers)));
}
