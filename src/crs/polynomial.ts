/**
 * Polynomials of two variables in [-1, 1] for x and y at once. A polynomial of degree n has a term for each u^i v^j with i + j <= n; its coefficients
 * stand in the order in which Horner's scheme takes them: from the highest power of u to the lowest, in it from the highest power of v, x before y.
 */

/** The highest degree that is fitted. */
export const DEGREE = 7;
/** Nodes in each direction. */
const NODES = DEGREE + 1;

const angle = (node: number) => (Math.PI * (node + 0.5)) / NODES;

/** u and v of the places where values must be known for a fit: Chebyshev's nodes, row by row. */
export const FIT_NODES: Float64Array = Float64Array.from(
  Array.from({ length: NODES * NODES }, (_, n) => [Math.cos(angle(n % NODES)), Math.cos(angle(Math.floor(n / NODES)))]).flat(),
);

/** What turns the values at the nodes into the coefficients of a Chebyshev series (Press et al., Numerical Recipes, section 5.8). */
const SERIES: readonly Float64Array[] = Array.from({ length: NODES }, (_, degree) =>
  Float64Array.from({ length: NODES }, (_, node) => ((degree === 0 ? 1 : 2) / NODES) * Math.cos(degree * angle(node))),
);

/** The Chebyshev polynomials' own coefficients: T₀ = 1, T₁ = u, Tₙ = 2u Tₙ₋₁ - Tₙ₋₂. */
const POWERS: readonly Float64Array[] = chebyshevPowers();

/** A Chebyshev series for x and one for y: `[i * NODES + j]` belongs to Tᵢ(u) Tⱼ(v). */
export interface Series {
  x: Float64Array;
  y: Float64Array;
}

/** @param values x and y at each of `FIT_NODES`, from `start` on. */
export function chebyshevSeries(values: Float64Array, start: number): Series {
  return { x: seriesOf(values, start), y: seriesOf(values, start + 1) };
}

/**
 * What polynomials of the highest degree are expected to leave of a smooth function on the parts of its domain.
 * @param columns, rows halvings of the domain in u and in v.
 */
export function expectedRest({ x, y }: Series, columns: number, rows: number): number {
  let rest = 0;
  for (let i = 0; i < NODES; i++) {
    for (let j = DEGREE - i; j < NODES; j++) {
      // Terms of the degree itself are kept; the ones of u alone and of v alone speak for the next power, which the nodes do not show.
      if (i + j === DEGREE && i > 0 && j > 0) continue;
      const size = Math.max(Math.abs(x[i * NODES + j] ?? 0), Math.abs(y[i * NODES + j] ?? 0));
      rest += size * 2 ** -(columns * (j === 0 ? i + 1 : i) + rows * (i === 0 ? j + 1 : j));
    }
  }
  return rest;
}

/** The polynomial of the series' terms up to a degree. */
export function polynomialOf({ x, y }: Series, degree: number): Float64Array {
  const made = new Float64Array((degree + 1) * (degree + 2));
  let at = 0;
  for (let i = degree; i >= 0; i--) {
    for (let j = degree - i; j >= 0; j--) {
      made[at++] = powerTerm(x, degree, i, j);
      made[at++] = powerTerm(y, degree, i, j);
    }
  }
  return made;
}

/**
 * Gives a polynomial's x and y.
 * @param coefficients of the polynomial, from `start` on.
 * @param into takes x at `at` and y after it.
 */
export function evaluate(
  coefficients: Float64Array,
  start: number,
  degree: number,
  u: number,
  v: number,
  into: Float64Array,
  at: number,
): void {
  let k = start;
  let x = 0;
  let y = 0;
  for (let n = 0; n <= degree; n++) {
    let rowX = coefficients[k] ?? 0;
    let rowY = coefficients[k + 1] ?? 0;
    k += 2;
    for (let j = 0; j < n; j++) {
      rowX = rowX * v + (coefficients[k] ?? 0);
      rowY = rowY * v + (coefficients[k + 1] ?? 0);
      k += 2;
    }
    x = x * u + rowX;
    y = y * u + rowY;
  }
  into[at] = x;
  into[at + 1] = y;
}

/** The coefficient of u^i v^j. */
function powerTerm(series: Float64Array, degree: number, i: number, j: number): number {
  let total = 0;
  for (let m = degree; m >= i; m--)
    for (let n = degree - m; n >= j; n--) total += (series[m * NODES + n] ?? 0) * (POWERS[m]?.[i] ?? 0) * (POWERS[n]?.[j] ?? 0);
  return total;
}

function seriesOf(values: Float64Array, start: number): Float64Array {
  // Sums of differences keep more digits than sums of coordinates.
  const base = values[start] ?? 0;
  const made = new Float64Array(NODES * NODES);
  for (let row = 0; row < NODES; row++) {
    for (let i = 0; i < NODES; i++) {
      let inU = 0;
      for (let column = 0; column < NODES; column++)
        inU += (SERIES[i]?.[column] ?? 0) * ((values[start + 2 * (row * NODES + column)] ?? 0) - base);
      for (let j = 0; j < NODES; j++) made[i * NODES + j] = (made[i * NODES + j] ?? 0) + (SERIES[j]?.[row] ?? 0) * inU;
    }
  }
  made[0] = (made[0] ?? 0) + base;
  return made;
}

function chebyshevPowers(): Float64Array[] {
  const made = [Float64Array.of(1, ...new Array<number>(DEGREE).fill(0)), Float64Array.of(0, 1, ...new Array<number>(DEGREE - 1).fill(0))];
  for (let n = 2; n <= DEGREE; n++)
    made.push(Float64Array.from({ length: NODES }, (_, k) => 2 * (made[n - 1]?.[k - 1] ?? 0) - (made[n - 2]?.[k] ?? 0)));
  return made;
}
