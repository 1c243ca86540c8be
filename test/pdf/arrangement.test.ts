import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf } from '../../src/crs/definition.ts';
import type { Bounds } from '../../src/geometry/bounds.ts';
import { arrange } from '../../src/pdf/arrangement.ts';
import { Canvas } from '../../src/pdf/canvas.ts';
import { PAPER } from '../../src/pdf/colours.ts';
import { Fonts } from '../../src/pdf/fonts.ts';
import { drawFront } from '../../src/pdf/frontpage.ts';
import type { GraticuleLine } from '../../src/pdf/graticule.ts';
import type { LayerSymbol } from '../../src/pdf/layer.ts';
import { sizesFor } from '../../src/pdf/layout.ts';
import { legendBlocks } from '../../src/pdf/legend.ts';
import { mapOptions } from '../../src/pdf/options.ts';
import { CAP_HEIGHT, type Line, Typesetter } from '../../src/pdf/text.ts';
import type { Box, MapView } from '../../src/pdf/view.ts';

const OPTIONS = ['include_scale', 'include_scale_grid', 'include_lat_lon_grid', 'include_legend'] as const;
const VECTOR: LayerSymbol = {
  kind: 'vector',
  color: '#4477aa',
  polygons: { opacity: 0.45, outline: '#335577' },
  dimensions: ['polygons', 'lines', 'points'],
};
const RAMP: LayerSymbol = {
  kind: 'ramp',
  colors: ['#000000', '#ffffff'],
  ticks: ['≤\u20091\u2009000', '1\u2009500', '≥\u20092\u2009000'],
  unit: 'm',
};
const CLASSES: LayerSymbol = {
  kind: 'classes',
  classes: Array.from({ length: 14 }, (_, n) => ({
    name: `Class ${n} ${n === 3 ? 'of land that is covered with what grows slowly' : ''}`,
    color: '#aabbcc',
  })),
};
const LONG = 'A very long title of a map that somebody asked for without thinking of how wide a page of paper is, '.repeat(2);

interface Case {
  what: string;
  crs: string;
  title: string;
  entries: { title: string; symbol: LayerSymbol }[];
  notes: string[];
  bounds: Bounds;
  period: number | null;
  domain: Bounds | null;
  /** Metres of a unit. */
  metres: number;
  lines: (view: MapView) => GraticuleLine[];
}

const SHORT_NOTES = [
  'Coordinate reference system: NZGD2000',
  'Extent: 166°E to 179°E',
  'Source: Test Site. Licence: all layers: CC-BY-4.0.',
];
const CASES: readonly Case[] = [
  {
    what: 'a square metre',
    crs: 'EPSG:2193',
    title: 'Whangārei',
    entries: [{ title: 'A square metre', symbol: VECTOR }],
    notes: SHORT_NOTES,
    bounds: [1_749_045.6, 5_427_521.3, 1_749_046.7, 5_427_522.4],
    period: null,
    domain: null,
    metres: 1,
    lines: tilted(`174°46′48.00″E`, `41°17′23.98″S`),
  },
  {
    what: 'a tall country, and a legend with a ramp and classes',
    crs: 'EPSG:2193',
    title: 'New Zealand',
    entries: [
      { title: 'Cities', symbol: VECTOR },
      { title: 'Heights above the sea', symbol: RAMP },
      { title: 'Land cover', symbol: CLASSES },
    ],
    notes: SHORT_NOTES,
    bounds: [1_080_000, 4_740_000, 2_090_000, 6_200_000],
    period: null,
    domain: null,
    metres: 1,
    lines: tilted('170°E', '40°S'),
  },
  {
    what: 'a wide extent with all that is long',
    crs: 'EPSG:2263',
    title: LONG,
    entries: Array.from({ length: 30 }, (_, n) => ({
      title: `Layer ${n} ${n % 3 === 0 ? LONG : ''}`,
      symbol: n % 5 === 4 ? RAMP : VECTOR,
    })),
    notes: [LONG, LONG, LONG],
    bounds: [-2_000_000, 100_000, 2_000_000, 900_000],
    period: null,
    domain: null,
    metres: 0.3048,
    lines: tilted('100°30′W', '40°30′N'),
  },
  {
    what: 'the world in degrees',
    crs: 'EPSG:4326',
    title: 'The world',
    entries: [{ title: 'Countries', symbol: VECTOR }],
    notes: SHORT_NOTES,
    bounds: [-180, -90, 180, 90],
    period: 360,
    domain: [-180, -90, 180, 90],
    metres: 111_319,
    lines: tilted('179°W', '60°N', 0),
  },
  {
    what: 'an oval world',
    crs: 'EPSG:8857',
    title: 'The world',
    entries: [{ title: 'Countries', symbol: VECTOR }],
    notes: SHORT_NOTES,
    bounds: [-17_243_959, -8_392_927, 17_243_959, 8_392_927],
    period: null,
    domain: [-17_243_959, -8_392_927, 17_243_959, 8_392_927],
    metres: 0.87,
    lines: oval,
  },
];

/** Lines from side to side of a frame, a little turned; more of them than have room for their labels. */
function tilted(meridian: string, parallel: string, by = 9): Case['lines'] {
  return ({ frame: { x, y, width, height } }) =>
    Array.from({ length: 14 }, (_, n) => n / 13).flatMap((part): GraticuleLine[] => [
      {
        kind: 'meridian',
        value: 0,
        label: meridian,
        ends: [],
        pieces: [
          [
            [x + part * width, y],
            [x + part * width + by, y + height],
          ],
        ],
      },
      {
        kind: 'parallel',
        value: 0,
        label: parallel,
        ends: [],
        pieces: [
          [
            [x, y + part * height],
            [x + width, y + part * height - by],
          ],
        ],
      },
    ]);
}

/** Parallels that end within the frame. */
function oval({ frame: { x, y, width, height } }: MapView): GraticuleLine[] {
  return [0.2, 0.35, 0.5, 0.65, 0.8].map((part): GraticuleLine => {
    const half = (width / 2) * 0.99 * Math.sqrt(1 - (2 * part - 1) ** 2);
    const ends: [number, number][] = [-half, half].map((dx) => [x + width / 2 + dx, y + part * height]);
    return { kind: 'parallel', value: 0, label: '60°N', ends, pieces: [ends] };
  });
}

interface Mark extends Box {
  what: string;
}

/** A page that remembers where its texts and symbols are. */
class Recorder extends Canvas {
  readonly texts: Mark[] = [];
  readonly symbols: Mark[] = [];

  override text(
    line: Line,
    x: number,
    y: number,
    ...rest: [colour: Parameters<Canvas['text']>[3], anchor?: 'left' | 'middle' | 'right']
  ): void {
    const left = x - line.width * { left: 0, middle: 0.5, right: 1 }[rest[1] ?? 'left'];
    this.texts.push({
      what: line.text,
      x: left,
      y: y - BELOW * line.style.size,
      width: line.width,
      height: (CAP_HEIGHT + BELOW) * line.style.size,
    });
    super.text(line, x, y, ...rest);
  }

  override turnedText(line: Line, x: number, y: number, ...rest: [colour: Parameters<Canvas['text']>[3], way: 'up' | 'down']): void {
    assert.equal(rest[1], 'up');
    const { size } = line.style;
    this.texts.push({ what: line.text, x: x - CAP_HEIGHT * size, y, width: (CAP_HEIGHT + BELOW) * size, height: line.width });
    super.turnedText(line, x, y, ...rest);
  }

  override fill(box: Box, ...rest: [colour: Parameters<Canvas['fill']>[1]]): void {
    this.symbols.push({ what: 'a fill', ...box });
    super.fill(box, ...rest);
  }

  override fillAndStroke(box: Box, ...rest: [Parameters<Canvas['fill']>[1], Parameters<Canvas['fill']>[1], number]): void {
    this.symbols.push({ what: 'a symbol', ...box });
    super.fillAndStroke(box, ...rest);
  }
}

/** Of a text's size: how far most letters go below the line. */
const BELOW = 0.2;

function overlap(one: Box, other: Box, slack = 0.2): boolean {
  const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const up = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return across > slack && up > slack;
}

function isWithin(one: Box, other: Box, slack = 1): boolean {
  return (
    one.x >= other.x - slack &&
    one.y >= other.y - slack &&
    one.x + one.width <= other.x + other.width + slack &&
    one.y + one.height <= other.y + other.height + slack
  );
}

/** What is wrong with a page. */
function faults(recorder: Recorder, frame: Box, page: readonly [number, number]): string[] {
  const { margin } = sizesFor(page);
  const paper = { x: margin, y: margin, width: page[0] - 2 * margin, height: page[1] - 2 * margin };
  const found: string[] = [];
  const { texts } = recorder;
  // What the map is drawn on is no symbol.
  const symbols = recorder.symbols.filter(({ x, width }) => x !== frame.x || width !== frame.width);
  if (!isWithin(frame, paper)) found.push('the frame leaves the paper');
  if (frame.width < page[0] * 0.2 || frame.height < page[1] * 0.2) found.push(`a map of ${frame.width} by ${frame.height}`);
  for (const symbol of symbols)
    if (!isWithin(symbol, paper) || overlap(symbol, frame)) found.push(`${symbol.what} at ${symbol.x}, ${symbol.y}`);
  texts.forEach((text, i) => {
    if (!isWithin(text, paper)) found.push(`"${text.what}" leaves the paper`);
    if (overlap(text, frame) && !isWithin(text, frame, 0)) found.push(`"${text.what}" lies on the frame`);
    for (const other of texts.slice(i + 1)) if (overlap(text, other)) found.push(`"${text.what}" and "${other.what}"`);
    for (const symbol of symbols) if (overlap(text, symbol)) found.push(`"${text.what}" and ${symbol.what}`);
  });
  return found;
}

/** Every set of options, on every page. */
const pages = ['a4', 'a3', 'letter'].flatMap((page_size) =>
  ['landscape', 'portrait'].flatMap((page_orientation) =>
    Array.from({ length: 2 ** OPTIONS.length }, (_, bits) => ({
      page_size,
      page_orientation,
      ...Object.fromEntries(OPTIONS.map((option, index) => [option, (bits & (1 << index)) !== 0])),
    })),
  ),
);

for (const { what, crs: id, title, entries, notes, lines, metres, ...extent } of CASES)
  test(`nothing lies over anything else or leaves the page, with every set of options on every page: ${what}`, async () => {
    const typesetter = new Typesetter(await Fonts.load([title, ...notes]));
    const crs = await definitionOf(id);
    assert.equal(pages.length, 96);
    for (const asked of pages) {
      const options = mapOptions(asked);
      const blocks = options.legend ? legendBlocks(entries, typesetter, sizesFor(options.page)) : [];
      const said = { title, notes: notes.map((text) => ({ text, most: 3 })), blocks };
      const { layout, fitted } = arrange(typesetter, options, said, extent, metres);
      const graticule = options.graticule ? lines(fitted.view) : [];
      const recorder = new Recorder();
      const placed = drawFront(
        recorder,
        { options, layout, fitted, crs, isTurned: false, typesetter, graticule, paper: PAPER },
        [],
        options.graticule ? 'G' : null,
        blocks,
      );
      const told = JSON.stringify(asked);
      assert.deepEqual(faults(recorder, fitted.view.frame, options.page), [], told);
      // What is asked for is there, and nothing else.
      const all = recorder.texts.map((text) => text.what).join(' | ');
      assert.equal(/Legend/.test(all), options.legend, told);
      assert.equal(/in the middle of the map|1:\d/.test(all), options.scale, told);
      assert.equal(
        lines(fitted.view).some(({ label }) => label !== null && all.includes(label)),
        options.graticule,
        told,
      );
      assert.equal(/ (E|N)( \||$)|\d°( \||$)/.test(all), options.scaleGrid, `${told} ${all}`);
      assert.ok(placed === blocks.length || /and \d+ more on the next page/.test(all), told);
    }
  });
