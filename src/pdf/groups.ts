import { ByteBuffer } from '../store/bytes.ts';

/** Paths that one operator paints, and groups that wait for more: viewers take as long for an operator as for twenty positions. */
const MOST_PATHS = 16;
const GROUPS = 12;
/** Bytes of a path that is worth an operator of its own. */
const LONG = 1 << 12;

/**
 * Paths that are painted by one operator several at a time, so that it looks as if each had its own: those of a group have boxes that do not meet, so
 * that nothing of one covers, or cuts a hole into, another.
 */
export class Groups {
  readonly #operator: string;
  readonly #groups = Array.from({ length: GROUPS }, () => new ByteBuffer(LONG));
  readonly #counts = new Uint8Array(GROUPS);
  /** Four numbers a path, those of a group together. */
  readonly #boxes = new Float64Array(4 * MOST_PATHS * GROUPS);
  /** The path that is written next, and its box: [min x, min y, max x, max y]. */
  readonly path = new ByteBuffer(LONG);
  readonly box = new Float64Array(4);
  /** Whether its beginning is written already. */
  #isLong = false;

  /** @param operator that paints a path. */
  constructor(operator: string) {
    this.#operator = operator;
    this.begin();
  }

  /** Begins a path. */
  begin(): void {
    this.path.length = 0;
    this.#isLong = false;
    this.box.fill(Number.POSITIVE_INFINITY, 0, 2);
    this.box.fill(Number.NEGATIVE_INFINITY, 2);
  }

  extendBox(x: number, y: number): void {
    const { box } = this;
    if (x < (box[0] ?? 0)) box[0] = x;
    if (y < (box[1] ?? 0)) box[1] = y;
    if (x > (box[2] ?? 0)) box[2] = x;
    if (y > (box[3] ?? 0)) box[3] = y;
  }

  /** Writes what there is of a path that is worth an operator of its own; the rest may follow. */
  spill(out: ByteBuffer): void {
    const { path } = this;
    if (path.length <= LONG) return;
    out.raw(path.bytes, 0, path.length);
    path.length = 0;
    this.#isLong = true;
  }

  /**
   * Adds the path that was begun, and writes those of its group where these have become many.
   * @param around the box, that its line reaches.
   */
  add(out: ByteBuffer, around: number): void {
    const { path } = this;
    if (this.#isLong) {
      out.raw(path.bytes, 0, path.length);
      out.ascii(this.#operator);
      return;
    }
    const group = this.#freeGroup(out, around);
    const count = this.#counts[group] ?? 0;
    this.#boxes.set(this.box, 4 * (MOST_PATHS * group + count));
    this.#groups[group]?.raw(path.bytes, 0, path.length);
    this.#counts[group] = count + 1;
    if (count + 1 === MOST_PATHS) this.#write(out, group);
  }

  /** Writes what waits. */
  end(out: ByteBuffer): void {
    for (let group = 0; group < GROUPS; group++) this.#write(out, group);
  }

  /** The first group that has nothing where the path is; else the fullest, emptied. */
  #freeGroup(out: ByteBuffer, around: number): number {
    let fullest = 0;
    for (let group = 0; group < GROUPS; group++) {
      if (!this.#meets(group, 2 * around)) return group;
      if ((this.#counts[group] ?? 0) > (this.#counts[fullest] ?? 0)) fullest = group;
    }
    this.#write(out, fullest);
    return fullest;
  }

  #meets(group: number, apart: number): boolean {
    const boxes = this.#boxes;
    const [left = 0, bottom = 0, right = 0, top = 0] = this.box;
    const from = 4 * MOST_PATHS * group;
    for (let at = from; at < from + 4 * (this.#counts[group] ?? 0); at += 4)
      if (
        left <= (boxes[at + 2] ?? 0) + apart &&
        right >= (boxes[at] ?? 0) - apart &&
        bottom <= (boxes[at + 3] ?? 0) + apart &&
        top >= (boxes[at + 1] ?? 0) - apart
      )
        return true;
    return false;
  }

  #write(out: ByteBuffer, group: number): void {
    const paths = this.#groups[group];
    if (!paths || paths.length === 0) return;
    out.raw(paths.bytes, 0, paths.length);
    out.ascii(this.#operator);
    paths.length = 0;
    this.#counts[group] = 0;
  }
}
