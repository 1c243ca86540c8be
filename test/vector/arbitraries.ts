import fc from 'fast-check';

/** In units of a layer's own frame, from its corner: most are between 0 and 12. */
type Position = readonly [x: number, y: number];
type Ring = readonly Position[];
/** Outer ring first. */
type Rings = readonly Ring[];

/** A geometry in the units of a frame, so that the same may lie anywhere on Earth in any CRS. */
export type Shape =
  | { type: 'Point' | 'MultiPoint' | 'LineString'; positions: Ring }
  | { type: 'MultiLineString'; lines: readonly Ring[] }
  | { type: 'Polygon'; rings: Rings }
  | { type: 'MultiPolygon'; polygons: readonly Rings[] }
  | { type: 'GeometryCollection'; members: readonly Shape[] };

/** Values by field; all but the key may be null. */
export interface Values {
  flag: boolean | null;
  small: number | null;
  big: bigint | null;
  ratio: number | null;
  single: number | null;
  label: string | null;
  day: string | null;
  moment: string | null;
  photo: Uint8Array | null;
  doc: string | null;
}

/** An area: polygons of its own, or those of some features, which then share all of their edges with it. */
export type Area = { polygons: readonly Rings[] } | { features: readonly number[] };

export interface Case {
  place: string;
  /** Numbers choose among what the place has: its CRSs and its units. */
  crs: number;
  unit: number;
  hasZ: boolean;
  hasM: boolean;
  /** At the antimeridian: whether longitudes past it are written from -180 on. */
  wrapped: boolean;
  features: readonly { shape: Shape | null; values: Values; fid: number }[];
  /** What is exported: an area (null: all), whether it is in degrees or in the layer's own CRS, and the CRS that comes out. */
  exports: readonly { area: Area | null; degrees: boolean; target: number }[];
  /** Whether the values are exported as a table too. */
  table: boolean;
}

/** On whole numbers places often are the same, or on one line. */
const coordinate = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 48 }).map((n) => n / 4) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 12, noNaN: true }) },
);
const position: fc.Arbitrary<Position> = fc.tuple(coordinate, coordinate);

function rectangle(west: number, south: number, east: number, north: number): Ring {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

function around([x, y]: Position, radii: readonly number[]): Ring {
  const ring = radii.map((radius, i): Position => {
    const angle = (2 * Math.PI * i) / radii.length;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
  return [...ring, ring[0] ?? [x, y]];
}

const box = fc
  .tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .map(([x, y, width, height]): Rings => [rectangle(x, y, x + width, y + height)]);
/** Boxes with a hole, which may touch the outline at a corner of its own. */
const frame = fc
  .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 3, max: 6 }), fc.boolean())
  .map(([x, y, size, touches]): Rings => {
    const hole: Ring = touches
      ? [
          [x, y + 1],
          [x + 1, y + 2],
          [x + 1, y + 1],
          [x, y + 1],
        ]
      : [...rectangle(x + 1, y + 1, x + size - 1, y + size - 1)].reverse();
    return [rectangle(x, y, x + size, y + size), hole];
  });
const star = fc
  .record({
    centre: position,
    radii: fc.array(fc.double({ min: 0.3, max: 6, noNaN: true }), { minLength: 3, maxLength: 24 }),
    hollow: fc.boolean(),
  })
  .map(({ centre, radii, hollow }): Rings => {
    const half = radii.map((radius) => radius / 2);
    return hollow ? [around(centre, radii), [...around(centre, half)].reverse()] : [around(centre, radii)];
  });
const triangle = fc
  .tuple(position, position, position)
  .filter(([[ax, ay], [bx, by], [cx, cy]]) => Math.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 1e-3)
  .map(([a, b, c]): Rings => [[a, b, c, a]]);
/** A comb, whose teeth a straight edge cuts into many parts. */
const comb = fc
  .tuple(position, fc.integer({ min: 2, max: 8 }), fc.double({ min: 0.2, max: 4, noNaN: true }))
  .map(([[x, y], teeth, height]): Rings => {
    const edge = Array.from(
      { length: 4 * teeth },
      (_, i): Position => [x + Math.ceil(i / 2) / 2, y + (i % 4 === 1 || i % 4 === 2 ? height : 0.1)],
    );
    return [[[x, y - 0.5], [x + teeth, y - 0.5], ...edge.reverse(), [x, y - 0.5]]];
  });
const sliver = fc
  .tuple(position, position, fc.constantFrom(1e-2, 1e-4, 1e-7))
  .filter(([[ax, ay], [bx, by]]) => Math.hypot(bx - ax, by - ay) > 0.5)
  .map(
    ([[ax, ay], [bx, by], width]): Rings => [
      [
        [ax, ay],
        [bx, by],
        [bx - (by - ay) * width, by + (bx - ax) * width],
        [ax, ay],
      ],
    ],
  );
const polygon = fc.oneof(box, frame, star, triangle, comb, { weight: 1, arbitrary: sliver });

/** Squares of a chessboard, which touch at their corners. */
const chessboard = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 12 })
  .map((places) => {
    const black = places.filter(([x, y]) => (x + y) % 2 === 0);
    const squares = new Map(black.map(([x, y]) => [`${x} ${y}`, [rectangle(2 * x, 2 * y, 2 * x + 2, 2 * y + 2)]]));
    return [...squares.values()];
  })
  .filter((squares) => squares.length > 0);

/** Lines may cross themselves, go back, close, and stand still. */
const line = fc
  .array(position, { minLength: 2, maxLength: 9 })
  .filter((positions) => new Set(positions.map(String)).size > 1)
  .chain((positions) =>
    fc.constantFrom<Ring>(
      positions,
      [...positions, positions[0] ?? [0, 0]],
      positions.flatMap((one, i) => (i === 1 ? [one, one] : [one])),
    ),
  );
const polygonShape = polygon.map((rings): Shape => ({ type: 'Polygon', rings }));
const multiPolygon = fc
  .oneof(chessboard, fc.array(polygon, { minLength: 1, maxLength: 4 }))
  .map((polygons): Shape => ({ type: 'MultiPolygon', polygons }));
const single: fc.Arbitrary<Shape> = fc.oneof(
  position.map((one): Shape => ({ type: 'Point', positions: [one] })),
  fc.array(position, { minLength: 1, maxLength: 6 }).map((positions): Shape => ({ type: 'MultiPoint', positions })),
  line.map((positions): Shape => ({ type: 'LineString', positions })),
  fc.array(line, { minLength: 1, maxLength: 3 }).map((lines): Shape => ({ type: 'MultiLineString', lines })),
  { weight: 4, arbitrary: polygonShape },
  { weight: 2, arbitrary: multiPolygon },
);
const empty: fc.Arbitrary<Shape> = fc.constantFrom<Shape>(
  { type: 'Point', positions: [] },
  { type: 'MultiPoint', positions: [] },
  { type: 'LineString', positions: [] },
  { type: 'MultiLineString', lines: [] },
  { type: 'Polygon', rings: [] },
  { type: 'MultiPolygon', polygons: [] },
  { type: 'GeometryCollection', members: [] },
);
const collection = fc
  .array(fc.oneof({ weight: 5, arbitrary: single }, { weight: 1, arbitrary: empty }), { minLength: 1, maxLength: 4 })
  .chain((members) =>
    fc.constantFrom<Shape>(
      { type: 'GeometryCollection', members },
      { type: 'GeometryCollection', members: [{ type: 'GeometryCollection', members: members.slice(0, 1) }, ...members.slice(1)] },
    ),
  );

/** The same shape, larger or smaller around a place. */
function scaled(shape: Shape, [x, y]: Position, by: number): Shape {
  const move = (ring: Ring): Ring => ring.map(([px, py]): Position => [x + (px - x) * by, y + (py - y) * by]);
  switch (shape.type) {
    case 'MultiLineString':
      return { ...shape, lines: shape.lines.map(move) };
    case 'Polygon':
      return { ...shape, rings: shape.rings.map(move) };
    case 'MultiPolygon':
      return { ...shape, polygons: shape.polygons.map((rings) => rings.map(move)) };
    case 'GeometryCollection':
      return { ...shape, members: shape.members.map((member) => scaled(member, [x, y], by)) };
    default:
      return { ...shape, positions: move(shape.positions) };
  }
}

const SCALES = [1e-3, 1e-6, 20] as const;
const anySize = fc
  .tuple(single, fc.option(fc.tuple(position, fc.constantFrom(...SCALES)), { freq: 8 }))
  .map(([shape, scale]) => (scale ? scaled(shape, ...scale) : shape));

/** Cells that cover a part of the frame without gaps, as parcels do: squares, or triangles of a fan. */
const tiling = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }), fc.constantFrom(0.5, 1, 2)).map(([x, y, size]) =>
    Array.from({ length: 25 }, (_, n): Shape => {
      const [west, south] = [x + (n % 5) * size, y + Math.floor(n / 5) * size];
      return { type: 'Polygon', rings: [rectangle(west, south, west + size, south + size)] };
    }),
  ),
  fc.tuple(position, fc.array(fc.double({ min: 1, max: 6, noNaN: true }), { minLength: 5, maxLength: 16 })).map(([centre, radii]) => {
    const corners = around(centre, radii);
    return radii.map((_, i): Shape => ({ type: 'Polygon', rings: [[centre, corners[i] ?? centre, corners[i + 1] ?? centre, centre]] }));
  }),
);

/** A layer's shapes: of one kind, as most layers are, or of all. */
const shapes: fc.Arbitrary<readonly (Shape | null)[]> = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.array(fc.oneof({ weight: 8, arbitrary: anySize }, collection, empty, fc.constant(null)), {
        minLength: 1,
        maxLength: 80,
      }),
    },
    { weight: 2, arbitrary: fc.array(polygonShape, { minLength: 20, maxLength: 80, size: 'max' }) },
    fc.array(fc.oneof(polygonShape, multiPolygon), { minLength: 20, maxLength: 60, size: 'max' }),
    fc.array(
      position.map((one): Shape => ({ type: 'Point', positions: [one] })),
      { minLength: 20, maxLength: 80, size: 'max' },
    ),
    fc.array(
      line.map((positions): Shape => ({ type: 'LineString', positions })),
      { minLength: 20, maxLength: 80, size: 'max' },
    ),
    { weight: 2, arbitrary: fc.tuple(tiling, fc.array(anySize, { maxLength: 20 })).map(([cells, others]) => [...cells, ...others]) },
  )
  .chain((all) => fc.nat({ max: 3 }).map((copies) => [...all, ...all.slice(0, copies)]));

const UNICODE = [
  'Ōtautahi',
  '東京 😀',
  'Łódź',
  'שלום',
  'a,b;"c"',
  "it's",
  'two\nlines',
  'tab\there',
  ' spaces ',
  '',
  '\u{1F9ED}'.repeat(80),
] as const;
/** Any characters but NUL, which ends a text in many formats, and those that are none. */
const character = fc
  .oneof(fc.integer({ min: 1, max: 0x7f }), fc.integer({ min: 0x80, max: 0x2fff }), fc.integer({ min: 0x10000, max: 0x1fffd }))
  .map((code) => String.fromCodePoint(code));
const label = fc.oneof(
  fc.constantFrom(...UNICODE),
  fc.array(character, { maxLength: 20 }).map((characters) => characters.join('')),
  fc.nat({ max: 120 }).map((length) => 'ō'.repeat(length + 100)),
);
const year = fc.integer({ min: 1, max: 9999 }).map((number) => String(number).padStart(4, '0'));
const two = (min: number, max: number) => fc.integer({ min, max }).map((number) => String(number).padStart(2, '0'));
const day = fc.tuple(year, two(1, 12), two(1, 28)).map((parts) => parts.join('-'));
const moment = fc
  .tuple(day, two(0, 23), two(0, 59), two(0, 59), fc.constantFrom('000', '500', '123'))
  .map(([date, hour, minute, second, ms]) => `${date}T${hour}:${minute}:${second}.${ms}Z`);
/** Without numbers that GDAL's JSON reader rounds, and without NUL. */
const doc = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) =>
    JSON.stringify({ value }, (_, one) => (typeof one === 'number' ? Math.round((one % 1e6) * 1000) / 1000 : one)).replaceAll(
      '\\u0000',
      '',
    ),
  );

/** Values as they are most often, and the farthest that their types hold. */
function values(extreme: boolean): fc.Arbitrary<Values> {
  const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 6 });
  const float = extreme
    ? fc.oneof(
        fc.double({ noNaN: true }),
        fc.constantFrom(0, -0, 5e-324, 1.7976931348623157e308, Infinity, -Infinity, 0.1, 1 / 3, 1e15, 1e21),
      )
    : fc.oneof(
        fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 1000),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      );
  return fc.record({
    flag: nullable(fc.boolean()),
    small: nullable(extreme ? fc.constantFrom(-32768, 32767, 0) : fc.integer({ min: -99, max: 99 })),
    big: nullable(extreme ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) : fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })),
    ratio: nullable(float),
    single: nullable(float.map(Math.fround)),
    label: nullable(label),
    day: nullable(day),
    moment: nullable(moment),
    photo: nullable(fc.uint8Array({ maxLength: 20 })),
    doc: nullable(doc),
  });
}

const area: fc.Arbitrary<Area> = fc.oneof(
  polygon.map((rings): Area => ({ polygons: [rings] })),
  chessboard.map((polygons): Area => ({ polygons })),
  fc.array(polygon, { minLength: 2, maxLength: 6 }).map((polygons): Area => ({ polygons })),
  fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 6 }).map((features): Area => ({ features })),
  // Of nothing, and of all.
  position.map(([x, y]): Area => ({ polygons: [[rectangle(x, y, x + 1e-4, y + 1e-4)]] })),
  fc.constant<Area>({ polygons: [[rectangle(-3, -3, 16, 16)]] }),
);

const some = fc.nat({ max: 99 });

/** Layers and what is asked of them, at some places. */
export function cases(places: readonly string[]): fc.Arbitrary<Case> {
  return fc.boolean().chain((extreme) =>
    fc
      .record({
        place: fc.constantFrom(...places),
        crs: some,
        unit: some,
        hasZ: fc.boolean(),
        hasM: fc.boolean(),
        wrapped: fc.boolean(),
        shapes,
        rows: fc.array(values(extreme), { minLength: 12, maxLength: 40, size: 'max' }),
        fids: fc.integer({ min: 1, max: 1 << 30 }),
        exports: fc.array(fc.record({ area: fc.option(area, { freq: 5 }), degrees: fc.boolean(), target: some }), {
          minLength: 2,
          maxLength: 4,
        }),
        table: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      })
      .map(({ shapes: all, rows, fids, ...rest }) => ({
        ...rest,
        features: all.map((shape, index) => ({
          shape,
          values: rows[(index * 7) % rows.length] ?? NO_VALUES,
          // In no order, and each once: an odd step goes through all of a power of two.
          fid: (Math.imul(index + 1, 2 * fids + 1) >>> 0) % 2 ** 31,
        })),
      })),
  );
}

export const NO_VALUES: Values = {
  flag: null,
  small: null,
  big: null,
  ratio: null,
  single: null,
  label: null,
  day: null,
  moment: null,
  photo: null,
  doc: null,
};
