import bidiFactory from 'bidi-js';
import type { EmbeddedFont, Fonts, PlacedGlyph, Weight } from './fonts.ts';
import { decimal } from './objects.ts';

/** How a text is set. */
export interface TextStyle {
  /** In points. */
  size: number;
  weight: Weight;
}

/** Characters of one font and direction, in the order in which they are drawn. */
interface Run {
  font: EmbeddedFont;
  glyphs: readonly PlacedGlyph[];
}

/** A line of text, ready to be drawn. */
export interface Line {
  text: string;
  style: TextStyle;
  runs: readonly Run[];
  /** In points. */
  width: number;
}

/** Of a text's size: how far capitals and figures rise above the base line, and from one line to the next. */
export const CAP_HEIGHT = 0.714;
export const LEADING = 1.3;

const bidi = bidiFactory();

/** Sets texts in the fonts of a document. */
export class Typesetter {
  readonly #fonts: Fonts;

  constructor(fonts: Fonts) {
    this.#fonts = fonts;
  }

  line(text: string, style: TextStyle): Line {
    const clean = oneLine(text);
    const { levels } = bidi.getEmbeddingLevels(clean);
    const pieces: { font: EmbeddedFont; level: number; text: string }[] = [];
    let at = 0;
    for (const character of clean) {
      const level = levels[at] ?? 0;
      const last = pieces.at(-1);
      const font = this.#fonts.fontFor(character.codePointAt(0) ?? 0x20, style.weight, last?.font ?? null);
      if (last && last.font === font && last.level === level) last.text += character;
      else pieces.push({ font, level, text: character });
      at += character.length;
    }
    const runs = inVisualOrder(pieces).map(({ font, level, text: part }) => ({ font, glyphs: font.shape(part, level % 2 === 1) }));
    const thousandths = runs.reduce((sum, { glyphs }) => sum + glyphs.reduce((width, { advance }) => width + advance, 0), 0);
    return { text: clean, style, runs, width: (thousandths * style.size) / 1000 };
  }

  /** Breaks a text into lines of a width, at most so many; the last ends with … where there is more. */
  wrap(text: string, style: TextStyle, width: number, most: number): Line[] {
    const lines: Line[] = [];
    let rest = oneLine(text);
    while (rest !== '' && lines.length < most) {
      const whole = this.line(rest, style);
      if (whole.width <= width) return [...lines, whole];
      if (lines.length === most - 1) return [...lines, this.#cut(rest, style, width)];
      const length = this.#fitting(rest, style, width);
      lines.push(this.line(rest.slice(0, length).trimEnd(), style));
      rest = rest.slice(length).trimStart();
    }
    return lines;
  }

  /** The beginning of a text that fits, with … behind it. */
  #cut(text: string, style: TextStyle, width: number): Line {
    const clusters = graphemes(text);
    const cut = (count: number) => this.line(`${clusters.slice(0, count).join('').trimEnd()}…`, style);
    return cut(largest(clusters.length, (count) => cut(count).width <= width));
  }

  /** How many characters of a text go on a line: up to the last place where it may be broken, or as many as fit where there is none. */
  #fitting(text: string, style: TextStyle, width: number): number {
    const places = [...text.matchAll(BREAKS)].map(({ index, 0: { length } }) => index + length).filter((place) => place < text.length);
    const fits = (length: number) => this.line(text.slice(0, length).trimEnd(), style).width <= width;
    const count = largest(places.length, (n) => fits(places[n - 1] ?? 0));
    if (count > 0) return places[count - 1] ?? text.length;
    const clusters = graphemes(text);
    return clusters
      .slice(
        0,
        Math.max(
          1,
          largest(clusters.length, (n) => fits(clusters.slice(0, n).join('').length)),
        ),
      )
      .join('').length;
  }
}

/** After these a line may end: spaces, hyphens and slashes, and every character of scripts without spaces. */
const BREAKS = /\s+|[-–—/](?=\S)|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}](?![、。，．」）ー])/gu;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The largest of 0..most that passes, where all before it do. */
function largest(most: number, passes: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Titles come from publishers: no line breaks, nothing that turns the direction of what follows, letters with their marks in one. */
function oneLine(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]/g, '')
    .trim();
}

/** Rule L2 of the bidirectional algorithm (Unicode annex 9), by runs. */
function inVisualOrder<Piece extends { level: number }>(pieces: readonly Piece[]): Piece[] {
  const ordered = [...pieces];
  const most = ordered.reduce((highest, { level }) => Math.max(highest, level), 0);
  for (let level = most; level > 0; level--) {
    for (let from = 0; from < ordered.length; from++) {
      let to = from;
      while (to < ordered.length && (ordered[to]?.level ?? 0) >= level) to++;
      if (to - from > 1) ordered.splice(from, to - from, ...ordered.slice(from, to).reverse());
      from = Math.max(from, to);
    }
  }
  return ordered;
}

/**
 * The operators that draw a line of text (ISO 32000-2 section 9.4).
 * @param turned by so many degrees, counter-clockwise.
 */
export function textOperators({ runs, style }: Line, x: number, y: number, turned: 0 | 90 | 270 = 0): string {
  const [cos, sin] = turned === 0 ? [1, 0] : turned === 90 ? [0, 1] : [0, -1];
  const unit = style.size / 1000;
  const out = ['BT'];
  let along = 0;
  const move = (by: number, up: number) => {
    const [dx, dy] = [(along + by) * unit, up * unit];
    out.push(`${cos} ${sin} ${-sin} ${cos} ${decimal(x + cos * dx - sin * dy, 3)} ${decimal(y + sin * dx + cos * dy, 3)} Tm`);
  };
  for (const { font, glyphs } of runs) {
    out.push(`/${font.resource} ${decimal(style.size, 3)} Tf`);
    if (glyphs.some(({ dx, dy }) => dx !== 0 || dy !== 0)) {
      for (const { glyph, advance, dx, dy } of glyphs) {
        move(dx, dy);
        out.push(`<${hex(glyph)}> Tj`);
        along += advance;
      }
      continue;
    }
    move(0, 0);
    const parts = glyphs.map(({ glyph, advance }) => {
      // What is taken away from the glyph's own width.
      const less = decimal(font.width(glyph) - advance, 2);
      return less === '0' ? `<${hex(glyph)}>` : `<${hex(glyph)}> ${less}`;
    });
    out.push(`[${parts.join(' ').replaceAll('> <', '')}] TJ`);
    along += glyphs.reduce((sum, { advance }) => sum + advance, 0);
  }
  out.push('ET');
  return out.join('\n');
}

function hex(glyph: number): string {
  return glyph.toString(16).padStart(4, '0');
}
