/** Cells for each edge, and the most of them. */
const CELLS_PER_EDGE = 256;
const MOST_CELLS = 1 << 19;

/** The edges of each cell. */
export type SortedEdges = Pick<EdgeGrid, 'starts' | 'members'>;

/**
 * Edges in the cells of a grid. An edge is in all cells that it touches; rounding may put it into a neighbour too. The cell of a place is
 * found by functions that only rise, so whatever shares a place with an edge shares a cell with it.
 */
export class EdgeGrid {
  /** x1, y1, x2, y2 of each edge. */
  readonly edges: Float64Array;
  /** The bounds of the edges; infinite where there are none. */
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
  readonly columns: number;
  readonly rows: number;
  /** Where the edges of each cell begin in `members`, row by row, and the end. */
  readonly starts: Uint32Array;
  /** Numbers of edges. */
  readonly members: Uint32Array;
  readonly #perX: number;
  readonly #perY: number;
  readonly #height: number;
  /** More than what rounding may move a place by. */
  readonly #slack: number;
  /** The last search that met an edge, by edge. */
  readonly #seen: Uint32Array;
  #search = 0;
  /** The columns that `#span` found. */
  #first = 0;
  #last = 0;

  /**
   * @param mostCells fewer take less time to make, and more to ask.
   * @param sorted what a grid of the same edges and as many cells found out.
   */
  constructor(edges: Float64Array, mostCells = MOST_CELLS, sorted: SortedEdges | null = null) {
    this.edges = edges;
    let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < edges.length; i += 2) {
      const x = edges[i] ?? 0;
      const y = edges[i + 1] ?? 0;
      if (x < minX) minX = x;
      if (y < minY) minY = y;
      if (x > maxX) maxX = x;
      if (y > maxY) maxY = y;
    }
    this.minX = minX;
    this.minY = minY;
    this.maxX = maxX;
    this.maxY = maxY;
    const cells = Math.max(1, Math.min(mostCells, (edges.length / 4) * CELLS_PER_EDGE));
    const [width, height] = [maxX - minX, maxY - minY];
    const square = height > 0 ? Math.sqrt(cells * (width / height)) : cells;
    this.columns = width > 0 ? Math.floor(Math.max(1, Math.min(cells, square))) : 1;
    this.rows = height > 0 ? Math.max(1, Math.floor(cells / this.columns)) : 1;
    this.#perX = width > 0 ? this.columns / width : 0;
    this.#perY = height > 0 ? this.rows / height : 0;
    this.#height = height > 0 ? height / this.rows : 0;
    const largest = Math.max(Math.abs(minX), Math.abs(minY), Math.abs(maxX), Math.abs(maxY));
    this.#slack = Number.isFinite(largest) ? largest * 2 ** -49 : 0;
    this.#seen = new Uint32Array(edges.length / 4);
    this.starts = sorted?.starts ?? new Uint32Array(this.columns * this.rows + 1);
    this.members = sorted?.members ?? this.#sort();
  }

  /** The column of a place; of one beside the grid the nearest. */
  columnOf(x: number): number {
    const column = Math.floor((x - this.minX) * this.#perX);
    return column < 0 ? 0 : column < this.columns ? column : this.columns - 1;
  }

  /** The row of a place, counted from the south; of one beside the grid the nearest. */
  rowOf(y: number): number {
    const row = Math.floor((y - this.minY) * this.#perY);
    return row < 0 ? 0 : row < this.rows ? row : this.rows - 1;
  }

  /** The middle of a row. */
  middleOf(row: number): number {
    return this.minY + (row + 0.5) * this.#height;
  }

  /** The first column whose middle is right of x; as many as there are where none is. */
  columnRightOf(x: number): number {
    return Math.max(0, Math.min(this.columns, Math.floor((x - this.minX) * this.#perX + 0.5)));
  }

  /** Puts the numbers of the edges in a line's cells into a list, each once; all that touch the line are among them. */
  along(x1: number, y1: number, x2: number, y2: number, found: number[]): void {
    found.length = 0;
    if (Math.max(x1, x2) < this.minX || Math.min(x1, x2) > this.maxX || Math.max(y1, y2) < this.minY || Math.min(y1, y2) > this.maxY)
      return;
    this.#search++;
    const to = this.rowOf(Math.max(y1, y2));
    for (let row = this.rowOf(Math.min(y1, y2)); row <= to; row++) {
      this.#span(row, x1, y1, x2, y2);
      this.#gather(row, this.#first, this.#last, found);
    }
  }

  /** As `along`, of all cells of a box. */
  within(minX: number, minY: number, maxX: number, maxY: number, found: number[]): void {
    found.length = 0;
    if (!(minX <= this.maxX && maxX >= this.minX && minY <= this.maxY && maxY >= this.minY)) return;
    this.#search++;
    const [first, last, to] = [this.columnOf(minX), this.columnOf(maxX), this.rowOf(maxY)];
    for (let row = this.rowOf(minY); row <= to; row++) this.#gather(row, first, last, found);
  }

  #gather(row: number, first: number, last: number, found: number[]): void {
    const base = row * this.columns;
    const end = this.starts[base + last + 1] ?? 0;
    for (let at = this.starts[base + first] ?? 0; at < end; at++) {
      const edge = this.members[at] ?? 0;
      if (this.#seen[edge] === this.#search) continue;
      this.#seen[edge] = this.#search;
      found.push(edge);
    }
  }

  /** Finds the columns that a line may touch in a row. */
  #span(row: number, x1: number, y1: number, x2: number, y2: number): void {
    let west = Math.min(x1, x2);
    let east = Math.max(x1, x2);
    if (west !== east && y1 !== y2) {
      const slackY = this.#slack + this.#height * 1e-9;
      const slackX = this.#slack + Math.abs(x2 - x1) * 2 ** -50 + Math.abs(x1) * 2 ** -51;
      const slope = (x2 - x1) / (y2 - y1);
      const low = x1 + (this.minY + row * this.#height - slackY - y1) * slope;
      const high = x1 + (this.minY + (row + 1) * this.#height + slackY - y1) * slope;
      west = Math.max(west, Math.min(low, high) - slackX);
      east = Math.min(east, Math.max(low, high) + slackX);
    }
    this.#first = this.columnOf(west);
    this.#last = this.columnOf(east);
  }

  /** Counts the edges of each cell, then puts them there. */
  #sort(): Uint32Array {
    const { starts } = this;
    const count = this.edges.length / 4;
    for (let edge = 0; edge < count; edge++) this.#enter(edge, starts, null);
    for (let cell = 1; cell < starts.length; cell++) starts[cell] = (starts[cell] ?? 0) + (starts[cell - 1] ?? 0);
    const members = new Uint32Array(starts.at(-1) ?? 0);
    const next = starts.slice();
    for (let edge = 0; edge < count; edge++) this.#enter(edge, next, members);
    return members;
  }

  /**
   * Counts an edge in the cells that it may touch, or puts it among their members. One call an edge: what is called often V8 compiles for good.
   * @param places how many members a cell has, one further on; or where the next one goes.
   */
  #enter(edge: number, places: Uint32Array, members: Uint32Array | null): void {
    const { edges, columns } = this;
    const x1 = edges[4 * edge] ?? 0;
    const y1 = edges[4 * edge + 1] ?? 0;
    const x2 = edges[4 * edge + 2] ?? 0;
    const y2 = edges[4 * edge + 3] ?? 0;
    const to = this.rowOf(Math.max(y1, y2));
    for (let row = this.rowOf(Math.min(y1, y2)); row <= to; row++) {
      this.#span(row, x1, y1, x2, y2);
      for (let cell = row * columns + this.#first; cell <= row * columns + this.#last; cell++) {
        const place = members ? cell : cell + 1;
        const at = places[place] ?? 0;
        if (members) members[at] = edge;
        places[place] = at + 1;
      }
    }
  }
}
