import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of a family that holds some of its characters, in every weight. */
export interface FontFile {
  /** What tells it from others. */
  key: string;
  path: string;
  /** Code points that it may hold, first and last of each range. */
  ranges: readonly (readonly [number, number])[];
}

/** Noto Sans: Latin, Greek, Cyrillic and Devanagari; Hebrew; Arabic. */
const FAMILIES = ['noto-sans', 'noto-sans-hebrew', 'noto-sans-arabic'];
/** Han characters have another form in each country; the last one has Hangul besides. */
const HAN_JAPANESE = ['noto-sans-jp', 'noto-sans-sc', 'noto-sans-kr'];
const HAN_CHINESE = ['noto-sans-sc', 'noto-sans-jp', 'noto-sans-kr'];
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

const families = new Map<string, Promise<FontFile[]>>();

/** Font files that may hold characters of a text, the one to be tried first before the others. */
export async function fontFilesFor(text: string): Promise<FontFile[]> {
  const names = [...FAMILIES, ...(KANA.test(text) ? HAN_JAPANESE : HAN_CHINESE)];
  return (await Promise.all(names.map(filesOf))).flat();
}

function filesOf(family: string): Promise<FontFile[]> {
  const known = families.get(family);
  if (known) return known;
  const files = readFamily(family);
  families.set(family, files);
  files.catch(() => families.delete(family));
  return files;
}

/** A fontsource package lists the ranges of its files in unicode.json, by the middle of their names. */
async function readFamily(family: string): Promise<FontFile[]> {
  const folder = dirname(fileURLToPath(import.meta.resolve(`@fontsource-variable/${family}/package.json`)));
  const listed: Record<string, string> = JSON.parse(await readFile(join(folder, 'unicode.json'), 'utf8'));
  // The commonest characters stand in the last ones.
  return Object.entries(listed)
    .reverse()
    .map(([name, ranges]) => {
      const key = `${family}-${name.replace(/[[\]]/g, '')}`;
      return { key, path: join(folder, 'files', `${key}-wght-normal.woff2`), ranges: ranges.split(',').map(rangeOf) };
    });
}

function rangeOf(text: string): readonly [number, number] {
  const [first = '', last = first] = text.replace('U+', '').split('-');
  return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
}

export function mayHold({ ranges }: FontFile, codePoint: number): boolean {
  return ranges.some(([first, last]) => codePoint >= first && codePoint <= last);
}
