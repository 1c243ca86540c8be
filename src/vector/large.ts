import { simplify } from '../geometry/simplify.ts';
import { collectGarbage } from '../heap.ts';
import { FlatGeometry } from '../store/flat.ts';
import type { LargeFeature, LargePart } from '../store/largefeature.ts';
import { dimensionOf, emptyBox } from '../store/shape.ts';
import type { Cutter } from './cutter.ts';

/** Bytes of a feature that is read piece by piece. */
export const LARGE = 1 << 20;
/** Positions of a piece, more or less. */
const PIECE = 1 << 15;
/** Positions of a ring or line that is taken as it is; of a longer one as many are left out as it takes. */
const MOST_POSITIONS = 1 << 17;
/** Positions of a polygon's rings on the crop's edge, which are cut together; of more as many are left out as it takes. */
const MOST_CUT = 1 << 19;
/** Of them, where the tolerance stays as it is. */
const MANY_CUT = MOST_CUT * 0.75;
/** Of a ring. */
const LEAST_POSITIONS = 4;
/** How often the tolerance is doubled: where coordinates are no numbers, it helps nothing. */
const MOST_ROUNDS = 30;
/** Positions that are looked at together to find those that can be left out. */
const LOOKED_AT = 1 << 13;

/**
 * A geometry that comes in pieces, each of which holds until the next: what is drawn need not be there as a whole. Only its rings of very many
 * positions lose some, so that they move by hardly more than a tolerance.
 */
export class LargeGeometry extends FlatGeometry {
  /** Whether the rings of the piece are holes of a polygon that came before it. */
  areHoles = false;
  /** The number of the collection's member that the piece belongs to; 0 where there is no collection. */
  member = 0;
  readonly #feature: LargeFeature;
  readonly #cutter: Cutter | null;
  readonly #tolerance: number;
  readonly #finish: (piece: FlatGeometry) => FlatGeometry | null;
  readonly #pieces: Generator<FlatGeometry>;
  readonly #first: IteratorResult<FlatGeometry>;
  /** A polygon on the crop's edge, or a ring that is looked at. */
  readonly #apart = new FlatGeometry();
  readonly #read = new Float64Array(2 * LOOKED_AT);
  readonly #simple = new Float64Array(2 * LOOKED_AT);

  /**
   * @param cutter null where all of it lies inside.
   * @param tolerance in the layer's units.
   * @param finish what is done to each piece that is left of it; null where that leaves nothing.
   */
  constructor(feature: LargeFeature, cutter: Cutter | null, tolerance: number, finish: (piece: FlatGeometry) => FlatGeometry | null) {
    super();
    this.#feature = feature;
    this.#cutter = cutter;
    this.#tolerance = tolerance;
    this.#finish = finish;
    this.#pieces = this.#all();
    this.#first = this.#pieces.next();
  }

  /** Whether nothing of it is left. */
  get isNothing(): boolean {
    return this.#first.done === true;
  }

  /** Gives back the memory of its rings. */
  override free(): void {
    super.free();
    this.#apart.free();
  }

  /** All pieces, once. */
  *pieces(): Generator<FlatGeometry> {
    if (this.#first.done) return;
    yield this.#first.value;
    yield* this.#pieces;
  }

  *#all(): Generator<FlatGeometry> {
    for (const part of this.#feature.parts()) {
      if (part.member !== this.member) yield* this.#taken();
      this.member = part.member;
      const dimension = dimensionOf(part.type);
      if (dimension === 0) yield* this.#points(part);
      else if (dimension === 1) yield* this.#lines(part);
      else yield* this.#polygon(part);
    }
    yield* this.#taken();
  }

  /** What was gathered, cut and finished; then it is gathered anew. Of polygons only those are gathered that lie inside. */
  *#taken(): Generator<FlatGeometry> {
    if (this.count > 0) {
      const piece = this.#cutter && this.type !== 'MultiPolygon' ? this.#cut(this) : this;
      const finished = piece && this.#finish(piece);
      if (finished) yield finished;
    }
    this.clear(this.type, false, false);
  }

  #cut(flat: FlatGeometry): FlatGeometry | null {
    const whole = flat.toGeometry();
    const cut = this.#cutter?.cut(whole) ?? null;
    if (!cut || cut === whole) return cut && flat;
    flat.set(cut);
    return flat;
  }

  *#points(part: LargePart): Generator<FlatGeometry> {
    for (let from = 0; from < part.count; from += PIECE) {
      const to = Math.min(part.count, from + PIECE);
      this.clear('MultiPoint', false, false);
      this.#append(this, part, from, to);
      yield* this.#taken();
    }
  }

  *#lines(part: LargePart): Generator<FlatGeometry> {
    this.clear('MultiLineString', false, false);
    for (let line = 0, from = 0; line < part.ends.length; line++) {
      const to = part.ends[line] ?? from;
      this.#line(this, part, from, to);
      from = to;
      if (this.count < PIECE) continue;
      yield* this.#taken();
      this.clear('MultiLineString', false, false);
    }
  }

  *#polygon(part: LargePart): Generator<FlatGeometry> {
    const [outer = 0] = part.ends;
    const before = this.count;
    if (before === 0) this.clear('MultiPolygon', false, false);
    const { endCount } = this;
    const place = this.#line(this, part, 0, outer);
    if (place !== 'inside') {
      [this.count, this.endCount] = [before, endCount];
      if (place === 'edge') yield* this.#polygonOnEdge(part);
      return;
    }
    yield* this.#holes(
      part,
      Array.from({ length: part.ends.length - 1 }, (_, hole) => hole + 1),
    );
  }

  /** Gathers holes of the polygon whose outer ring was gathered, or came before. */
  *#holes(part: LargePart, rings: readonly number[]): Generator<FlatGeometry> {
    for (const ring of rings) {
      if (this.count >= PIECE) {
        this.endPolygon();
        yield* this.#taken();
        this.clear('MultiPolygon', false, false);
        this.areHoles = true;
      }
      this.#line(this, part, part.ends[ring - 1] ?? 0, part.ends[ring] ?? 0);
    }
    this.endPolygon();
    if (this.areHoles || this.count >= PIECE) yield* this.#taken();
    this.areHoles = false;
  }

  /** Cuts a polygon without those of its holes that lie inside, which stay as they are. */
  *#polygonOnEdge(part: LargePart): Generator<FlatGeometry> {
    yield* this.#taken();
    const apart = this.#apart;
    apart.clear('Polygon', false, false);
    this.#line(apart, part, 0, part.ends[0] ?? 0);
    const inside: number[] = [];
    let tolerance = this.#tolerance;
    for (let ring = 1; ring < part.ends.length; ring++) {
      const { count, endCount } = apart;
      const place = this.#line(apart, part, part.ends[ring - 1] ?? 0, part.ends[ring] ?? 0);
      if (place === 'edge') {
        if (apart.count > MOST_CUT) tolerance = this.#thinEnough(apart, tolerance);
        continue;
      }
      if (place === 'inside') inside.push(ring);
      [apart.count, apart.endCount] = [count, endCount];
    }
    apart.endPolygon();
    const isLarge = apart.count > MOST_POSITIONS;
    const cut = this.#cut(apart);
    // V8 would let what it took to cut it stay beside what is made next.
    if (isLarge) collectGarbage();
    if (!cut) return;
    const finished = this.#finish(cut);
    if (finished) yield finished;
    if (inside.length === 0) return;
    this.clear('MultiPolygon', false, false);
    this.areHoles = true;
    yield* this.#holes(part, inside);
  }

  /** Adds a ring or line to what is gathered; says where it lies. */
  #line(into: FlatGeometry, part: LargePart, from: number, to: number): 'inside' | 'outside' | 'edge' {
    const before = into.count;
    if (to - from <= MOST_POSITIONS) this.#append(into, part, from, to);
    else
      for (let round = 0; round === 0 || (into.count - before > MOST_POSITIONS && round < MOST_ROUNDS); round++) {
        into.count = before;
        this.#appendThinned(into, part, from, to, this.#tolerance * 2 ** round);
      }
    into.endRing();
    if (!this.#cutter) return 'inside';
    const box = emptyBox();
    for (let i = 2 * before; i < 2 * into.count; i += 2) {
      const [x, y] = [into.xy[i] ?? 0, into.xy[i + 1] ?? 0];
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
    return this.#cutter.classifier.classify(...box);
  }

  /** Leaves out positions of what is gathered, until it is few enough; says by what tolerance. */
  #thinEnough(polygon: FlatGeometry, tolerance: number): number {
    let enough = tolerance;
    this.#thin(polygon, enough);
    for (let round = 0; polygon.count > MANY_CUT && round < MOST_ROUNDS; round++) {
      enough *= 2;
      this.#thin(polygon, enough);
    }
    return enough;
  }

  /** Leaves out positions of what is gathered, and the holes that come to nothing. */
  #thin(polygon: FlatGeometry, tolerance: number): void {
    const { xy, ends } = polygon;
    let [count, endCount, from] = [0, 0, 0];
    for (let ring = 0; ring < polygon.endCount; ring++) {
      const before = count;
      const to = ends[ring] ?? from;
      for (let at = from; at < to; at += LOOKED_AT) {
        const kept = simplify(xy, at, Math.min(to, at + LOOKED_AT), tolerance, this.#simple);
        xy.set(this.#simple.subarray(0, 2 * kept), 2 * count);
        count += kept;
      }
      if (ring > 0 && count - before < LEAST_POSITIONS) count = before;
      else ends[endCount++] = count;
      from = to;
    }
    [polygon.count, polygon.endCount] = [count, endCount];
  }

  #append(into: FlatGeometry, part: LargePart, from: number, to: number): void {
    into.reserve(to - from);
    this.#feature.positions(part, from, to, into.xy, 2 * into.count);
    into.count += to - from;
  }

  #appendThinned(into: FlatGeometry, part: LargePart, from: number, to: number, tolerance: number): void {
    for (let at = from; at < to; at += LOOKED_AT) {
      const end = Math.min(to, at + LOOKED_AT);
      this.#feature.positions(part, at, end, this.#read, 0);
      const kept = simplify(this.#read, 0, end - at, tolerance, this.#simple);
      into.reserve(kept);
      into.xy.set(this.#simple.subarray(0, 2 * kept), 2 * into.count);
      into.count += kept;
    }
  }
}
