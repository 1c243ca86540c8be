import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { definitionOf } from '../crs/definition.ts';
import { northUp } from '../crs/northup.ts';
import { horizontalCrs } from '../crs/wkt.ts';
import type { MultiPolygon } from '../geometry/polygons.ts';
import type { ProfileCrs } from '../store/profile.ts';
import { isRaster } from '../store/versionprofile.ts';
import type { Crew } from '../vector/crew.ts';
import { failure } from '../vector/failure.ts';
import { ExportFailure, type ExportFormat } from '../vector/writer.ts';
import { arrange } from './arrangement.ts';
import { classesOf } from './classes.ts';
import { defaultColour } from './colours.ts';
import { writeDocument } from './document.ts';
import { mapExtent, type Whereabouts } from './extent.ts';
import type { Fitted } from './fit.ts';
import { Fonts } from './fonts.ts';
import { viewport } from './georeference.ts';
import { graticule } from './graticule.ts';
import { metresPerUnit } from './ground.ts';
import type { LayerSymbol, MapItem, PaintedLayer } from './layer.ts';
import { polygonStyle } from './layerstyle.ts';
import { sizesFor } from './layout.ts';
import { legendBlocks } from './legend.ts';
import { creditNote, crsNote, dateNote, extentNote, type Note } from './notes.ts';
import { mapOptions } from './options.ts';
import { partsOf } from './parts.ts';
import { expectedPixels, paintPixels } from './pixellayer.ts';
import { Typesetter } from './text.ts';
import { dimensionsOf, paintVector } from './vectorlayer.ts';

export interface MapRequest {
  /** In the order in which they lie on each other, the first on top. */
  items: readonly MapItem[];
  title: string;
  site: { name: string; url: string | null };
  /** `EPSG:n` */
  crs: string;
  /** In degrees; null shows all of the items. */
  area: MultiPolygon | null;
  /** Those of the request. */
  options: Readonly<Record<string, unknown>>;
  /** What features are written as. */
  format: ExportFormat;
  /** An empty folder; the map is left in it. */
  dir: string;
  crew: Crew;
  /** Of the file, where that is less than any map may have. */
  mostBytes?: number;
  signal: AbortSignal;
  onProgress: (item: number, step: 'crop' | 'write', fraction: number) => void;
}

export interface MadeMap {
  /** Of the file. */
  path: string;
  /** One for each item, in order. */
  layers: PaintedLayer[];
}

/** Bytes of a map that a viewer still opens. */
const MOST_BYTES = 100_000_000;
/** Pixels of all layers together, and how much of the file their images may be, which leaves room for paths. */
const MOST_PIXELS = 120_000_000;
const IMAGES_SHARE = 0.7;
const LEAST_DPI = 36;

/** A layer could not be painted. */
export class LayerFailure extends Error {
  readonly item: number;
  constructor(item: number, cause: unknown) {
    super('A layer of the map could not be painted.', { cause });
    this.item = item;
  }
}

/**
 * Makes one map of all items: a page of paths, images and text, georeferenced.
 * @throws {LayerFailure | ExportFailure | GdalError} when it cannot be made; the signal's reason when cancelled.
 */
export async function makeMap(request: MapRequest): Promise<MadeMap> {
  const { items, area, dir, signal, site, mostBytes = MOST_BYTES } = request;
  const asked = await definitionOf(request.crs);
  const turned = northUp(asked);
  const crs = turned ?? asked;
  const options = mapOptions(request.options);
  const extent = await mapExtent(await Promise.all(items.map(whereabouts)), area, crs, signal, asked.id);
  if (!extent) {
    const message = `${asked.id} has no place for what the map would show. Choose another coordinate reference system.`;
    throw new ExportFailure('write-failed', message);
  }
  const date = new Date(Math.max(...items.map(({ publishedAt }) => publishedAt.getTime())));
  const credit = creditNote(items, site);
  const notes: Note[] = [
    { text: crsNote(asked), most: 2 },
    { text: [extentNote(extent.degrees), dateNote(date)].join(' · '), most: 2 },
    { text: credit.text, most: 3 },
  ];
  // How high each is shows already, though not in which numbers a ramp ends.
  const entries = items.map((item) => ({ title: item.title, symbol: expectedSymbol(item) }));
  const fonts = await Fonts.load([request.title, ...notes.map(({ text }) => text), ...items.flatMap(legendTexts)]);
  const typesetter = new Typesetter(fonts);
  const blocks = legendBlocks(entries, typesetter, sizesFor(options.page));
  const metres = await metresPerUnit(crs, extent.bounds, signal);
  const { layout, fitted } = arrange(typesetter, options, { title: request.title, notes, blocks }, extent, metres);
  const colors = colorsOf(items);
  const vectors = items.filter(({ profile }) => !isRaster(profile)).length;
  const rasters = items.length - vectors;
  const affordable = Math.floor(Math.sqrt(MOST_PIXELS / Math.max(1, rasters * inches(fitted))));
  let dpi = Math.min(options.dpi, Math.max(LEAST_DPI, affordable));
  // GDAL's processes for the page run before the engine's threads have taken their memory.
  const place = await viewport(fitted.view, crs, request.title, signal);
  const lines = options.graticule ? await graticule(fitted.view, crs, signal) : [];
  const layers: PaintedLayer[] = [];
  const paint = async (index: number, item: MapItem): Promise<PaintedLayer> => {
    signal.throwIfAborted();
    const [outDir, tempDir] = [join(dir, `layer-${index}`), join(dir, `temp-${index}`)];
    await rm(outDir, { recursive: true, force: true });
    await mkdir(outDir);
    await mkdir(tempDir);
    const { format, crew } = request;
    const onProgress = (step: 'crop' | 'write', fraction: number) => request.onProgress(index, step, fraction);
    const painting = { view: fitted.view, extent, crs, format, dpi, outDir, tempDir, crew, signal, onProgress };
    const color = colors[index] ?? '';
    try {
      const { profile } = item;
      return isRaster(profile)
        ? await paintPixels(item, profile, painting)
        : await paintVector(item, profile, painting, color, polygonStyle(color, below(items, index)), vectors);
    } catch (error) {
      signal.throwIfAborted();
      throw new LayerFailure(index, failure(error, dir));
    } finally {
      await rm(tempDir, { recursive: true, force: true });
    }
  };
  const isImage = ({ profile }: MapItem) => isRaster(profile);
  // So do those that render pixels: what an earlier export left behind makes room.
  if (items.some(isImage)) await request.crew.close();
  for (const isNext of [isImage, (item: MapItem) => !isImage(item)])
    for (const [index, item] of items.entries()) if (isNext(item)) layers[index] = await paint(index, item);
  // What images take is known once they are made.
  const mostImageBytes = mostBytes * IMAGES_SHARE;
  for (let bytes = imageBytes(layers); bytes > mostImageBytes && dpi > LEAST_DPI; bytes = imageBytes(layers)) {
    dpi = Math.max(LEAST_DPI, Math.floor(dpi * Math.sqrt(mostImageBytes / bytes) * 0.95));
    for (const [index, item] of items.entries()) if (isRaster(item.profile)) layers[index] = await paint(index, item);
  }
  const notNorth = turnedNote(crs);
  for (const [index, layer] of layers.entries()) {
    const { profile } = items[index] ?? {};
    if (dpi < options.dpi && profile && isRaster(profile))
      layer.warnings.push(`The map would have been too large with images of ${options.dpi} DPI; they have ${dpi}.`);
    const missing = fonts.missing(`${items[index]?.title}${index === 0 ? request.title : ''}`);
    if (missing !== '') layer.warnings.push(`The map has no font for "${missing}"; they are left blank.`);
    const cover = items.slice(0, index).find((item) => isRaster(item.profile));
    if (cover)
      layer.warnings.push(
        `"${cover.title}" lies over it and hides what it covers: the first item is on top. List it after this one to see both.`,
      );
    if (notNorth !== null) layer.warnings.push(notNorth);
    if (extent.isLess) layer.warnings.push(`The map shows only what ${asked.id} is meant for, and a little around it.`);
  }
  const path = join(dir, 'map.pdf');
  await writeDocument(path, {
    title: request.title,
    site,
    date,
    crs: asked,
    isTurned: turned !== null,
    extent,
    options,
    items,
    layers,
    fitted,
    layout,
    listsSources: credit.isShort || layout.notes.isCut,
    fonts,
    typesetter,
    place,
    graticule: lines,
    signal,
  });
  for (const index of items.keys()) await rm(join(dir, `layer-${index}`), { recursive: true, force: true });
  const { size } = await stat(path);
  if (size > mostBytes) {
    const message = `The map has ${Math.ceil(size / 1e6)} MB, more than the ${Math.floor(mostBytes / 1e6)} MB that can be opened. Ask for fewer layers or a smaller extent, or for a lower pdf_raster_dpi.`;
    throw new ExportFailure('too-large', message);
  }
  return { path, layers };
}

async function whereabouts({ profile, versionDir }: MapItem): Promise<Whereabouts> {
  const { crs, extent, extent_wgs84 } = profile;
  return { crs, extent, extent_wgs84, parts: isRaster(profile) ? null : await partsOf(versionDir, profile) };
}

/** What is said of a map whose top is not the north; null where it is. */
function turnedNote({ id, name, wkt }: ProfileCrs): string | null {
  const [x, y] = horizontalCrs(wkt).axes;
  if (x === 'east') return null;
  const seen = x === 'west' ? 'south is at the top of the map' : 'west is at the top of the map, which is seen as in a mirror';
  return `${id ?? name} counts to the ${x} and to the ${y}, so that ${seen}. A CRS that counts to the east and north may suit better.`;
}

/** The color that each item is drawn in: its own, or the next of the default ones. */
function colorsOf(items: readonly MapItem[]): string[] {
  const own = new Set(items.flatMap(({ color }) => color?.toLowerCase() ?? []));
  let next = 0;
  return items.map(({ color, profile }) => {
    if (color !== null || isRaster(profile)) return color ?? '';
    while (own.has(defaultColour(next))) next++;
    return defaultColour(next++);
  });
}

/** What an item is drawn on. */
function below(items: readonly MapItem[], index: number): Parameters<typeof polygonStyle>[1] {
  const kinds = items.slice(index + 1).flatMap(({ profile }) => (isRaster(profile) ? [profile.kind] : []));
  return kinds.length === 0 ? 'features' : kinds[0] === 'raster' ? 'imagery' : 'grid';
}

function expectedSymbol({ profile }: MapItem): LayerSymbol {
  return isRaster(profile)
    ? expectedPixels(profile)
    : { kind: 'vector', color: '#000000', polygons: polygonStyle('#000000', 'features'), dimensions: dimensionsOf(profile) };
}

/** What the legend may write of an item. */
function legendTexts({ title, profile }: MapItem): string[] {
  return isRaster(profile) ? [title, profile.bands[0]?.unit ?? '', ...classesOf(profile).map(({ name }) => name)] : [title];
}

/** Square inches of the map on the page. */
function inches({ view: { frame } }: Fitted): number {
  return (frame.width / 72) * (frame.height / 72);
}

function imageBytes(layers: readonly PaintedLayer[]): number {
  return layers.reduce((sum, { images }) => sum + images.reduce((all, { bytes }) => all + bytes, 0), 0);
}
