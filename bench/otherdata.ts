import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Layers that are hard in other ways than parcels, in EPSG:2193. Each feature is GeoJSON; a table's has no geometry. */
export interface OtherData {
  /** Features unless told. */
  count: number;
  feature(n: number, count: number): { geometry: object | null; properties: object };
}

/** The layers' square, in metres; what is made of it is the same every time. */
const SIDE = 60_000;
const ORIGIN = [1_520_000, 5_150_000] as const;
const WORDS = ['Whenua', 'Ōtautahi', 'survey', 'lot', 'unformed', 'road', 'reserve', 'Tāmaki', 'easement', 'gazette'];

export const OTHER_DATA = {
  /** Rivers: each has 3,000 vertices and winds about its own way. */
  lines: {
    count: 6000,
    feature: (n, count) => {
      const [x, y] = place(n, count);
      const [turn, bend] = [6 * noise(n, 1), 0.3 + noise(n, 2)];
      const coordinates = Array.from({ length: 3000 }, (_, k) => {
        const along = k * 1.5;
        const angle = turn + bend * Math.sin(k / 300);
        return [x + along * Math.cos(angle) + 8 * noise(n, k), y + along * Math.sin(angle) + 8 * noise(k, n)].map(millimetres);
      });
      return { geometry: { type: 'LineString', coordinates }, properties: few(n) };
    },
  },
  points: {
    count: 2_000_000,
    feature: (n, count) => ({ geometry: { type: 'Point', coordinates: place(n, count).map(millimetres) }, properties: few(n) }),
  },
  /** Coastlines: each a MultiPolygon of a mainland of 60,000 vertices and 300 islands. */
  coastlines: {
    count: 120,
    feature: (n, count) => {
      const [x, y] = place(n, count);
      const room = SIDE / Math.ceil(Math.sqrt(count));
      const islands = Array.from({ length: 300 }, (_, k) =>
        ring(x + room * (0.62 + 0.36 * noise(n, k)), y + room * noise(k, n), room / 120, 60, n * 300 + k),
      ).filter((_, k) => k % 2 === 0);
      return {
        geometry: {
          type: 'MultiPolygon',
          coordinates: [[ring(x + room * 0.3, y + room * 0.5, room * 0.25, 60_000, n)], ...apart(islands)],
        },
        properties: few(n),
      };
    },
  },
  /** Sixty columns of text at each point. */
  wide: {
    count: 200_000,
    feature: (n, count) => ({
      geometry: { type: 'Point', coordinates: place(n, count).map(millimetres) },
      properties: Object.fromEntries(Array.from({ length: 60 }, (_, k) => [`text_${k}`, (n + k) % 5 === 0 ? null : words(n, k)])),
    }),
  },
  table: { count: 3_000_000, feature: (n) => ({ geometry: null, properties: { ...few(n), note: words(n, 7), value: noise(n, 3) } }) },
} as const satisfies Record<string, OtherData>;

export type OtherDataName = keyof typeof OTHER_DATA;

/** Writes one of them as a FlatGeobuf. */
export async function writeOtherData(path: string, name: OtherDataName, count: number): Promise<void> {
  const { feature }: OtherData = OTHER_DATA[name];
  const about = feature(0, count).geometry ? ['-a_srs', 'EPSG:2193'] : ['-nlt', 'NONE'];
  const args = ['-f', 'FlatGeobuf', ...about, '-nln', name, path, 'GeoJSONSeq:/vsistdin?buffer_limit=-1'];
  const converter = spawn('ogr2ogr', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(converter, 'exit');
  function* lines(): Generator<string> {
    for (let n = 0; n < count; n++) yield `${JSON.stringify({ type: 'Feature', ...feature(n, count) })}\n`;
  }
  await pipeline(Readable.from(lines()), converter.stdin);
  const [code] = await ended;
  if (code !== 0) throw new Error(`ogr2ogr ended with ${code}.`);
}

/** A star of 200 vertices over about a third of the square, in EPSG:2193. */
export function starOverOtherData(): object {
  const corners = Array.from({ length: 200 }, (_, k) => {
    const [angle, radius] = [(2 * Math.PI * k) / 200, SIDE * (k % 2 ? 0.29 : 0.36)];
    return [ORIGIN[0] + SIDE / 2 + radius * Math.cos(angle), ORIGIN[1] + SIDE / 2 + radius * Math.sin(angle)];
  });
  return { type: 'Polygon', coordinates: [[...corners, corners[0]]] };
}

/** A repeatable number from 0 to 1. */
function noise(a: number, b: number): number {
  let bits = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ 0x2545f491;
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}

function millimetres(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The corner of a feature's own part of the square. */
function place(n: number, count: number): [number, number] {
  const columns = Math.ceil(Math.sqrt(count));
  const step = SIDE / columns;
  return [ORIGIN[0] + (n % columns) * step, ORIGIN[1] + Math.floor(n / columns) * step];
}

/** A ring whose radius wavers, but never so that it crosses itself. */
function ring(x: number, y: number, radius: number, vertices: number, seed: number): number[][] {
  const corners = Array.from({ length: vertices }, (_, k) => {
    const angle = (2 * Math.PI * k) / vertices;
    const away = radius * (0.75 + 0.15 * Math.sin(angle * 9 + seed) + 0.08 * noise(seed, k));
    return [x + away * Math.cos(angle), y + away * Math.sin(angle)].map(millimetres);
  });
  return [...corners, corners[0] ?? []];
}

/** Those rings whose boxes meet no other's before them, each as a polygon. */
function apart(rings: readonly number[][][]): number[][][][] {
  const boxes: number[][] = [];
  return rings.flatMap((one) => {
    const [xs, ys] = [one.map(([x = 0]) => x), one.map(([, y = 0]) => y)];
    const [west, south, east, north] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    if (boxes.some(([w = 0, s = 0, e = 0, t = 0]) => west <= e && east >= w && south <= t && north >= s)) return [];
    boxes.push([west, south, east, north]);
    return [[one]];
  });
}

function words(n: number, k: number): string {
  return Array.from({ length: 1 + ((n + k) % 4) }, (_, w) => WORDS[Math.floor(noise(n * 61 + k, w) * WORDS.length)]).join(' ');
}

function few(n: number): object {
  return {
    id: n + 1,
    title: `${WORDS[n % WORDS.length]} ${n}`,
    surveyed: n % 7 === 0 ? null : `19${60 + (n % 40)}-0${1 + (n % 9)}-${String(1 + (n % 28)).padStart(2, '0')}`,
    area: millimetres(1000 * noise(n, 9)),
  };
}
