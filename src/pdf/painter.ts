import { ByteBuffer } from '../store/bytes.ts';
import type { Geometry } from '../store/feature.ts';
import { FlatGeometry } from '../store/flat.ts';
import { dimensionOf } from '../store/shape.ts';
import type { EncodedFormat, Encoder, EncoderTarget, Shape } from '../vector/encoder.ts';
import type { BatchMeasure } from '../vector/measure.ts';
import { Cells } from './cells.ts';
import { colourOf, haloOf, parts } from './colours.ts';
import { DETAILS } from './detail.ts';
import { PARTS, PER_POINT } from './layerstyle.ts';
import { FEATURES, FIGURES, POSITIONS, paintLayout, TOO_SMALL } from './paintlayout.ts';
import { simplify } from './simplify.ts';
import { Tint } from './tint.ts';
import type { MapView, VectorPaint } from './view.ts';

/** Paints features as paths of a PDF page, in two passes: one finds how finely they can be drawn. */
export const vectorPainter: EncodedFormat = {
  measures: 'shapes',
  level: 6,
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
  /** A line on the page. */
  #path = new Float64Array(1 << 12);
  #simple = new Float64Array(1 << 12);
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
    const dimension = dimensionOf(shape.type) ?? 2;
    figures[FEATURES + dimension] = (figures[FEATURES + dimension] ?? 0) + 1;
    for (let detail = 0; detail < DETAILS.length; detail++) {
      if (this.#each(shape, (flat) => this.#measureFlat(flat, detail))) continue;
      figures[TOO_SMALL + detail] = (figures[TOO_SMALL + detail] ?? 0) + 1;
    }
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
    this.#each(shape, (flat) => this.#paintFlat(flat, isDrawn));
  }

  end(): readonly ByteBuffer[] {
    const [tint] = this.#streams;
    if (tint) this.#tint.write(tint);
    this.#places.clear();
    return this.#streams;
  }

  /** Does something for a geometry, or for each member of a collection; true where it is true of any. */
  #each(shape: FlatGeometry | Geometry, work: (flat: FlatGeometry) => boolean): boolean {
    if (shape instanceof FlatGeometry) return work(shape);
    let any = false;
    for (const part of shape.parts) {
      if (part.type === 'GeometryCollection') any = this.#each(part, work) || any;
      else {
        this.#member.set(part);
        any = work(this.#member) || any;
      }
    }
    return any;
  }

  /** Counts what would be drawn of a geometry; false where all of it is too small. */
  #measureFlat(flat: FlatGeometry, detail: number): boolean {
    const { tolerance, smallest } = DETAILS[detail] ?? { tolerance: 0, smallest: 0 };
    let [drawn, positions] = [false, 0];
    if (flat.type === 'Point' || flat.type === 'MultiPoint') {
      for (let i = 0; i < flat.count; i++) {
        this.#toPage(flat.xy, i, i + 1);
        if (!this.#measured[detail]?.mark(this.#path[0] ?? 0, this.#path[1] ?? 0, smallest * PER_POINT)) continue;
        drawn = true;
        positions += 3;
      }
    } else {
      const rings = this.#ringsOf(flat);
      const isLine = isLines(flat);
      for (let ring = 0, from = 0; ring < rings; ring++) {
        const to = flat.endCount > 0 ? (flat.ends[ring] ?? 0) : flat.count;
        if (this.#toPage(flat.xy, from, to) >= smallest * PER_POINT) {
          drawn = true;
          // A ring's last position is its first, and is not written.
          positions += simplify(this.#path, 0, to - from, tolerance * PER_POINT, this.#simple) - (isLine ? 0 : 1);
        }
        from = to;
      }
    }
    this.#figures[POSITIONS + detail] = (this.#figures[POSITIONS + detail] ?? 0) + positions;
    return drawn;
  }

  #ringsOf(flat: FlatGeometry): number {
    return flat.count === 0 ? 0 : Math.max(1, flat.endCount);
  }

  /** Brings positions onto the page, all of them on the map's turn; gives the longer side of their box. */
  #toPage(xy: Float64Array, from: number, to: number): number {
    const { frame, bounds, scale, period } = this.#view;
    const count = to - from;
    if (this.#path.length < 2 * count) {
      this.#path = new Float64Array(4 * count);
      this.#simple = new Float64Array(4 * count + 4);
    }
    const path = this.#path;
    let shift = 0;
    if (period !== null) {
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = from; i < to; i++) {
        const x = xy[2 * i] ?? 0;
        if (x < least) least = x;
        if (x > most) most = x;
      }
      shift = period * Math.round(((bounds[0] + bounds[2]) / 2 - (least + most) / 2) / period);
    }
    const factor = scale * PER_POINT;
    const [left, bottom] = [frame.x * PER_POINT - (bounds[0] - shift) * factor, frame.y * PER_POINT - bounds[1] * factor];
    let [minX, minY, maxX, maxY] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < count; i++) {
      const x = (xy[2 * (from + i)] ?? 0) * factor + left;
      const y = (xy[2 * (from + i) + 1] ?? 0) * factor + bottom;
      path[2 * i] = x;
      path[2 * i + 1] = y;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
    return Math.max(maxX - minX, maxY - minY);
  }

  /** Draws a geometry, or what of it is large enough; the rest becomes a tint. False where nothing of it is seen alone. */
  #paintFlat(flat: FlatGeometry, isDrawn: boolean): boolean {
    const { tolerance, smallest } = DETAILS[this.#detail] ?? { tolerance: 0, smallest: 0 };
    if (flat.type === 'Point' || flat.type === 'MultiPoint') {
      if (isDrawn) for (let i = 0; i < flat.count; i++) this.#paintPoint(flat.xy, i, smallest * PER_POINT);
      return isDrawn;
    }
    const isLine = isLines(flat);
    const out = this.#streams[isLine ? 2 : 1];
    if (!out) return false;
    const rings = this.#ringsOf(flat);
    let [drawn, polygon, isOuter] = [false, 0, true];
    const outlines: number[] = [];
    let isOnSeam = false;
    for (let ring = 0, from = 0; ring < rings; ring++) {
      const to = flat.endCount > 0 ? (flat.ends[ring] ?? 0) : flat.count;
      const size = this.#toPage(flat.xy, from, to);
      if (!isDrawn || size < smallest * PER_POINT) {
        // Holes that are too small are closed.
        if (isLine || isOuter || !isDrawn) this.#addToTint(isLine ? 'line' : isOuter ? 'outer' : 'hole', to - from, size / PER_POINT);
      } else {
        const count = simplify(this.#path, 0, to - from, tolerance * PER_POINT, this.#simple);
        if (this.#writePath(out, count, !isLine)) drawn = true;
        if (!isLine && this.#view.period !== null) {
          outlines.push(from, to);
          isOnSeam ||= this.#isOnSeam(flat.xy, from, to);
        }
      }
      from = to;
      isOuter = ring + 1 === flat.polygons[polygon];
      if (isOuter) polygon++;
    }
    if (!drawn) return false;
    if (isLine) out.ascii('S\n');
    else if (!isOnSeam) out.ascii('B*\n');
    else {
      out.ascii('f*\n');
      for (let i = 0; i < outlines.length; i += 2)
        this.#strokeBesideSeam(out, flat.xy, outlines[i] ?? 0, outlines[i + 1] ?? 0, tolerance * PER_POINT);
    }
    return true;
  }

  /** Tints what would be drawn of the path. Outlines are finer the smaller their polygons are, and mostly two lie on each other. */
  #addToTint(part: 'line' | 'outer' | 'hole', count: number, size: number): void {
    if (part === 'line') this.#tint.line(2, this.#path, count, this.#line, this.#lineDot);
    else {
      this.#tint.ring(this.#path, count, part === 'hole');
      this.#tint.line(1, this.#path, count, Math.min(this.#outline, size * OUTLINE_SHARE) / 2, this.#outlineDot);
    }
  }

  #paintPoint(xy: Float64Array, index: number, side: number): void {
    const out = this.#streams[3];
    this.#toPage(xy, index, index + 1);
    const [x = 0, y = 0] = this.#path;
    if (!out || !this.#places.mark(x, y, side)) return;
    // A line as good as without length, whose round caps are a disc: shorter than any other way to draw one.
    const disc = `${Math.round(x)} ${Math.round(y)} m ${Math.round(x) + 1} ${Math.round(y)} l S\n`;
    if (this.#pointHalo > 0) {
      const [inner, outer] = [Math.round(this.#pointSize), Math.round(this.#pointSize + 2 * this.#pointHalo)];
      out.ascii(`${this.#halo} RG ${outer} w ${disc}${this.#ink} RG ${inner} w ${disc}`);
    } else out.ascii(disc);
  }

  /** Writes what was simplified as a path, without positions that fall on the one before; false where that leaves no line. */
  #writePath(out: ByteBuffer, count: number, closes: boolean): boolean {
    const simple = this.#simple;
    let [lastX, lastY, written] = [Number.NaN, Number.NaN, 0];
    const before = out.length;
    // A ring's last position is its first.
    const end = closes ? count - 1 : count;
    for (let i = 0; i < end; i++) {
      const x = Math.round(simple[2 * i] ?? 0);
      const y = Math.round(simple[2 * i + 1] ?? 0);
      if (x === lastX && y === lastY) continue;
      writeInteger(out, x);
      out.uint8(SPACE);
      writeInteger(out, y);
      out.ascii(written === 0 ? ' m\n' : ' l\n');
      [lastX, lastY] = [x, y];
      written++;
    }
    if (written < 2) {
      out.length = before;
      return false;
    }
    if (closes) out.ascii('h\n');
    return true;
  }

  /** Whether an edge runs along the meridian on which x begins anew: no outline is meant to be there. */
  #isOnSeam(xy: Float64Array, from: number, to: number): boolean {
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
        this.#toPage(xy, from, to);
        const count = simplify(this.#path, start - from, end - from + 1, tolerance, this.#simple);
        this.#writePath(out, count, false);
      }
      start = end + 1;
    }
    out.ascii('S\n');
  }
}

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
