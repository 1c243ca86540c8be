import { basename } from 'node:path';
import { drawBack, sourceBlocks } from './backpages.ts';
import { Canvas } from './canvas.ts';
import { colourOf, DIM_PAPER, isPale, PAPER } from './colours.ts';
import { PdfFile } from './file.ts';
import type { Fitted } from './fit.ts';
import { drawFront } from './frontpage.ts';
import type { PaintedLayer } from './layer.ts';
import { sizesFor } from './layout.ts';
import { legendBlocks } from './legend.ts';
import type { MapDocument } from './mapdocument.ts';
import { writeInfo, writeMetadata } from './metadata.ts';
import { Name, type PdfDict, type PdfValue, type Ref, Text } from './objects.ts';
import { pageX, pageY } from './view.ts';

/** A layer as the file has it. */
interface WrittenLayer {
  group: Ref;
  title: string;
  operators: string;
}

/**
 * Writes a map as a PDF file.
 * @param path of a file that is not there yet.
 */
export async function writeDocument(path: string, map: MapDocument): Promise<void> {
  const file = await PdfFile.create(path);
  try {
    await write(file, map);
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

async function write(file: PdfFile, map: MapDocument): Promise<void> {
  const { title, options, fitted, typesetter, items, signal } = map;
  const sizes = sizesFor(options.page);
  const resources = new Resources();
  const shown = map.layers.flatMap((layer, index) => {
    const item = items[index];
    return item && !layer.isEmpty ? [{ layer, item }] : [];
  });
  const written: WrittenLayer[] = [];
  for (const { layer, item } of shown) written.push(await writeLayer(file, layer, item.title, fitted, resources, signal));
  const groups = written.map(({ group }) => group);
  const drawn = written.map(({ group, operators }) => ({ group: resources.add('Properties', group), operators }));
  let lineGroup: string | null = null;
  if (options.graticule) {
    const group = await file.object({ Type: new Name('OCG'), Name: new Text('Graticule') });
    groups.push(group);
    lineGroup = resources.add('Properties', group);
  }
  const entries = shown.map(({ layer: { symbol }, item }) => ({ title: item.title, symbol }));
  const blocks = options.legend ? legendBlocks(entries, typesetter, sizes) : [];
  const front = new Canvas();
  const isPaleLayer = ({ symbol }: PaintedLayer) => symbol.kind === 'vector' && isPale(colourOf(symbol.color));
  const paper = map.layers.some(isPaleLayer) ? DIM_PAPER : PAPER;
  const placed = drawFront(front, { ...map, paper }, drawn, lineGroup, blocks);
  const sources = map.listsSources ? sourceBlocks(items, typesetter, sizes) : [];
  const back = drawBack(map, [
    { heading: 'Legend, continued', blocks: blocks.slice(placed) },
    { heading: 'Sources and licences', blocks: sources },
  ]);

  const contents: Ref[] = [];
  for (const canvas of [front, ...back]) contents.push(await file.deflated({}, canvas.content));
  const Font = await map.fonts.write(file);
  const Parent = file.reserve();
  const pages: Ref[] = [];
  for (const [index, Contents] of contents.entries()) {
    const shared = { Type: new Name('Page'), Parent, MediaBox: [0, 0, ...options.page], Contents };
    const only =
      index === 0 ? { Resources: { ...resources.dict, Font }, VP: map.place ? [map.place] : undefined } : { Resources: { Font } };
    pages.push(await file.object({ ...shared, ...only }));
  }
  await file.object({ Type: new Name('Pages'), Kids: pages, Count: pages.length }, Parent);

  const facts = {
    title,
    author: map.site.name,
    subject: items.map((item) => item.title).join(', '),
    keywords: ['map', map.crs.name, ...(map.crs.id === null ? [] : [map.crs.id])],
    date: map.date,
  };
  const info = await writeInfo(file, facts);
  const root = await file.object({
    Type: new Name('Catalog'),
    Pages: Parent,
    Lang: new Text('en'),
    Metadata: await writeMetadata(file, facts),
    ViewerPreferences: { DisplayDocTitle: true },
    Outlines: await writeOutline(
      file,
      title,
      shown.map(({ item }) => item.title),
      pages,
    ),
    PageMode: new Name(written.length > 1 ? 'UseOC' : 'UseNone'),
    OCProperties: { OCGs: groups, D: { Name: new Text('Layers'), Order: groups, ON: groups, Intent: new Name('View') } },
  });
  await file.end(root, info, [title, map.date.toISOString(), ...items.map(({ versionDir }) => basename(versionDir))].join('\n'));
}

/** What a page's content names. */
class Resources {
  readonly #entries = {
    XObject: new Map<string, PdfValue>(),
    ExtGState: new Map<string, PdfValue>(),
    Properties: new Map<string, PdfValue>(),
  };

  /** Names something; the same name every time for the same number of things before it. */
  add(kind: 'XObject' | 'ExtGState' | 'Properties', value: PdfValue): string {
    const entries = this.#entries[kind];
    const name = `${kind[0]}${entries.size}`;
    entries.set(name, value);
    return name;
  }

  get dict(): PdfDict {
    return Object.fromEntries(Object.entries(this.#entries).map(([kind, entries]) => [kind, Object.fromEntries(entries)]));
  }
}

async function writeLayer(
  file: PdfFile,
  layer: PaintedLayer,
  title: string,
  { view }: Fitted,
  resources: Resources,
  signal: AbortSignal,
): Promise<WrittenLayer> {
  const operators: string[] = [];
  for (const { bounds, width, height, pixels, alpha, isSmooth } of layer.images) {
    const about = {
      Type: new Name('XObject'),
      Subtype: new Name('Image'),
      Width: width,
      Height: height,
      BitsPerComponent: 8,
      ...(isSmooth ? { Interpolate: true } : {}),
    };
    const mask = alpha
      ? await file.streamFile({ ...about, ColorSpace: new Name('DeviceGray'), Filter: new Name('FlateDecode') }, alpha.path, signal)
      : undefined;
    const space = new Name(pixels.space === 'rgb' ? 'DeviceRGB' : 'DeviceGray');
    const image = await file.streamFile({ ...about, ColorSpace: space, Filter: new Name(pixels.filter), SMask: mask }, pixels.path, signal);
    const [x, y] = [pageX(view, bounds[0]), pageY(view, bounds[1])];
    const [wide, high] = [pageX(view, bounds[2]) - x, pageY(view, bounds[3]) - y];
    operators.push(`q ${wide} 0 0 ${high} ${x} ${y} cm /${resources.add('XObject', image)} Do Q`);
  }
  const { frame } = view;
  const box = [frame.x, frame.y, frame.x + frame.width, frame.y + frame.height];
  for (const { content, opacity } of layer.paths) {
    if (content.compressedSize < EMPTY_BYTES && content.size < EMPTY_BYTES) continue;
    const form = await file.deflatedFile(
      {
        Type: new Name('XObject'),
        Subtype: new Name('Form'),
        // Its coordinates are those of the page once its first operator is done.
        BBox: box,
        Resources: {},
      },
      content,
      signal,
    );
    const { fill, stroke } = opacity;
    const state = fill < 1 || stroke < 1 ? `/${resources.add('ExtGState', { ca: fill, CA: stroke })} gs ` : '';
    operators.push(`q ${state}/${resources.add('XObject', form)} Do Q`);
  }
  const group = await file.object({ Type: new Name('OCG'), Name: new Text(title) });
  return { group, title, operators: operators.join('\n') };
}

/** A part with less than this holds its style alone. */
const EMPTY_BYTES = 110;

/** Writes the bookmarks: the map, below it each of its layers, and the pages behind it (ISO 32000-2 section 12.3.3). */
async function writeOutline(file: PdfFile, title: string, layers: readonly string[], pages: readonly Ref[]): Promise<Ref> {
  const [root, map] = [file.reserve(), file.reserve()];
  const destination = (page: Ref | undefined): PdfValue => [page ?? null, new Name('Fit')];
  const items = layers.map(() => file.reserve());
  for (const [index, item] of items.entries()) {
    const text = new Text(layers[index] ?? '');
    await file.object({ Title: text, Parent: map, Prev: items[index - 1], Next: items[index + 1], Dest: destination(pages[0]) }, item);
  }
  const more = pages.length > 1 ? file.reserve() : undefined;
  if (more) await file.object({ Title: new Text('More on this map'), Parent: root, Prev: map, Dest: destination(pages[1]) }, more);
  const within = items.length > 0 ? { First: items[0], Last: items.at(-1), Count: items.length } : {};
  await file.object({ Title: new Text(title), Parent: root, Next: more, ...within, Dest: destination(pages[0]) }, map);
  return file.object({ Type: new Name('Outlines'), First: map, Last: more ?? map, Count: (more ? 2 : 1) + items.length }, root);
}
