import { isAscii, isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { runGdal } from '../../gdal/process.ts';
import { PublishError } from './failure.ts';

/** What the bytes of a source's text say of its encoding. Lines of it count, not characters. */
interface TextEvidence {
  /** Lines with text beyond ASCII that is UTF-8. */
  utf8: number;
  /** Lines with text that is not. */
  other: number;
  /** A short piece of the first text beyond ASCII of each kind. */
  utf8Sample: Buffer | null;
  otherSample: Buffer | null;
}

export interface FoundEncoding {
  /** For GDAL's `ENCODING`; null where GDAL reads it right by itself. */
  encoding: string | null;
  /** A sentence for the publisher, where it was not as the source says. */
  note: string | null;
}

const LATIN = /^(ISO-?8859-?1|CP1252|WINDOWS-1252)$/i;
const UTF8 = /^UTF-?8$/i;
/** "The ANSI code page of the computer that wrote it": says nothing here. */
const ANY_ANSI = 87;

/**
 * How the text of a Shapefile or dBASE table is to be read. What the source declares is held against all of its text; where it declares nothing,
 * text that is not UTF-8 is taken for Windows-1252, which is what most such files are.
 */
export async function shapefileEncoding(
  dataset: string,
  layers: readonly string[],
  signal: AbortSignal | undefined,
): Promise<FoundEncoding> {
  const run = signal ? { signal } : {};
  const { stdout } = await runGdal('ogrinfo', ['-ro', '-so', '-mdd', 'SHAPEFILE', dataset, ...layers], run);
  const declared = declaredEncoding(stdout);
  if (declared !== null && !LATIN.test(declared) && !UTF8.test(declared)) return { encoding: null, note: null };
  const evidence = await examine(dataset, layers, ['-oo', 'ENCODING='], signal);
  return judge(declared, evidence);
}

/** The encoding that the publisher said. @throws {PublishError} when GDAL does not know it. */
export async function saidEncoding(dataset: string, encoding: string, signal: AbortSignal | undefined): Promise<FoundEncoding> {
  const args = ['-ro', '-so', '-al', '-mdd', 'SHAPEFILE', '-oo', `ENCODING=${encoding}`, dataset];
  const { stdout } = await runGdal('ogrinfo', args, signal ? { signal } : {});
  if (!/^ +SOURCE_ENCODING=\S/m.test(stdout))
    throw new PublishError(`"${encoding}" is no encoding that GDAL knows. Encodings are written as UTF-8, CP1252, CP850 or ISO-8859-15.`);
  return { encoding, note: null };
}

/** GDAL's word for what the .cpg or the dBASE header says; null where it says nothing that GDAL knows. */
function declaredEncoding(info: string): string | null {
  const value = (name: string) => new RegExp(`^ +${name}=(\\S+)`, 'm').exec(info)?.[1];
  const ldid = Number(/^ +LDID_VALUE=(\d+)/m.exec(info)?.[1] ?? 0);
  if (value('ENCODING_FROM_CPG') === undefined && (ldid === 0 || ldid === ANY_ANSI)) return null;
  return value('SOURCE_ENCODING') ?? null;
}

function judge(declared: string | null, { utf8, other, utf8Sample, otherSample }: TextEvidence): FoundEncoding {
  if (utf8 + other === 0) return { encoding: null, note: null };
  const latin = declared !== null && LATIN.test(declared);
  const wrong = 'If that is wrong, say the encoding with --encoding.';
  // Text that is cut at a field's width may end in half a character, so a few lines say little.
  if (other >= Math.max(1, utf8)) {
    if (latin) return { encoding: null, note: null };
    const read = `read as Windows-1252: ${quoted(otherSample, 'windows-1252')}. ${wrong}`;
    return {
      encoding: 'CP1252',
      note:
        declared === null
          ? `Nothing says the encoding of its text, which is not UTF-8 and was ${read}`
          : `The source says that its text is UTF-8, but it is not, and was ${read}`,
    };
  }
  if (other > 0) {
    const note = `${other} of its rows ${other === 1 ? 'has' : 'have'} text that is not UTF-8, such as ${quoted(otherSample, 'utf-8')}. ${wrong}`;
    return latin ? { encoding: null, note: null } : { encoding: 'UTF-8', note };
  }
  const note = latin
    ? `The source says that its text is ${declared}, but it is UTF-8, and was read so: ${quoted(utf8Sample, 'utf-8')}. ${wrong}`
    : null;
  return { encoding: 'UTF-8', note };
}

/** @throws {PublishError} when the text of a CSV file is not UTF-8, which is all that GDAL reads. */
export async function requireUtf8(dataset: string, layers: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const { other, otherSample } = await examine(dataset, layers, [], signal);
  if (other === 0) return;
  const name = basename(dataset);
  throw new PublishError(
    `${name} is not UTF-8, as a CSV file must be here: it has ${quoted(otherSample, 'windows-1252')} if it is Windows-1252. Convert it: iconv -f WINDOWS-1252 -t UTF-8 ${name}, or from the encoding that it has.`,
  );
}

/** Whether a file begins with the byte order mark of UTF-16. */
export async function isUtf16(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (!file) return false;
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return ['fffe', 'feff'].includes(buffer.toString('hex'));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/** Looks at all text of some layers, as the bytes that the source has. */
async function examine(
  dataset: string,
  layers: readonly string[],
  openArgs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<TextEvidence> {
  const evidence: TextEvidence = { utf8: 0, other: 0, utf8Sample: null, otherSample: null };
  const onOutputLine = (line: Buffer) => {
    if (isAscii(line)) return;
    if (isUtf8(line)) {
      evidence.utf8++;
      evidence.utf8Sample ??= Buffer.from(line);
    } else {
      evidence.other++;
      evidence.otherSample ??= Buffer.from(line);
    }
  };
  const options = { onOutputLine, ...(signal ? { signal } : {}) };
  for (const layer of layers)
    await runGdal('ogr2ogr', ['-f', 'CSV', '/vsistdout/', dataset, layer, '-lco', 'GEOMETRY=NONE', ...openArgs], options);
  return evidence;
}

/** Characters around the first one beyond ASCII that a sample shows. */
const SAMPLE = 30;

/** The cell of a line of CSV that has the first text beyond ASCII, shortened, as it reads in an encoding. */
function quoted(line: Buffer | null, encoding: 'utf-8' | 'windows-1252'): string {
  const cells = new TextDecoder(encoding).decode(line ?? Buffer.alloc(0)).split(/"?,"?/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant
  const cell = (cells.find((text) => /[^\x00-\x7f]/.test(text)) ?? '').replace(/^"|"$/g, '').trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant
  const from = Math.max(0, cell.search(/[^\x00-\x7f]/) - SAMPLE / 2);
  return `“${from > 0 ? '…' : ''}${cell.slice(from, from + SAMPLE)}${from + SAMPLE < cell.length ? '…' : ''}”`;
}
