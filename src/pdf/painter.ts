import { simplify } from '../geometry/simplify.ts';
import { ByteBuffer } from '../store/bytes.ts';
import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import { dimensionOf } from '../store/shape.ts';
import type { EncodedFormat, Encoder, EncoderTarget, Shape } from '../vector/encoder.ts';
import { LargeGeometry } from '../vector/large.ts';
import type { BatchMeasure } from '../vector/measure.ts';
import { Cells } from './cells.ts';
import { colourOf, haloOf, parts } from './colours.ts';
import { DETAILS } from './detail.ts';
import { Groups } from './groups.ts';
import { PARTS, PER_POINT } from './layerstyle.ts';
import { FEATURES, FIGURES, POSITIONS, paintLayout, TOO_SMALL } from './paintlayout.ts';
import { Tint } from './tint.ts';
import type { MapView, VectorPaint } from './view.ts';

/** Paints features as paths of a PDF page, in two passes: one finds how finely they can be drawn. */
export const vectorPainter: EncodedFormat = {
  measures: 'shapes',
  levels: [6],
  encoder: (target) => new Painter(paintOf(target)),
  layout: async (target, measures) => paintLayout(paintOf(target), measures),
};

function paintOf({ paint }: EncoderTarget): VectorPaint {
  if (!paint) throw new Error('A map needs to know where it is on the page.');
  return paint;
}

export class Painter implements Encoder {
  readonly #view: MapView;
  /** The layer's colour, as operators have it. */
  readonly #ink: string;
  readonly #halo: string;
  readonly #streams = PARTS.map(() => new ByteBuffer(1 << 16));
  readonly #tint: Tint;
  readonly #places = new Cells();
  /** For measuring: the places of points, for each detail. */
  readonly #measured = DETAILS.map(() => new Cells());
  readonly #figures = new Float64Array(FIGURES);
  readonly #member = new FlatGeometry();
  /** What brings x and y to the page, set by `#place`. */
  #factor = 1;
  #left = 0;
  #bottom = 0;
  /** A piece of a line on the page, and what is left of it. */
  readonly #piece = new Float64Array(2 * PIECE);
  readonly #simple = new Float64Array(2 * PIECE);
  /** Which details a geometry is large enough for, one bit each. */
  #drawn = 0;
  readonly #polygons = new Groups('B*\n');
  /** Outlines of the geometry that is painted, should it be on the seam, and whether it is. */
  readonly #outlines = new ByteBuffer(1 << 12);
  #isOnSeam = false;
  /** Of lines and points that wait to be drawn by one operator: their colours cover what is below, so that it does not matter in which order. */
  #lines = 0;
  #points = 0;
  #detail = 0;
  #pointSize = 0;
  #pointHalo = 0;
  /** Widths, in points, and what the smallest of features are inked with, in square points. */
  #outline = 0;
  #line = 0;
  #outlineDot = 0;
  #lineDot = 0;
  /** Of so many features one is drawn; and how many of the batch there were. */
  #every = 1;
  #seen = 0;

  constructor({ view, color }: VectorPaint) {
    this.#view = view;
    this.#ink = parts(colourOf(color));
    this.#halo = parts(haloOf(colourOf(color)));
    this.#tint = new Tint(view.frame);
  }

  measure(shape: Shape): void {
    if (!shape) return;
    const figures = this.#figures;
    const dimension = (shape instanceof LargeGeometry && shape.member > 0 ? null : dimensionOf(shape.type)) ?? 2;
    figures[FEATURES + dimension] = (figures[FEATURES + dimension] ?? 0) + 1;
    this.#drawn = 0;
    this.#each(shape, (flat) => this.#measureFlat(flat));
    for (let detail = 0; detail < DETAILS.length; detail++)
      if ((this.#drawn & (1 << detail)) === 0) figures[TOO_SMALL + detail] = (figures[TOO_SMALL + detail] ?? 0) + 1;
  }

  measured(): BatchMeasure {
    for (const cells of this.#measured) cells.clear();
    const figures = this.#figures.slice();
    this.#figures.fill(0);
    return { figures, lists: [] };
  }

  begin([
    detail = 0,
    pointSize = 0,
    pointHalo = 0,
    every = 1,
    outline = 0,
    line = 0,
    outlineDot = 0,
    lineDot = 0,
  ]: readonly number[]): void {
    this.#detail = detail;
    this.#pointSize = pointSize;
    this.#pointHalo = pointHalo;
    this.#every = every;
    this.#outline = outline;
    this.#line = line;
    this.#outlineDot = outlineDot;
    this.#lineDot = lineDot;
    this.#seen = 0;
  }

  write(shape: Shape): void {
    if (!shape) return;
    const isDrawn = this.#seen++ % this.#every === 0;
    if (shape instanceof LargeGeometry) this.#paint(shape.pieces(), isDrawn, shape);
    else this.#each(shape, (flat) => this.#paint([flat], isDrawn));
  }

  end(): readonly ByteBuffer[] {
    const [tint, polygons, lines, points] = this.#streams;
    if (tint) this.#tint.write(tint);
    if (polygons) this.#polygons.end(polygons);
    if (lines && this.#lines > 0) lines.ascii('S\n');
    if (points && this.#points > 0) points.ascii('S\n');
    [this.#lines, this.#points] = [0, 0];
    this.#places.clear();
    return this.#streams;
  }

  /** Does something for a geometry, or for each of its pieces, or of the members of a collection. */
  #each(shape: FlatGeometry | Geometry, work: (flat: FlatGeometry) => void): void {
    if (shape instanceof LargeGeometry) {
      for (const piece of shape.pieces()) work(piece);
      return;
    }
    if (shape instanceof FlatGeometry) {
      work(shape);
      return;
    }
    for (const part of shape.parts) {
      if (part.type === 'GeometryCollection') this.#each(part, work);
      else {
        this.#member.set(part);
        work(this.#member);
      }
    }
  }

  /** Counts what would be drawn of a geometry, for each detail. */
  #measureFlat(flat: FlatGeometry): void {
    if (flat.type === 'Point' || flat.type === 'MultiPoint') {
      for (let i = 0; i < flat.count; i++) this.#measurePoint(flat.xy, i);
      return;
    }
    const rings = this.#ringsOf(flat);
    const isLine = isLines(flat);
    for (let ring = 0, from = 0; ring < rings; ring++) {
      const to = flat.endCount > 0 ? (flat.ends[ring] ?? 0) : flat.count;
      const size = this.#place(flat.xy, from, to);
      // A ring's last position is its first, and is not written.
      if (this.#count(size, isLine ? 0 : -1)) for (let at = from; at < to; at += PIECE) this.#measurePiece(flat.xy, at, to, size);
      from = to;
    }
  }

  #measurePoint(xy: Float64Array, index: number): void {
    this.#place(xy, index, index + 1);
    this.#bring(xy, index, index + 1);
    for (let detail = 0; detail < DETAILS.length; detail++) {
      const { smallest } = DETAILS[detail] ?? { smallest: 0 };
      if (!this.#measured[detail]?.mark(this.#piece[0] ?? 0, this.#piece[1] ?? 0, smallest * PER_POINT)) continue;
      this.#drawn |= 1 << detail;
      this.#add(POSITIONS + detail, 3);
    }
  }

  /** Counts a line or ring of a size for the details that draw it; false where none does. */
  #count(size: number, positions: number): boolean {
    let any = false;
    for (let detail = 0; detail < DETAILS.length; detail++) {
      if (size < (DETAILS[detail]?.smallest ?? 0) * PER_POINT) break;
      any = true;
      this.#drawn |= 1 << detail;
      this.#add(POSITIONS + detail, positions);
    }
    return any;
  }

  #measurePiece(xy: Float64Array, from: number, end: number, size: number): void {
    const to = Math.min(end, from + PIECE);
    this.#bring(xy, from, to);
    for (let detail = 0; detail < DETAILS.length; detail++) {
      const { tolerance, smallest } = DETAILS[detail] ?? { tolerance: 0, smallest: 0 };
      if (size < smallest * PER_POINT) return;
      this.#add(POSITIONS + detail, simplify(this.#piece, 0, to - from, tolerance * PER_POINT, this.#simple));
    }
  }

  #add(figure: number, count: number): void {
    this.#figures[figure] = (this.#figures[figure] ?? 0) + count;
  }

  #ringsOf(flat: FlatGeometry): number {
    return flat.count === 0 ? 0 : Math.max(1, flat.endCount);
  }

  /** Finds where a line or ring is on the page, all of it on the map's turn; gives the longer side of its box. */
  #place(xy: Float64Array, from: number, to: number): number {
    const { frame, bounds, scale, period } = this.#view;
    let [minX, minY, maxX, maxY] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = from; i < to; i++) {
      const x = xy[2 * i] ?? 0;
      const y = xy[2 * i + 1] ?? 0;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
    const shift = period === null ? 0 : period * Math.round(((bounds[0] + bounds[2]) / 2 - (minX + maxX) / 2) / period);
    this.#factor = scale * PER_POINT;
    this.#left = frame.x * PER_POINT - (bounds[0] - shift) * this.#factor;
    this.#bottom = frame.y * PER_POINT - bounds[1] * this.#factor;
    return Math.max(maxX - minX, maxY - minY) * this.#factor;
  }

  /** Brings positions of what was placed onto the page, no more than a piece has. */
  #bring(xy: Float64Array, from: number, to: number): void {
    const piece = this.#piece;
    const [factor, left, bottom] = [this.#factor, this.#left, this.#bottom];
    for (let i = 0; i < to - from; i++) {
      piece[2 * i] = (xy[2 * (from + i)] ?? 0) * factor + left;
      piece[2 * i + 1] = (xy[2 * (from + i) + 1] ?? 0) * factor + bottom;
    }
  }

  /** Draws a geometry of one or more pieces, or what of it is large enough; the rest becomes a tint. */
  #paint(pieces: Iterable<FlatGeometry>, isDrawn: boolean, large: LargeGeometry | null = null): void {
    const [, polygons, lines] = this.#streams;
    if (!polygons || !lines) return;
    let drawn = 0;
    this.#beginPolygons();
    let member = 0;
    for (const flat of pieces) {
      if (large && large.member !== member) {
        this.#finishPolygons(polygons, drawn);
        this.#beginPolygons();
        [member, drawn] = [large.member, 0];
      }
      if (flat.type === 'Point' || flat.type === 'MultiPoint') this.#paintPoints(flat, isDrawn);
      else if (isLines(flat)) this.#paintLines(lines, flat, isDrawn);
      else drawn += this.#paintPolygons(polygons, flat, isDrawn, large);
    }
    this.#finishPolygons(polygons, drawn);
  }

  #beginPolygons(): void {
    this.#polygons.begin();
    this.#outlines.length = 0;
    this.#isOnSeam = false;
  }

  /** Adds the path of a geometry's polygons, where it has some. */
  #finishPolygons(out: ByteBuffer, drawn: number): void {
    if (drawn === 0) return;
    if (!this.#isOnSeam) {
      this.#polygons.add(out, (this.#outline / 2) * PER_POINT);
      return;
    }
    const { path } = this.#polygons;
    out.raw(path.bytes, 0, path.length);
    out.ascii('f*\n');
    out.raw(this.#outlines.bytes, 0, this.#outlines.length);
  }

  #paintPoints(flat: FlatGeometry, isDrawn: boolean): void {
    const { smallest } = DETAILS[this.#detail] ?? { smallest: 0 };
    if (isDrawn) for (let i = 0; i < flat.count; i++) this.#paintPoint(flat.xy, i, smallest * PER_POINT);
  }

  #paintLines(out: ByteBuffer, flat: FlatGeometry, isDrawn: boolean): void {
    const { tolerance, smallest } = DETAILS[this.#detail] ?? { tolerance: 0, smallest: 0 };
    for (let line = 0, from = 0; line < this.#ringsOf(flat); line++) {
      const to = flat.endCount > 0 ? (flat.ends[line] ?? 0) : flat.count;
      const size = this.#place(flat.xy, from, to);
      if (!isDrawn || size < smallest * PER_POINT) this.#addToTint('line', flat.xy, from, to, size);
      else if (this.#writePath(out, flat.xy, from, to, tolerance * PER_POINT, false)) this.#lines++;
      from = to;
    }
    if (this.#lines < MOST_LINES) return;
    out.ascii('S\n');
    this.#lines = 0;
  }

  /** Adds rings to the path that was begun, and their outlines where some may be on the seam; gives how many there are. */
  #paintPolygons(out: ByteBuffer, flat: FlatGeometry, isDrawn: boolean, large: LargeGeometry | null): number {
    const { tolerance, smallest } = DETAILS[this.#detail] ?? { tolerance: 0, smallest: 0 };
    let [drawn, polygon, isOuter] = [0, 0, !large?.areHoles];
    const outlines: number[] = [];
    for (let ring = 0, from = 0; ring < this.#ringsOf(flat); ring++) {
      const to = flat.endCount > 0 ? (flat.ends[ring] ?? 0) : flat.count;
      const size = this.#place(flat.xy, from, to);
      if (!isDrawn || size < smallest * PER_POINT) {
        // Holes that are too small are closed.
        if (isOuter || !isDrawn) this.#addToTint(isOuter ? 'outer' : 'hole', flat.xy, from, to, size);
      } else {
        if (this.#writePath(this.#polygons.path, flat.xy, from, to, tolerance * PER_POINT, true)) drawn++;
        if (this.#view.period !== null) {
          outlines.push(from, to);
          this.#isOnSeam ||= this.#hasSeam(flat.xy, from, to);
        }
        this.#polygons.spill(out);
      }
      from = to;
      isOuter = ring + 1 === flat.polygons[polygon];
      if (isOuter) polygon++;
    }
    // Of a large one, a later piece may be on it.
    if (this.#isOnSeam || large)
      for (let i = 0; i < outlines.length; i += 2)
        this.#strokeBesideSeam(this.#outlines, flat.xy, outlines[i] ?? 0, outlines[i + 1] ?? 0, tolerance * PER_POINT);
    return drawn;
  }

  /** Tints what would be drawn of a line or ring that was placed. Outlines are finer the smaller their polygons are, and mostly two lie on each other. */
  #addToTint(part: 'line' | 'outer' | 'hole', xy: Float64Array, from: number, to: number, size: number): void {
    const [path, count] = this.#whole(xy, from, to, size);
    if (part === 'line') this.#tint.line(2, path, count, this.#line, this.#lineDot);
    else {
      this.#tint.ring(path, count, part === 'hole');
      this.#tint.line(1, path, count, Math.min(this.#outline, (size / PER_POINT) * OUTLINE_SHARE) / 2, this.#outlineDot);
    }
  }

  /** All of a line or ring on the page; where it has very many positions, as many as show how it runs. */
  #whole(xy: Float64Array, from: number, to: number, size: number): [path: Float64Array, count: number] {
    if (to - from <= PIECE) {
      this.#bring(xy, from, to);
      return [this.#piece, to - from];
    }
    const path: number[] = [];
    for (let at = from; at < to; at += PIECE) {
      const end = Math.min(to, at + PIECE);
      this.#bring(xy, at, end);
      const count = simplify(this.#piece, 0, end - at, size * UNSEEN, this.#simple);
      for (let i = 0; i < 2 * count; i++) path.push(this.#simple[i] ?? 0);
    }
    return [Float64Array.from(path), path.length / 2];
  }

  #paintPoint(xy: Float64Array, index: number, side: number): void {
    const out = this.#streams[3];
    this.#place(xy, index, index + 1);
    this.#bring(xy, index, index + 1);
    const [x = 0, y = 0] = this.#piece;
    if (!out || !this.#places.mark(x, y, side)) return;
    // A line as good as without length, whose round caps are a disc: shorter than any other way to draw one.
    const disc = `${Math.round(x)} ${Math.round(y)} m ${Math.round(x) + 1} ${Math.round(y)} l`;
    if (this.#pointHalo > 0) {
      const [inner, outer] = [Math.round(this.#pointSize), Math.round(this.#pointSize + 2 * this.#pointHalo)];
      out.ascii(`${this.#halo} RG ${outer} w ${disc} S\n${this.#ink} RG ${inner} w ${disc} S\n`);
      return;
    }
    this.#points++;
    out.ascii(this.#points % MOST_LINES === 0 ? `${disc} S\n` : `${disc}\n`);
    this.#points %= MOST_LINES;
  }

  /** Writes a line or ring that was placed as a path, without positions that fall on the one before; false where that leaves no line. */
  #writePath(out: ByteBuffer, xy: Float64Array, from: number, to: number, tolerance: number, closes: boolean): boolean {
    const simple = this.#simple;
    let [lastX, lastY, written] = [Number.NaN, Number.NaN, 0];
    const before = out.length;
    for (let at = from; at < to; at += PIECE) {
      const end = Math.min(to, at + PIECE);
      this.#bring(xy, at, end);
      const count = simplify(this.#piece, 0, end - at, tolerance, simple);
      // A ring's last position is its first.
      const most = closes && end === to ? count - 1 : count;
      for (let i = 0; i < most; i++) {
        const x = Math.round(simple[2 * i] ?? 0);
        const y = Math.round(simple[2 * i + 1] ?? 0);
        if (x === lastX && y === lastY) continue;
        writeInteger(out, x);
        out.uint8(SPACE);
        writeInteger(out, y);
        out.ascii(written === 0 ? ' m\n' : ' l\n');
        if (closes) this.#polygons.extendBox(x, y);
        [lastX, lastY] = [x, y];
        written++;
      }
    }
    if (written < 2) {
      out.length = before;
      return false;
    }
    if (closes) out.ascii('h\n');
    return true;
  }

  /** Whether an edge runs along the meridian on which x begins anew: no outline is meant to be there. */
  #hasSeam(xy: Float64Array, from: number, to: number): boolean {
    for (let i = from; i + 1 < to; i++) if (this.#isSeam(xy, i)) return true;
    return false;
  }

  #isSeam(xy: Float64Array, i: number): boolean {
    const { period } = this.#view;
    if (period === null) return false;
    const [x, next] = [xy[2 * i] ?? 0, xy[2 * i + 2] ?? 0];
    return Math.abs(x - next) < period * SEAM && Math.abs(Math.abs(x) - period / 2) < period * SEAM;
  }

  /** Draws a ring's outline but for its edges on the seam. */
  #strokeBesideSeam(out: ByteBuffer, xy: Float64Array, from: number, to: number, tolerance: number): void {
    for (let start = from; start + 1 < to; ) {
      let end = start;
      while (end + 1 < to && !this.#isSeam(xy, end)) end++;
      if (end > start) {
        // As a piece of its ring, on whose turn it is.
        this.#place(xy, from, to);
        this.#writePath(out, xy, start, end + 1, tolerance, false);
      }
      start = end + 1;
    }
    out.ascii('S\n');
  }
}

/** Positions that are brought onto the page at a time: one feature may be all of a layer. */
const PIECE = 1 << 13;
/** Lines, or points, that one operator draws. */
const MOST_LINES = 16;
/** Of a line's size: what it may be moved by where it becomes a tint. */
const UNSEEN = 1 / 500;
/** Of a polygon's size: how wide an outline may be for its inside to be seen. */
const OUTLINE_SHARE = 1 / 8;

function isLines({ type }: FlatGeometry): boolean {
  return type === 'LineString' || type === 'MultiLineString';
}

/** Of a turn: how near to the seam an edge is on it. */
const SEAM = 1e-9;
const SPACE = 0x20;

function writeInteger(out: ByteBuffer, value: number): void {
  out.ascii(String(value));
}
