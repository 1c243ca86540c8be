/** Metres between the corners of parcels. */
const SIZE = 30;
/** The south-west corner in EPSG:2193 (Christchurch). */
const ORIGIN = [1_570_000, 5_170_000] as const;
const DISTRICTS = ['Canterbury', 'Ōtautahi', 'Whangārei', 'Tāmaki Makaurau', 'Ōtepoti'];
/** Points along one side of a parcel. */
const STEPS = 4;

/** A number in [0, 1), the same for the same three whole numbers. */
function noise(i: number, j: number, salt: number): number {
  let h = Math.imul(i, 0x9e3779b1) ^ Math.imul(j, 0x85ebca6b) ^ Math.imul(salt, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

/** A corner of the grid, moved a little. */
function corner(i: number, j: number): [number, number] {
  return [ORIGIN[0] + (i + 0.3 * (noise(i, j, 1) - 0.5)) * SIZE, ORIGIN[1] + (j + 0.3 * (noise(i, j, 2) - 0.5)) * SIZE];
}

/** The points of a side from one corner to the next, bent so that both its parcels agree on it; without the last. */
function side(from: [number, number], to: [number, number]): number[][] {
  const forward = from[0] < to[0] || (from[0] === to[0] && from[1] < to[1]);
  const [a, b] = forward ? [from, to] : [to, from];
  const [x1, y1] = corner(...a);
  const [x2, y2] = corner(...b);
  const bend = 0.2 * (noise(a[0] + b[0], a[1] + b[1], 3) - 0.5);
  const points = Array.from({ length: STEPS + 1 }, (_, step) => {
    const t = step / STEPS;
    const away = bend * Math.sin(Math.PI * t);
    return [x1 + (x2 - x1) * t - (y2 - y1) * away, y1 + (y2 - y1) * t + (x2 - x1) * away].map((value) => Math.round(value * 1000) / 1000);
  });
  return (forward ? points : points.reverse()).slice(0, STEPS);
}

/** GeoJSON text, one feature a line, of parcels in EPSG:2193 that share curved sides: 17 vertices each, with numbers, dates, nulls and macrons. */
export function* parcels(count: number): Generator<string> {
  const columns = Math.ceil(Math.sqrt(count));
  for (let n = 0; n < count; n++) {
    const [i, j] = [n % columns, Math.floor(n / columns)];
    const ring = [
      ...side([i, j], [i + 1, j]),
      ...side([i + 1, j], [i + 1, j + 1]),
      ...side([i + 1, j + 1], [i, j + 1]),
      ...side([i, j + 1], [i, j]),
    ];
    const properties = {
      id: n + 1,
      appellation: `Lot ${1 + Math.floor(noise(i, j, 4) * 400)} DP ${10_000 + Math.floor(noise(i, j, 5) * 500_000)}`,
      district: DISTRICTS[Math.floor(noise(i, j, 6) * DISTRICTS.length)],
      surveyed: noise(i, j, 7) < 0.2 ? null : `${1950 + Math.floor(noise(i, j, 8) * 75)}-0${1 + Math.floor(noise(i, j, 9) * 9)}-15`,
      area: Math.round(noise(i, j, 10) * 1e6) / 100,
    };
    yield `${JSON.stringify({ type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]]] } })}\n`;
  }
}
