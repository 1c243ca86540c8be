import { cropFor } from '../crs/crop.ts';
import { definitionOf } from '../crs/definition.ts';
import { boundsPolygon, polygonBounds } from '../geometry/bounds.ts';
import { BoxClassifier } from '../geometry/classify.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { Bounds, ProfileCrs } from '../store/profile.ts';
import type { BandProfile, RasterProfile } from '../store/rasterprofile.ts';
import type { RasterTile } from '../store/rastertiles.ts';
import { ExportFailure } from '../vector/writer.ts';
import { type EmptinessPlan, keepsPalette, planEmptiness } from './emptiness.ts';
import { boundsOf, coarsened, type Grid, partOf, split, type Window, windowOf } from './grid.ts';
import { tileNames } from './names.ts';
import type { Piece } from './render.ts';
import { acrossSeam, boundsWithin, moved, polygonsAt } from './seam.ts';
import { bandNumbers, type Sheet, sheetOf } from './source.ts';
import { alignedGrid, lieOf, reachesPastEnds, turnOfProjection } from './target.ts';
import { tilesMet } from './tilesfor.ts';
import type { Image, RasterWriter } from './writer.ts';

/** What is asked for of a raster version. */
export interface RasterRequest {
  profile: RasterProfile;
  /** Those that are asked for: all, or one by its id. */
  tiles: readonly RasterTile[];
  writer: RasterWriter;
  title: string;
  /** A slug; what a file is called that is no tile. */
  name: string;
  /** `EPSG:n`; null keeps the version's own. */
  targetCrs: string | null;
  /** In degrees; null takes all. */
  area: MultiPolygon | null;
  /** How much larger pixels become, 1..16. */
  multiplier: number;
  /** Of the images the one whose pieces are planned; null for all. Each is what it is where all are. */
  sheet: number | null;
  signal: AbortSignal;
}

/** Which of a plan's pieces one is: of which image, by its place among them, and which part of that. */
export interface PiecePlace {
  sheet: number;
  part: number;
}

/** A piece with what it will be. */
interface PlannedPiece extends Piece {
  place: PiecePlace;
  image: Image;
  /** The stored tile that it is, byte for byte; null where it has to be made. */
  stored: RasterTile | null;
}

export interface RasterPlan {
  pieces: PlannedPiece[];
  emptiness: EmptinessPlan;
  /** How many columns and rows of files a tile was split into, the most of them; null where none was. */
  splits: { across: number; down: number } | null;
  warnings: string[];
}

/** Of CRSs that have heights: compound, and geographic ones of three dimensions. */
const HEIGHTS = /^\s*COMPOUNDCRS\[|CS\[ellipsoidal,\s*3\]/;
/** In degrees. */
const WHOLE_EARTH: MultiPolygon = [boundsPolygon([-180, -90, 180, 90])];
/** More pixels around a window are read for what is transformed, so that the edge has all its neighbours. */
const MARGIN = 8;
const ACROSS =
  'The extent goes across where the layer is cut open, so the image is one strip whose longitudes go on there: east of 180 they are larger than that.';

/**
 * Decides which files an export has, and what each is made of.
 * @throws {ExportFailure} where there is nothing to write.
 */
export async function planRaster(request: RasterRequest): Promise<RasterPlan> {
  const { profile, tiles, writer, area, multiplier, signal } = request;
  const asked = area ? ((await cropFor(area, profile, { signal })) ?? []) : null;
  const met = asked ? tilesMet(tiles, asked.length > 0 ? new BoxClassifier(asked) : null) : tiles;
  if (met.length === 0) throw new ExportFailure('write-failed', 'Nothing of this layer lies within the extent.');
  const reprojects = request.targetCrs !== null && request.targetCrs !== profile.crs.id;
  const crs = reprojects && request.targetCrs !== null ? await definitionOf(request.targetCrs) : profile.crs;
  const [tile] = met;
  // Tiles stay the files that they are, and KML ends at 180.
  const joined = asked && tile && !profile.tiled && !reprojects && !writer.oneImage ? await acrossSeam(profile, tile, asked) : null;
  const crop = joined?.crop ?? asked;
  const classifier = crop && crop.length > 0 ? new BoxClassifier(crop) : null;
  const sheets = joined ? [{ name: request.name, sheet: sheetOf(profile, joined.tiles) }] : sheetsOf(request, met);
  const holes = sheets.some(({ sheet }) => sheet.tiles.length > 1 && isPatchy(sheet));
  const cuts = classifier !== null && sheets.some(({ sheet }) => classifier.classify(...boundsOf(sheet.grid)) !== 'inside');
  const emptiness = planEmptiness(profile, writer, cuts || reprojects || holes);
  const { bands, known } = bandsOf(request, emptiness);
  const pieces: PlannedPiece[] = [];
  let [across, down] = [1, 1];
  const way = reprojects ? await wayTo(request, met, crop, crs) : null;
  for (const [sheetIndex, { name, sheet }] of sheets.entries()) {
    if (request.sheet !== null && request.sheet !== sheetIndex) continue;
    const place = { sheet: sheetIndex, part: 0 };
    const coarse = coarsened(sheet.grid, multiplier);
    const inside = classifier === null || classifier.classify(...boundsOf(coarse)) === 'inside';
    // Without polygons that lie elsewhere, such as at the other end of the Earth.
    const here = crop && polygonsAt(crop, boundsOf(coarse));
    const bounds = here && boundsWithin(here, boundsOf(coarse));
    const wanted = bounds && !inside ? windowOf(coarse, bounds) : { at: [0, 0] as Window['at'], size: coarse.size };
    if (!wanted) continue;
    const parts = way
      ? await way.partsOf(coarse, wanted, split)
      : split(wanted, writer.most(profile)).map((row) =>
          row.map((window) => ({ window, grid: partOf(coarse, window), pastEnds: false, area: inside ? null : here })),
        );
    const [first = []] = parts;
    across = Math.max(across, first.length);
    down = Math.max(down, parts.length);
    for (const [row, columns] of parts.entries()) {
      for (const [column, part] of columns.entries()) {
        const suffix = parts.length > 1 || first.length > 1 ? `-r${row + 1}-c${column + 1}` : '';
        const piece: Piece = { ...part, name: `${name}${suffix}`, sheet, times: multiplier, crs, reprojects, bands };
        const image = imageOf(request, piece, known, emptiness);
        pieces.push({ ...piece, place: { ...place }, image, stored: storedTile(request, piece, sheet) });
        place.part++;
      }
    }
  }
  const splits = across * down > 1 ? { across, down } : null;
  if (pieces.length === 0) throw new ExportFailure('write-failed', 'Nothing of this layer lies within the extent.');
  const warnings = warningsOf(request, emptiness, pieces, splits);
  if (joined) warnings.push(ACROSS);
  return { pieces, emptiness, splits, warnings };
}

/** The images that are written: each tile, or one of all where the format is one image and holds it. */
function sheetsOf(request: RasterRequest, tiles: readonly RasterTile[]): { name: string; sheet: Sheet }[] {
  const { profile, writer, name, multiplier } = request;
  const whole = sheetOf(profile, tiles);
  const [columns, rows] = coarsened(whole.grid, multiplier).size;
  const { side, pixels } = writer.most(profile);
  const fits = columns <= side && rows <= side && columns * rows <= pixels;
  if (!profile.tiled || (writer.oneImage && fits && tiles.length > 1)) return [{ name, sheet: whole }];
  const names = tileNames(tiles);
  return tiles.map((tile, index) => ({ name: names[index] ?? name, sheet: sheetOf(profile, [tile]) }));
}

/** Whether tiles leave places of their bounds open. */
function isPatchy({ tiles, grid: { size } }: Sheet): boolean {
  return tiles.reduce((sum, tile) => sum + tile.size[0] * tile.size[1], 0) < size[0] * size[1];
}

/**
 * The way of all tiles of an item to another CRS: one size of pixels and one grid for all.
 * @param own the area in the tiles' own CRS; null takes all.
 */
async function wayTo(
  { profile, multiplier, area, writer, signal }: RasterRequest,
  tiles: readonly RasterTile[],
  own: MultiPolygon | null,
  crs: ProfileCrs,
) {
  const whole = coarsened(sheetOf(profile, tiles).grid, multiplier);
  const window = own ? windowOf(whole, polygonBounds(own)) : null;
  const { bounds, resolution } = await lieOf(window ? partOf(whole, window) : whole, profile.crs, crs, signal);
  const nowhere = () =>
    new ExportFailure('write-failed', `${crs.id ?? crs.name} has no place for this layer. Choose another coordinate reference system.`);
  if (!bounds) throw nowhere();
  const pastEnds = await reachesPastEnds(bounds, resolution, crs, signal);
  const shown = area ?? (pastEnds ? WHOLE_EARTH : null);
  // Where all of the layer comes to lie, so that a part of the area that a tile is not in does no harm.
  const crop = shown ? await cropFor(shown, { crs, extent: bounds, extent_wgs84: profile.extent_wgs84 }, { signal }) : null;
  if (shown && !crop) throw nowhere();
  const turn = crop && (await turnOfProjection(crs, signal));
  const there =
    crop && turn
      ? polygonsAt(
          [-turn, 0, turn].flatMap((by) => crop.map((polygon) => moved(polygon, by))),
          bounds,
        )
      : crop;
  const classifier = there && new BoxClassifier(there);
  const within = there && polygonBounds(there);
  return {
    async partsOf(grid: Grid, wanted: Window, cut: typeof split) {
      const source = padded(wanted, grid);
      const lie = await lieOf(partOf(grid, source), profile.crs, crs, signal, bounds);
      const target = lie.bounds && alignedGrid(lie.bounds, resolution, within);
      if (!target) return [];
      if (isTorn(lie.gap, source, target)) throw torn(crs, target);
      const pieces = cut({ at: [0, 0], size: target.size }, writer.most(profile));
      return pieces.map((row) =>
        row.map((piece) => {
          const part = partOf(target, piece);
          return {
            window: source,
            grid: part,
            pastEnds,
            area: classifier && classifier.classify(...boundsOf(part)) !== 'inside' ? there : null,
          };
        }),
      );
    },
  };
}

/** From so many pixels on, so many times those of the layer, and so much of its width empty, an image is torn. */
const TORN = { pixels: 2 ** 24, times: 30, gap: 0.6 };

/** Whether a part of a layer comes to lie at both ends of a CRS, with nothing between. */
function isTorn(gap: number, { size: from }: Window, { size: to }: Grid): boolean {
  const pixels = to[0] * to[1];
  return gap > TORN.gap && pixels > TORN.pixels && pixels > TORN.times * from[0] * from[1];
}

function torn({ id, name }: ProfileCrs, { size }: Grid): ExportFailure {
  return new ExportFailure(
    'write-failed',
    `${id ?? name} is cut open where this layer lies, so that it would be an image of ${size.join(' × ')} pixels with its halves at either end. Ask for the areas on both sides by themselves, or choose another coordinate reference system.`,
  );
}

function padded({ at: [column, row], size: [columns, rows] }: Window, { size }: Grid): Window {
  const [left, top] = [Math.max(0, column - MARGIN), Math.max(0, row - MARGIN)];
  const [right, bottom] = [Math.min(size[0], column + columns + MARGIN), Math.min(size[1], row + rows + MARGIN)];
  return { at: [left, top], size: [right - left, bottom - top] };
}

/** What goes into a file: all bands, or those of a picture, and what they will be. */
function bandsOf({ profile, writer }: RasterRequest, emptiness: EmptinessPlan): { bands: number[]; known: BandProfile[] } {
  const { data } = bandNumbers(profile);
  const known = (numbers: readonly number[]) => numbers.flatMap((number) => profile.bands[number - 1] ?? []);
  const bands = writer.bands === 'picture' ? pictureBands(profile) : data;
  const [first] = known(bands);
  if (first?.palette && (!keepsPalette(first, writer) || emptiness.expanded)) return { bands: bands.slice(0, 1), known: expanded(first) };
  if (first && bands.length === 1 && emptiness.emptiness.by === 'alpha' && !writer.greyAlpha)
    return { bands: [...bands, ...bands, ...bands], known: coloured(first) };
  return { bands, known: known(bands) };
}

/** Red, green and blue where there are these, or at least three bands; else the first. */
function pictureBands(profile: RasterProfile): number[] {
  const { data } = bandNumbers(profile);
  const named = ['Red', 'Green', 'Blue'].map((word) => profile.bands.findIndex(({ color_interpretation: colour }) => colour === word) + 1);
  if (named.every((number) => number > 0)) return named;
  return data.length >= 3 ? data.slice(0, 3) : data.slice(0, 1);
}

function expanded(band: BandProfile): BandProfile[] {
  const plain = { ...band, data_type: 'Byte', palette: null, nodata: null, unit: '', scale: null, offset: null, statistics: null } as const;
  return coloured(plain);
}

function coloured(band: BandProfile): BandProfile[] {
  return ['Red', 'Green', 'Blue'].map((word) => ({ ...band, color_interpretation: word }));
}

function imageOf(
  { profile, title, area, multiplier, writer }: RasterRequest,
  piece: Piece,
  known: readonly BandProfile[],
  plan: EmptinessPlan,
): Image {
  const continuous = isContinuous(profile);
  const unchanged = !piece.reprojects && multiplier === 1 && !area && piece.sheet.tiles.length === profile.tile_count;
  const bands = known.map((band) => ({
    ...band,
    description: cutAt(band.description, writer.descriptionBytes),
    data_type: plan.widened ?? band.data_type,
    // A format that has no signed bytes takes the numbers.
    statistics: unchanged ? band.statistics : null,
    palette: band.palette && withColour(band.palette, plan),
  }));
  return {
    grid: piece.grid,
    crs: piece.crs,
    bands,
    rat: profile.rat,
    emptiness: plan.emptiness,
    continuous,
    lossy: profile.lossy,
    extentWgs84: extentOf(piece),
    title,
  };
}

/** A text of no more bytes than that, cut at a character. */
function cutAt(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most));
  return text.slice(0, read);
}

/** Degrees, of the tiles that a piece is made of. */
function extentOf({ sheet: { tiles } }: Piece): Bounds {
  return tiles.reduce<Bounds>(
    (all, { extent_wgs84: [west, south, east, north] }) => [
      Math.min(all[0], west),
      Math.min(all[1], south),
      Math.max(all[2], east),
      Math.max(all[3], north),
    ],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
}

/** Whether averages make sense: not of classes and colours of a palette, nor of signed bytes, which GDAL averages as if they had no sign. */
export function isContinuous({ kind, bands }: RasterProfile): boolean {
  return kind !== 'rat' && bands.every(({ palette, data_type: type }) => palette === null && type !== 'Int8');
}

/** A palette with a colour for places without data that it had none for. */
function withColour(
  palette: NonNullable<BandProfile['palette']>,
  { chosen, emptiness }: EmptinessPlan,
): NonNullable<BandProfile['palette']> {
  const value = chosen && emptiness.by === 'nodata' ? Number(emptiness.value) : -1;
  if (value < 0) return palette;
  const longer = Array.from(
    { length: Math.max(palette.length, value + 1) },
    (_, index): [number, number, number, number] => palette[index] ?? [0, 0, 0, 0],
  );
  return longer.with(value, [0, 0, 0, 0]);
}

/** The stored tile that a piece is, where nothing about it changes. */
function storedTile(
  { profile, writer, multiplier }: RasterRequest,
  { reprojects, area, sheet, grid }: Piece,
  { tiles }: Sheet,
): RasterTile | null {
  const [tile] = tiles;
  const whole = tile && tiles.length === 1 && grid.size[0] === sheet.grid.size[0] && grid.size[1] === sheet.grid.size[1];
  if (!whole || !writer.isStored || reprojects || area || multiplier !== 1 || profile.compression === 'NONE') return null;
  return tile;
}

/** What is to be said of the whole export, before a pixel is looked at. */
function warningsOf(
  { profile, writer, multiplier, tiles }: RasterRequest,
  { emptiness, chosen, widened }: EmptinessPlan,
  pieces: readonly PlannedPiece[],
  splits: RasterPlan['splits'],
): string[] {
  const [piece] = pieces;
  if (!piece) return [];
  const { image, bands } = piece;
  const { data } = bandNumbers(profile);
  const [first] = profile.bands;
  const made = pieces.some(({ stored }) => stored === null);
  const warnings = writer.remarks(image);
  if (!made) return warnings;
  if (chosen && emptiness.by === 'nodata') {
    const why =
      profile.transparency === 'nodata' ? `The layer’s nodata value ${first?.nodata} cannot be held` : 'The layer has no nodata value';
    const how = widened ? `, and its pixels became ${widened} so that there is one` : '';
    warnings.push(`${why}, so ${emptiness.value} was chosen for places without data${how}.`);
  }
  if (emptiness.by === 'mask' && profile.transparency === 'none')
    warnings.push('The layer has no nodata value; a mask inside the file tells which places have no data.');
  if (piece.reprojects && profile.kind === 'grid' && HEIGHTS.test(piece.crs.wkt))
    warnings.push(`The values are as in the layer: heights were not brought to those of ${piece.crs.id ?? piece.crs.name}.`);
  if (emptiness.by === 'white') warnings.push('Places without data are white, since the format has no other word for them.');
  if (image.bands.length === 3 && bands.length === 1) {
    warnings.push('Colours of the palette became red, green and blue.');
    if (profile.rat) warnings.push('The attribute table was left out: its values are no longer in the pixels.');
  }
  const left = data.filter((number) => !bands.includes(number));
  if (writer.bands === 'picture' && left.length > 0)
    warnings.push(
      `${left.length === 1 ? `Band ${left[0]} was` : `Bands ${left.join(', ')} were`} left out: the format holds grey, or red, green and blue.`,
    );
  const cut = profile.bands.flatMap(({ description }, index) =>
    cutAt(description, writer.descriptionBytes) === description ? [] : index + 1,
  );
  if (cut.length > 0)
    warnings.push(`Descriptions of bands have room for ${writer.descriptionBytes} bytes, and were cut there: band ${cut.join(', ')}.`);
  if (first?.data_type === 'Int8' && !writer.signedBytes) warnings.push('Signed bytes became 16-bit numbers of the same values.');
  if (splits) {
    const { side, pixels } = writer.most(profile);
    const limit = [[side, 'pixels a side'] as const, [pixels, 'in all'] as const].flatMap(([count, what]) =>
      Number.isFinite(count) ? `${count} ${what}` : [],
    );
    warnings.push(
      `A file holds at most ${limit.join(' and ')}, so there are up to ${splits.down} rows (r) and ${splits.across} columns (c) of files.`,
    );
  }
  if (multiplier > 1 && !isContinuous(profile))
    warnings.push(`Of each ${multiplier} by ${multiplier} pixels one stands for all, since their values have no mean.`);
  if (tiles.length > 1 && piece.sheet.tiles.length > 1) warnings.push(`${piece.sheet.tiles.length} tiles became one image.`);
  return warnings;
}
