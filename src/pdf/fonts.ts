import { readFile } from 'node:fs/promises';
import { Blob, Direction, Face, Font, Buffer as ShapingBuffer, shape } from 'harfbuzzjs';
import subsetFont from 'subset-font';
import type { PdfFile } from './file.ts';
import { type FontFile, fontFilesFor, mayHold } from './fontfiles.ts';
import { Name, type Ref, Text } from './objects.ts';

/** Regular and semibold. */
export type Weight = 400 | 600;
const WEIGHTS: readonly Weight[] = [400, 600];

/** What is written in every map, whatever its layers are called. */
const ALWAYS = `${Array.from({ length: 95 }, (_, i) => String.fromCodePoint(32 + i)).join('')}\u2009°′″–—…·•×−≤≥©“”’`;

/** A glyph and where it goes, in thousandths of the size of the text. */
export interface PlacedGlyph {
  glyph: number;
  advance: number;
  dx: number;
  dy: number;
}

/** Some characters of a family in one weight, as they are embedded: of all others nothing is left. */
export class EmbeddedFont {
  readonly resource: string;
  readonly #program: Uint8Array;
  readonly #name: string;
  readonly #font: Font;
  readonly #unit: number;
  readonly #characters: ReadonlySet<number>;
  /** What the glyphs stand for, by their numbers. */
  readonly #texts = new Map<number, string>();

  constructor(resource: string, name: string, program: Uint8Array) {
    this.resource = resource;
    this.#name = name;
    this.#program = program;
    const face = new Face(new Blob(program));
    this.#font = new Font(face);
    this.#unit = 1000 / face.upem;
    this.#characters = new Set(face.collectUnicodes());
  }

  has(codePoint: number): boolean {
    return this.#characters.has(codePoint);
  }

  /** Chooses and places the glyphs of a text in one direction, from left to right. */
  shape(text: string, rightToLeft: boolean): PlacedGlyph[] {
    const buffer = new ShapingBuffer();
    buffer.addText(text);
    buffer.guessSegmentProperties();
    buffer.setDirection(rightToLeft ? Direction.RTL : Direction.LTR);
    shape(this.#font, buffer);
    const infos = buffer.getGlyphInfosAndPositions();
    const starts = [...new Set(infos.map(({ cluster }) => cluster)), text.length].sort((a, b) => a - b);
    let last = -1;
    return infos.map(({ codepoint: glyph, cluster, xAdvance = 0, xOffset = 0, yOffset = 0 }) => {
      const end = starts[starts.indexOf(cluster) + 1] ?? text.length;
      // Of the glyphs that make a character together, the first stands for it; the one for what a font has not, which comes first, for nothing.
      if (!this.#texts.has(glyph)) this.#texts.set(glyph, cluster === last || glyph === 0 ? '' : text.slice(cluster, end));
      last = cluster;
      return { glyph, advance: xAdvance * this.#unit, dx: xOffset * this.#unit, dy: yOffset * this.#unit };
    });
  }

  /** A glyph's own width, in thousandths of the size. */
  width(glyph: number): number {
    return this.#font.glyphHAdvance(glyph) * this.#unit;
  }

  get isUsed(): boolean {
    return this.#texts.size > 0;
  }

  /** Writes the font with its widths and what its glyphs stand for (ISO 32000-2 section 9.7). */
  async write(file: PdfFile): Promise<Ref> {
    const { ascender, descender } = this.#font.hExtents();
    const program = await file.deflated({ Length1: this.#program.length }, this.#program);
    const descriptor = await file.object({
      Type: new Name('FontDescriptor'),
      FontName: new Name(this.#name),
      // Its characters are none of the standard Latin set alone.
      Flags: 4,
      FontBBox: [-1000, Math.round(descender * this.#unit), 3000, Math.round(ascender * this.#unit)],
      ItalicAngle: 0,
      Ascent: Math.round(ascender * this.#unit),
      Descent: Math.round(descender * this.#unit),
      CapHeight: 714,
      StemV: 80,
      FontFile2: program,
    });
    const glyphs = [...this.#texts.keys()].sort((a, b) => a - b);
    const descendant = await file.object({
      Type: new Name('Font'),
      Subtype: new Name('CIDFontType2'),
      BaseFont: new Name(this.#name),
      CIDSystemInfo: { Registry: new Text('Adobe'), Ordering: new Text('Identity'), Supplement: 0 },
      FontDescriptor: descriptor,
      CIDToGIDMap: new Name('Identity'),
      DW: 1000,
      W: glyphs.flatMap((glyph) => [glyph, [Math.round(this.width(glyph) * 100) / 100]]),
    });
    const unicode = await file.deflated({}, toUnicode(glyphs.map((glyph) => [glyph, this.#texts.get(glyph) ?? ''])));
    return file.object({
      Type: new Name('Font'),
      Subtype: new Name('Type0'),
      BaseFont: new Name(this.#name),
      Encoding: new Name('Identity-H'),
      DescendantFonts: [descendant],
      ToUnicode: unicode,
    });
  }
}

/** What glyphs stand for, for those who search or copy (section 9.10.3). */
function toUnicode(glyphs: readonly (readonly [number, string])[]): string {
  const hex = (value: number) => value.toString(16).padStart(4, '0');
  const lines = glyphs
    .filter(([, text]) => text !== '')
    .map(([glyph, text]) => `<${hex(glyph)}> <${Array.from({ length: text.length }, (_, i) => hex(text.charCodeAt(i))).join('')}>`);
  // A list has at most 100 entries.
  const lists = Array.from({ length: Math.ceil(lines.length / 100) }, (_, i) => lines.slice(100 * i, 100 * (i + 1)));
  return [
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def /CMapName /Adobe-Identity-UCS def /CMapType 2 def',
    '1 begincodespacerange <0000> <ffff> endcodespacerange',
    ...lists.map((list) => `${list.length} beginbfchar\n${list.join('\n')}\nendbfchar`),
    'endcmap CMapName currentdict /CMap defineresource pop end end',
  ].join('\n');
}

/** The fonts of one document: for each character the first font that has it. */
export class Fonts {
  readonly #fonts: Record<Weight, EmbeddedFont[]>;

  private constructor(fonts: Record<Weight, EmbeddedFont[]>) {
    this.#fonts = fonts;
  }

  /** @param texts all that will be written besides numbers and plain English. */
  static async load(texts: readonly string[]): Promise<Fonts> {
    const all = texts.join('\n').normalize('NFC');
    const wanted = new Set([...ALWAYS, ...all].map((character) => character.codePointAt(0) ?? 0).filter((code) => code >= 0x20));
    const files = await fontFilesFor(all);
    const fonts: Record<Weight, EmbeddedFont[]> = { 400: [], 600: [] };
    for (const file of files) {
      const held = [...wanted].filter((code) => mayHold(file, code));
      if (held.length === 0) continue;
      for (const weight of WEIGHTS) fonts[weight].push(await embedded(file, held, weight, fonts[400].length + fonts[600].length));
      // Marks and joiners go with the letters before them, in whatever font those are.
      for (const code of held) if (fonts[400].at(-1)?.has(code) && !/\p{M}|\p{Cf}/u.test(String.fromCodePoint(code))) wanted.delete(code);
    }
    return new Fonts(fonts);
  }

  /** The font for a character; the one before where that has it too and it is no letter of its own. */
  fontFor(codePoint: number, weight: Weight, before: EmbeddedFont | null): EmbeddedFont {
    const isLoose = /[\p{M}\p{Cf}\p{Zs}]/u.test(String.fromCodePoint(codePoint));
    if (isLoose && before?.has(codePoint)) return before;
    const [first] = this.#fonts[weight];
    const font = this.#fonts[weight].find((one) => one.has(codePoint)) ?? first;
    if (!font) throw new Error('There is no font.');
    return font;
  }

  /** The characters of a text that no font has, each once; marks and what is not seen aside. */
  missing(text: string): string {
    const seen = [...new Set(text.normalize('NFC'))].filter((character) => !/[\p{M}\p{C}\p{Z}]/u.test(character));
    return seen.filter((character) => !this.#fonts[400].some((font) => font.has(character.codePointAt(0) ?? 0))).join('');
  }

  /** Writes those that were used; gives them by their names in the resources. */
  async write(file: PdfFile): Promise<Record<string, Ref>> {
    const written: Record<string, Ref> = {};
    for (const font of WEIGHTS.flatMap((weight) => this.#fonts[weight])) if (font.isUsed) written[font.resource] = await font.write(file);
    return written;
  }
}

/** Programs of fonts by what they hold: maps have the same characters again and again. */
const programs = new Map<string, Promise<Uint8Array>>();
const PROGRAMS_KEPT = 50;

async function embedded(file: FontFile, codes: readonly number[], weight: Weight, number: number): Promise<EmbeddedFont> {
  const text = String.fromCodePoint(...codes.toSorted((a, b) => a - b));
  const key = `${file.key} ${weight} ${text}`;
  let program = programs.get(key);
  if (!program) {
    if (programs.size >= PROGRAMS_KEPT) programs.clear();
    program = readFile(file.path).then((bytes) => subsetFont(bytes, text, { targetFormat: 'truetype', variationAxes: { wght: weight } }));
    programs.set(key, program);
    program.catch(() => programs.delete(key));
  }
  // Six capitals tell that it is a part of a font (section 9.9.2).
  const tag = String.fromCharCode(...[0, 1, 2, 3, 4, 5].map((place) => 65 + (Math.floor(number / 26 ** (5 - place)) % 26)));
  const name = file.key.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return new EmbeddedFont(`F${number}`, `${tag}+${name}${weight === 600 ? '-SemiBold' : ''}`, await program);
}
