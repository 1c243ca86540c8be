import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, open, type ZipFile } from 'yauzl';
import { isDiskFull } from '../../disk.ts';
import { PublishError } from '../publish/failure.ts';

/** What a ZIP file may hold. */
export interface UnpackLimits {
  /** Of all its files, unpacked. */
  bytes: number;
  files: number;
}

/** How much larger a file may get: what data reach is 20 times, what bombs are made of is 1000 times. */
const MOST_RATIO = 200;
const LONGEST_NAME = 300;

/**
 * Unpacks a ZIP file that anybody may have made: nothing is written outside of the folder, no link is made, and it stops where there is more than the
 * limits allow, whatever the file says of itself.
 * @returns the files' paths in the folder, with slashes.
 * @throws {PublishError} with one sentence.
 */
export async function unpack(path: string, folder: string, limits: UnpackLimits): Promise<string[]> {
  const zip = await opened(path);
  const names: string[] = [];
  let left = limits.bytes;
  try {
    for (let entry = await nextEntry(zip); entry; entry = await nextEntry(zip)) {
      const name = entry.fileName;
      if (name.endsWith('/') || /(^|\/)(__MACOSX\/|\.)/.test(name)) continue;
      if (names.length >= limits.files) throw new PublishError(`The ZIP file holds more than ${limits.files} files.`);
      const target = join(folder, name);
      if (!target.startsWith(folder + sep) || name.length > LONGEST_NAME || /\p{Cc}/u.test(name) || isLink(entry))
        throw new PublishError('The ZIP file holds a name that leads out of it, or is none that a file can have.');
      if (entry.isEncrypted()) throw new PublishError('The ZIP file is encrypted. Upload it without a password.');
      if (entry.uncompressedSize > left || entry.uncompressedSize > 1e6 + MOST_RATIO * entry.compressedSize) throw tooMuch();
      // Who may not read it may not pass through the upload's folder; GDAL, which may be another user, may.
      await mkdir(dirname(target), { recursive: true });
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          left -= chunk.length;
          done(left < 0 ? tooMuch() : null, chunk);
        },
      });
      await pipeline(await contentOf(zip, entry), counted, createWriteStream(target, { flags: 'wx' }));
      names.push(name);
    }
    return names;
  } catch (error) {
    if (error instanceof PublishError || isDiskFull(error)) throw error;
    throw new PublishError('The ZIP file is damaged, or holds names that no ZIP file should. Make it again.');
  } finally {
    zip.close();
  }
}

function tooMuch(): PublishError {
  return new PublishError('The ZIP file holds far more than it seems to. Upload fewer files at a time.');
}

function opened(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false, strictFileNames: false, validateEntrySizes: true }, (error, zip) => {
      if (error) reject(new PublishError('The file ends in .zip and is no ZIP file, or a damaged one.'));
      else resolve(zip);
    });
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const done = (entry: Entry | null) => {
      zip.off('entry', done).off('end', end).off('error', reject);
      resolve(entry);
    };
    const end = () => done(null);
    zip.once('entry', done).once('end', end).once('error', reject);
    zip.readEntry();
  });
}

function contentOf(zip: ZipFile, entry: Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) reject(error);
      else resolve(stream);
    });
  });
}

/** Unix's mode stands in the upper half (APPNOTE 4.4.15); a link is one of another kind than a file. */
function isLink({ externalFileAttributes }: Entry): boolean {
  const kind = (externalFileAttributes >>> 16) & 0o170000;
  return kind !== 0 && kind !== 0o100000;
}
