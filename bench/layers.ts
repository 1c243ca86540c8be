import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Kinds of made-up layers in EPSG:2193: parcels share bent edges, roads have 40 vertices, addresses are points. */
export type LayerKind = 'parcels' | 'roads' | 'addresses';

/** Metres between two corners of the parcels. */
const SPACING = 32;
const ORIGIN = [1_560_000, 5_160_000] as const;
const TOWNS = ['Ōtautahi', 'Kaiapoi', 'Whangārei', 'Te Awamutu', 'Ōtepoti', 'Lyttelton'];

/** Writes a layer of `count` features as a FlatGeobuf; the same every time. */
export async function writeLayer(path: string, kind: LayerKind, count: number): Promise<void> {
  const args = ['-f', 'FlatGeobuf', '-a_srs', 'EPSG:2193', '-nln', kind, path, 'GeoJSONSeq:/vsistdin?buffer_limit=-1'];
  const converter = spawn('ogr2ogr', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(converter, 'exit');
  const columns = Math.ceil(Math.sqrt(count));
  for (let from = 0; from < count; from += 2000) {
    let text = '';
    for (let n = from; n < Math.min(from + 2000, count); n++) {
      text += `${JSON.stringify({ type: 'Feature', properties: attributes(n), geometry: geometry(kind, n, columns) })}\n`;
    }
    if (!converter.stdin.write(text)) await once(converter.stdin, 'drain');
  }
  converter.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`ogr2ogr ended with ${code}.`);
}

/** The middle and half the width of a layer of `count` features, in metres of EPSG:2193. */
export function layerSquare(count: number): { x: number; y: number; half: number } {
  const half = (Math.ceil(Math.sqrt(count)) * SPACING) / 2;
  return { x: ORIGIN[0] + half, y: ORIGIN[1] + half, half };
}

/** A repeatable number from 0 to 1 for a place and a purpose. */
function chance(i: number, j: number, purpose: number): number {
  let bits = (i * 0x9e3779b1) ^ (j * 0x85ebca77) ^ (purpose * 0xc2b2ae3d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}

function millimetres(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function corner(i: number, j: number): [number, number] {
  const shift = (purpose: number) => (chance(i, j, purpose) - 0.5) * 0.3;
  return [ORIGIN[0] + (i + shift(1)) * SPACING, ORIGIN[1] + (j + shift(2)) * SPACING];
}

/** Four points along a side, the last corner left out; the neighbour bends it the same way. */
function side(from: [number, number], to: [number, number]): number[][] {
  const forward = from[0] < to[0] || (from[0] === to[0] && from[1] < to[1]);
  const [[ax, ay], [bx, by]] = forward ? [corner(...from), corner(...to)] : [corner(...to), corner(...from)];
  const bend = (chance(from[0] + to[0], from[1] + to[1], 3) - 0.5) * 0.2;
  const points = [0, 1, 2, 3, 4].map((k) => {
    const [along, out] = [k / 4, Math.sin((Math.PI * k) / 4) * bend];
    return [millimetres(ax + (bx - ax) * along - (by - ay) * out), millimetres(ay + (by - ay) * along + (bx - ax) * out)];
  });
  return (forward ? points : points.reverse()).slice(0, 4);
}

function geometry(kind: LayerKind, n: number, columns: number): object {
  const [i, j] = [n % columns, Math.floor(n / columns)];
  if (kind === 'addresses') return { type: 'Point', coordinates: corner(i, j).map(millimetres) };
  if (kind === 'roads') {
    const [x, y] = [(n * 7) % columns, Math.floor((n * 7) / columns) % columns];
    return { type: 'LineString', coordinates: Array.from({ length: 40 }, (_, k) => corner(x + k, y).map(millimetres)) };
  }
  const ring = [
    ...side([i, j], [i + 1, j]),
    ...side([i + 1, j], [i + 1, j + 1]),
    ...side([i + 1, j + 1], [i, j + 1]),
    ...side([i, j + 1], [i, j]),
  ];
  return { type: 'Polygon', coordinates: [[...ring, ring[0]]] };
}

function attributes(n: number): object {
  return {
    id: n + 1,
    title: `Lot ${1 + (n % 870)} DP ${200_000 + (n >> 3)}`,
    town: TOWNS[n % TOWNS.length],
    surveyed: n % 11 === 0 ? null : `19${50 + (n % 50)}-0${1 + (n % 9)}-${String(1 + (n % 28)).padStart(2, '0')}`,
    area: millimetres(650 + 450 * chance(n, 5, 4)),
    titles: n % 4 === 0 ? null : `CB${n % 61}A/${n % 1409}, CB${n % 43}B/${n % 1301}`,
    intent: n % 3 === 0 ? 'Fee Simple Title' : 'Whenua Māori, held under Te Ture Whenua',
  };
}
