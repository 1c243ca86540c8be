import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runGdal } from '../gdal/process.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { ProfileCrs } from '../store/profile.ts';
import type { BandProfile, DataType, RasterProfile } from '../store/rasterprofile.ts';
import { tableByValue } from './attributes.ts';
import { GDAL_CONFIG, KEEP_VALUES, WARP_MEMORY } from './config.ts';
import type { EmptinessPlan } from './emptiness.ts';
import { boundsOf, coarsened, type Grid, partOf, type Window } from './grid.ts';
import { drawMask } from './mask.ts';
import { bandNumbers, overviewFor, type Sheet, sourceVrt } from './source.ts';
import { type Vrt, type VrtBand, type VrtSource, vrtXml } from './vrt.ts';
import type { Image, RasterWriter } from './writer.ts';

/** One file that is to be written, and what of the source it is made of. */
export interface Piece {
  /** Without its ending. */
  name: string;
  sheet: Sheet;
  /** The pixels of the source that it needs, on the sheet's grid coarsened. */
  window: Window;
  /** How much larger its pixels are than the source's. */
  times: number;
  /** What it has. */
  grid: Grid;
  crs: ProfileCrs;
  /** Whether the source has to be brought to another CRS. */
  reprojects: boolean;
  /** Whether its grid may reach past where the CRS has places, as the corners around an oval world do. */
  pastEnds: boolean;
  /** In the CRS of the piece; null where all of it is inside. */
  area: MultiPolygon | null;
  /** Its bands, as numbers of the source's; those without alpha. */
  bands: readonly number[];
}

/** A step on the way to a piece: a raster that GDAL can open, and what its bands are. */
interface Step {
  vrt: Vrt;
  file: string;
  /** The number of its alpha band; null where it has none. */
  alpha: number | null;
}

/**
 * Makes a piece: virtual rasters one on the other (source, warped, cut, as the format has it), and one gdal_translate that goes through the pixels.
 * @param dir for what is needed meanwhile.
 * @param path of the file, with its ending.
 */
export async function render(
  piece: Piece,
  image: Image,
  source: { profile: RasterProfile; versionDir: string },
  { writer, driver, plan }: { writer: RasterWriter; driver: string; plan: EmptinessPlan },
  { dir, path, signal, onProgress }: { dir: string; path: string; signal: AbortSignal; onProgress: (fraction: number) => void },
): Promise<void> {
  const work = new Rendering(piece, image, source, plan, writer, dir, signal);
  const { file, args } = await work.prepare();
  const creation = writer.options(image).flatMap((option) => ['-co', option]);
  await runGdal('gdal_translate', ['-of', driver, ...args, ...creation, file, path], { signal, onProgress, config: GDAL_CONFIG });
  await rm(dir, { recursive: true, force: true });
}

/** A grid of pixels of a size that nothing is known of but how many they are. */
function plainGrid(size: Grid['size'], resolution: number): Grid {
  return { origin: [0, 0], resolution: [resolution, resolution], size };
}

class Rendering {
  readonly #piece: Piece;
  readonly #image: Image;
  readonly #profile: RasterProfile;
  readonly #versionDir: string;
  readonly #plan: EmptinessPlan;
  readonly #writer: RasterWriter;
  readonly #dir: string;
  readonly #signal: AbortSignal;

  constructor(
    piece: Piece,
    image: Image,
    source: { profile: RasterProfile; versionDir: string },
    plan: EmptinessPlan,
    writer: RasterWriter,
    dir: string,
    signal: AbortSignal,
  ) {
    this.#piece = piece;
    this.#image = image;
    this.#profile = source.profile;
    this.#versionDir = source.versionDir;
    this.#plan = plan;
    this.#writer = writer;
    this.#dir = dir;
    this.#signal = signal;
  }

  /** The raster that gdal_translate reads, and the arguments that it needs. */
  async prepare(): Promise<{ file: string; args: string[] }> {
    let step = await this.#source();
    step = await this.#cut(step);
    return this.#shaped(step);
  }

  async #write(name: string, vrt: Vrt, alpha: number | null): Promise<Step> {
    const file = join(this.#dir, `${name}.vrt`);
    await writeFile(file, vrtXml(vrt));
    return { vrt, file, alpha };
  }

  /** The source's pixels on the piece's grid. */
  async #source(): Promise<Step> {
    const { sheet, window, times, reprojects, grid } = this.#piece;
    const { continuous } = this.#image;
    const averages = continuous && times > 1;
    // GDAL averages in 32-bit floating point, and without regard to alpha, where its warper does neither.
    const byWarper = averages && (WIDE.has(this.#profile.bands[0]?.data_type ?? 'Byte') || this.#transparent);
    const factor = byWarper ? overviewFor(this.#profile, sheet, times) : times;
    const scale = times / factor;
    const taken: Window = byWarper ? finer(window, scale, coarsened(sheet.grid, factor)) : window;
    const part = partOf(coarsened(sheet.grid, times), window);
    const vrt = sourceVrt(this.#profile, this.#versionDir, sheet, {
      // In whole numbers while it averages: it would take a sliver of each neighbour, for want of digits.
      grid: byWarper ? plainGrid(taken.size, 1) : part,
      window: taken,
      times: factor,
      average: averages && !byWarper,
    });
    const alpha = this.#transparent ? vrt.bands.length : null;
    let step = await this.#write('source', vrt, alpha);
    if (byWarper) {
      const { file, vrt: averaged } = await this.#warped('averaged', step, plainGrid(window.size, scale), 'average', false);
      const bands = averaged.bands.map((band, index) => ({ ...band, sources: [{ file, band: index + 1 }] }));
      step = await this.#write('placed', { ...averaged, grid: part, bands }, alpha);
    }
    return reprojects ? this.#warped('warped', step, grid, continuous ? 'bilinear' : 'near', true) : step;
  }

  get #transparent(): boolean {
    return this.#profile.transparency === 'alpha' || this.#profile.transparency === 'mask';
  }

  /** What GDAL has to be told is opaque: where alpha has neither 8 bits nor 16, programs do not agree on it. */
  get #opaque(): string[] {
    const alpha = this.#profile.bands.find(({ color_interpretation: word }) => word === 'Alpha');
    if (!alpha?.statistics || alpha.data_type === 'Byte' || alpha.data_type === 'UInt16') return [];
    const { max } = alpha.statistics;
    return ['-wo', `SRC_ALPHA_MAX=${max}`, '-wo', `DST_ALPHA_MAX=${max}`];
  }

  async #warped(name: string, step: Step, grid: Grid, method: string, moves: boolean): Promise<Step> {
    const file = join(this.#dir, `${name}.vrt`);
    const { emptiness } = this.#plan;
    const { bands } = step.vrt;
    // Places that the source does not reach are told as the piece tells them.
    const nodata =
      bands.every(({ nodata: value }) => value === null) && step.alpha === null && emptiness.by === 'nodata' ? emptiness.value : null;
    const addsAlpha = step.alpha === null && bands.every(({ nodata: value }) => value === null) && nodata === null && moves;
    const { crs, pastEnds } = this.#piece;
    const args = [
      ...['-q', '-of', 'VRT', '-r', method, '-wm', WARP_MEMORY, '-wo', `NUM_THREADS=${GDAL_CONFIG.GDAL_NUM_THREADS}`],
      ...(moves ? [KEEP_VALUES, '-t_srs', crs.id ?? crs.wkt, '-et', pastEnds ? '0' : APPROXIMATION, ...SCALE] : []),
      ...['-te', ...boundsOf(grid).map(String), '-ts', ...grid.size.map(String)],
      ...(nodata === null ? [] : ['-dstnodata', nodata, ...(this.#plan.widened ? ['-ot', this.#plan.widened] : [])]),
      ...(addsAlpha ? ['-dstalpha'] : []),
      ...(step.alpha === null ? [] : ['-srcalpha', '-dstalpha', ...this.#opaque]),
    ];
    await runGdal('gdalwarp', [...args, step.file, file], { signal: this.#signal, config: GDAL_CONFIG });
    const [first] = bands;
    const added: VrtBand[] = addsAlpha && first ? [{ ...first, interpretation: 'Alpha', nodata: null, palette: null, sources: [] }] : [];
    const widened = nodata === null ? null : this.#plan.widened;
    const made = [...bands.map((band) => ({ ...band, nodata: band.nodata ?? nodata, dataType: widened ?? band.dataType })), ...added];
    return { vrt: { grid, crs: moves ? crs.wkt : step.vrt.crs, bands: made }, file, alpha: step.alpha ?? (addsAlpha ? made.length : null) };
  }

  /** Without what lies outside of the area. */
  async #cut(step: Step): Promise<Step> {
    const { area, grid } = this.#piece;
    if (!area) return step;
    const mask = join(this.#dir, 'mask.tif');
    await drawMask(area, grid, mask, this.#signal);
    const { crs, bands } = step.vrt;
    const { emptiness, widened } = this.#plan;
    const all = (band: VrtBand, index: number): VrtBand => ({ ...band, sources: [{ file: step.file, band: index + 1 }] });
    // A band that is called alpha would be its own mask, whatever mask stands beside it.
    const plain = bands.map((band, index) => ({ ...all(band, index), nodata: null, interpretation: 'Undefined' }));
    const held = await this.#write('held', { grid, crs, bands: plain, mask: { file: mask, band: 1 } }, step.alpha);
    const chosen = step.alpha === null && emptiness.by === 'nodata' ? emptiness.value : null;
    const cut = bands.map((band, index): VrtBand => {
      const nodata = band.nodata ?? chosen;
      const dataType = band.nodata === null && chosen !== null && widened ? widened : band.dataType;
      return { ...band, nodata, dataType, sources: [{ file: held.file, band: index + 1, masked: true }] };
    });
    const opaque = step.alpha === null && cut.every(({ nodata }) => nodata === null);
    if (opaque) cut.push(alphaBand(cut[0]?.dataType ?? 'Byte', { file: mask, band: 1 }));
    return this.#write('cut', { grid, crs, bands: cut }, opaque ? cut.length : step.alpha);
  }

  /** As the format has it: its bands, its way to tell places without data, and all that is known of the values. */
  async #shaped(before: Step): Promise<{ file: string; args: string[] }> {
    const { grid, bands: numbers } = this.#piece;
    const { emptiness, bands: known } = this.#image;
    const { data } = bandNumbers(this.#profile);
    const indexes = numbers.map((number) => data.indexOf(number));
    const { crs } = before.vrt;
    const hasNodata = before.vrt.bands.some(({ nodata }) => nodata !== null);
    // A palette of one band becomes red, green and blue.
    const expands = numbers.length === 1 && known.length === 3;
    let step = before;
    // Its mask is then of all bands together.
    if (hasNodata && (emptiness.by === 'alpha' || emptiness.by === 'white'))
      step = await this.#write(
        'unified',
        {
          grid,
          crs,
          unifiesNodata: true,
          bands: before.vrt.bands.map((band, index) => ({ ...band, sources: [{ file: before.file, band: index + 1 }] })),
        },
        before.alpha,
      );
    // GDAL takes alpha for a mask behind one band or three, and no other number of them.
    if (emptiness.by === 'nodata' && before.alpha !== null)
      step = await this.#write(
        'told',
        {
          grid,
          crs,
          bands: before.vrt.bands.map((band, index) => ({
            ...band,
            interpretation: 'Undefined',
            nodata: null,
            sources: [{ file: before.file, band: index + 1 }],
          })),
          mask: { file: before.file, band: before.alpha },
        },
        before.alpha,
      );
    if (expands) step = await this.#expanded(step, (indexes[0] ?? 0) + 1);
    const sources = (expands ? [0, 1, 2] : indexes).map((index): VrtSource => ({ file: step.file, band: index + 1 }));
    const types = expands ? sources.map((): DataType => 'Byte') : indexes.map((index) => step.vrt.bands[index]?.dataType ?? 'Byte');
    const band = (index: number, more: Partial<VrtBand>): VrtBand =>
      described(known[index], types[index] ?? 'Byte', index === 0 ? this.#table : null, more);
    const source = (index: number): VrtSource => sources[index] ?? { file: step.file, band: 1 };
    const bands = sources.map((_, index) => index);
    switch (emptiness.by) {
      case 'nothing':
        return this.#last({ grid, crs, bands: bands.map((index) => band(index, { sources: [this.#signed(source(index))] })) });
      case 'nodata': {
        const { value } = emptiness;
        const kept = before.alpha === null && before.vrt.bands.every(({ nodata }) => nodata !== null && same(nodata, value));
        const made = bands.map((index) => {
          const from = this.#signed(source(index));
          return band(index, {
            nodata: value,
            dataType: this.#plan.widened ?? types[index] ?? 'Byte',
            sources: [kept ? from : { ...from, masked: true }],
          });
        });
        return this.#last({ grid, crs, bands: made }, ['-a_nodata', value]);
      }
      case 'alpha':
      case 'mask': {
        const tells = step.alpha === null && !hasNodata ? null : this.#alphaOf(step, types[0] ?? 'Byte');
        const made = bands.map((index) => band(index, { sources: [source(index)] }));
        if (!tells) return this.#last({ grid, crs, bands: made });
        const selected =
          emptiness.by === 'mask' ? [...made.flatMap((_, index) => ['-b', String(index + 1)]), '-mask', String(made.length + 1)] : [];
        return this.#last({ grid, crs, bands: [...made, tells] }, selected);
      }
      case 'white':
        return this.#last(await this.#onWhite(step, { sources: bands.map(source), bands: bands.map((index) => band(index, {})) }));
    }
  }

  /** A palette's colours as red, green and blue, and how opaque they are where anything is. */
  async #expanded(step: Step, number: number): Promise<Step> {
    const component = (component: number): VrtSource => ({ file: step.file, band: number, component });
    const { palette } = this.#profile.bands[number - 1] ?? {};
    const isOpaque =
      step.alpha === null && step.vrt.bands.every(({ nodata }) => nodata === null) && !palette?.some(([, , , alpha]) => alpha < 255);
    const plain = { dataType: 'Byte', nodata: null, palette: null } as const;
    const bands = ['Red', 'Green', 'Blue'].map(
      (interpretation, index): VrtBand => ({ ...plain, interpretation, sources: [component(index + 1)] }),
    );
    if (!isOpaque) bands.push({ ...plain, interpretation: 'Alpha', sources: [{ ...component(4), masked: true }] });
    return this.#write('expanded', { grid: step.vrt.grid, crs: step.vrt.crs, bands }, isOpaque ? null : 4);
  }

  /** The alpha band that there is, or one made of the mask that the nodata value gives. */
  #alphaOf({ alpha, file }: Step, type: DataType): VrtBand {
    const own = alpha === null ? undefined : this.#profile.bands.find(({ color_interpretation: word }) => word === 'Alpha');
    if (alpha !== null && (own || type === 'Byte')) return alphaBand(type, { file, band: alpha }, false);
    return alphaBand(type, { file, band: alpha ?? 'mask,1' });
  }

  get #table() {
    const { rat } = this.#profile;
    const type = this.#plan.widened ?? this.#image.bands[0]?.data_type ?? 'Byte';
    return rat && this.#writer.tableByValue ? (tableByValue(rat, type) ?? rat) : rat;
  }

  /** A signed byte is stored as the byte of the same bits; formats without it take the number. */
  #signed(source: VrtSource): VrtSource {
    const turns = this.#profile.bands[0]?.data_type === 'Int8' && !this.#writer.signedBytes;
    return turns ? { ...source, lookup: '0:0,127:127,128:-128,255:-1' } : source;
  }

  /** Colours over white: what is transparent shows it through. */
  async #onWhite(step: Step, { sources, bands }: { sources: VrtSource[]; bands: VrtBand[] }): Promise<Vrt> {
    const { grid } = this.#piece;
    const { crs } = step.vrt;
    if (step.alpha === null) {
      if (step.vrt.bands.every(({ nodata }) => nodata === null))
        return { grid, crs, bands: bands.map((band, index) => ({ ...band, sources: sources.slice(index, index + 1) })) };
      const white = (index: number): Partial<VrtBand> => ({
        nodata: '255',
        hidesNodata: true,
        sources: sources.slice(index, index + 1).map((source) => ({ ...source, masked: true })),
      });
      return { grid, crs, bands: bands.map((band, index) => ({ ...band, ...white(index) })) };
    }
    const alpha: VrtSource = { file: step.file, band: step.alpha };
    const products = bands.map((band, index): VrtBand => {
      const colour = sources[index] ?? alpha;
      return { ...band, dataType: 'Float32', compute: 'mul', sources: [{ ...colour, scale: 1 / 255, offset: 0 }, alpha] };
    });
    const multiplied = await this.#write('multiplied', { grid, crs, bands: products }, null);
    const made = bands.map((band, index): VrtBand => {
      const white = { ...alpha, scale: -1, offset: 255 };
      return { ...band, compute: 'sum', sources: [{ file: multiplied.file, band: index + 1 }, white] };
    });
    return { grid, crs, bands: made };
  }

  async #last(vrt: Vrt, args: string[] = []): Promise<{ file: string; args: string[] }> {
    const { metadata } = this.#profile;
    return { file: (await this.#write('last', { ...vrt, metadata }, null)).file, args };
  }
}

/** Types whose values 32-bit floating point rounds. */
const WIDE: ReadonlySet<DataType> = new Set(['Int32', 'UInt32', 'Float64']);
/** Pixels keep their size: without this the warper finds a slightly other one for each part that it works on, and blurs by it. */
const SCALE = ['-wo', 'XSCALE=1', '-wo', 'YSCALE=1'];
/**
 * How far a pixel may be taken from beside where it lies, in pixels: gdalwarp transforms some places exactly and the others between them. Where a row goes
 * past both ends of the world it takes those ends, which PROJ gives the longitudes of the other side, for a map that is mirrored: there each pixel is transformed.
 */
const APPROXIMATION = '0.01';

/** The window in smaller pixels, as far as there are any. */
function finer({ at, size }: Window, scale: number, { size: most }: Grid): Window {
  const axis = (index: 0 | 1) => Math.min(most[index] - at[index] * scale, size[index] * scale);
  return { at: [at[0] * scale, at[1] * scale], size: [axis(0), axis(1)] };
}

/** @param byte true where the source tells by 0 and 255, which 16-bit bands tell by 0 and 65535. */
function alphaBand(type: DataType, source: VrtSource, byte = true): VrtBand {
  const scaled = byte && type === 'UInt16' ? { ...source, scale: 257, offset: 0 } : source;
  return { dataType: type, interpretation: 'Alpha', nodata: null, palette: null, sources: [scaled] };
}

function described(known: BandProfile | undefined, dataType: DataType, table: VrtBand['table'], more: Partial<VrtBand>): VrtBand {
  return {
    dataType,
    interpretation: known?.color_interpretation ?? 'Undefined',
    nodata: null,
    palette: known?.palette ?? null,
    ...(known ? { about: known } : {}),
    table: table ?? null,
    sources: [],
    ...more,
  };
}

function same(a: string, b: string): boolean {
  return Object.is(Number(a), Number(b)) || a === b;
}
