import { open, rm, stat } from 'node:fs/promises';
import { isDiskFull } from '../disk.ts';
import type { ArchiveItem, PlannedItem } from './item.ts';
import { type ArchivedItem, type LicenseFile, licenseFiles, manifest } from './manifest.ts';
import { slugify, uniqueNames } from './names.ts';
import { readme } from './readme.ts';
import { type ZipEntry, type ZipOptions, ZipWriter } from './zip.ts';

/** A piece of an archive's file that stays as it is. */
export interface Written {
  /** Of its first byte in the file, and how many they are. */
  position: number;
  bytes: number;
  /** How many the file will have at most, more or less. */
  most: number;
}

export interface ArchiveRequest {
  /** Where the archive goes; nothing is there yet. */
  path: string;
  name: string;
  site: { name: string; url: string | null };
  /** The request as JSON, for the manifest. */
  request: unknown;
  /** The request as sentences, for the README. */
  askedFor: string[];
  items: ArchiveItem[];
  /** Files at the top of the archive, each of several items together. */
  shared: readonly { name: string; path: string }[];
  warnings: string[];
  signal: AbortSignal;
  /** Fraction of the content read, 0..1, never falling. */
  onProgress: (fraction: number) => void;
  /** Told of every byte of the file once, pieces in no order. */
  onWritten: (written: Written) => void;
}

/** The archive could not be written to the disk. `message` is one sentence without paths. */
export class ArchiveError extends Error {
  readonly code: 'disk-full' | 'write-failed';
  constructor(code: 'disk-full' | 'write-failed', message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * Writes the archive of an export: README.txt, the licences, a folder an item, and manifest.json (DESIGN.md, "The archive").
 * The same request and files give the same bytes: all times are those of the items' publishing.
 * @returns its size in bytes and its SHA-256, lower-case hexadecimal.
 * @throws {ArchiveError} when the disk does not take it; the signal's reason when cancelled. Nothing is left behind then.
 */
export async function writeArchive(request: ArchiveRequest): Promise<{ size: number; sha256: string }> {
  const { path, signal } = request;
  try {
    const file = await open(path, 'wx+', 0o600);
    let written: { size: number; sha256: string };
    try {
      written = await writeEntries(request, (options) => new ZipWriter(file, options));
      await file.sync();
    } finally {
      await file.close();
    }
    signal.throwIfAborted();
    request.onProgress(1);
    return written;
  } catch (error) {
    await rm(path, { force: true });
    signal.throwIfAborted();
    throw archiveError(error, path);
  }
}

async function writeEntries(
  { name, site, request, askedFor, items, shared, warnings, signal, onProgress, onWritten }: ArchiveRequest,
  openZip: (options: ZipOptions) => ZipWriter,
): Promise<{ size: number; sha256: string }> {
  const planned = await plan(items);
  const licenses = licenseFiles(items);
  const newest = new Date(Math.max(0, ...items.map((item) => item.publishedAt.getTime())));
  const about = Buffer.from(readme({ name, site, askedFor, warnings, items: planned, licenses }));

  let total = about.length;
  for (const { path } of shared) total += (await stat(path)).size;
  for (const { files } of planned) for (const { size } of files) total += size;
  let read = 0;
  const zip = openZip({
    signal,
    onRead: (bytes) => {
      read += bytes;
      // Some of the content, such as the manifest, is not counted in the total.
      if (read < total) onProgress(read / total);
    },
    onWritten: (position, bytes) => onWritten({ position, bytes, most: total }),
  });
  const common = [await zip.addBytes('README.txt', about, newest)];
  for (const license of licenses) common.push(await zip.addBytes(license.file, Buffer.from(license.text), newest));
  for (const { name: file, path } of shared) common.push(await zip.addFile(file, path, newest));
  const archived: ArchivedItem[] = [];
  for (const { item, folder, files } of planned) {
    const entries: ZipEntry[] = [];
    for (const { entry, content } of files) {
      entries.push(
        typeof content === 'string'
          ? await zip.addFile(entry, content, item.publishedAt)
          : Buffer.isBuffer(content)
            ? await zip.addBytes(entry, content, item.publishedAt)
            : await zip.addReady(entry, content, item.publishedAt),
      );
    }
    archived.push({ item, folder, license: licenseFileOf(licenses, item), files: entries });
  }
  const listed = manifest({ name, site, request, items: archived, files: common, warnings });
  await zip.addBytes('manifest.json', Buffer.from(listed), newest);
  return zip.finish();
}

async function plan(items: readonly ArchiveItem[]): Promise<PlannedItem[]> {
  const folders = uniqueNames(items.map((item) => slugify(item.title, `${item.type}-${item.id}`)));
  return Promise.all(
    items.map(async (item, index) => {
      const folder = folders[index] ?? '';
      const files: PlannedItem['files'] = [];
      for (const { name, content } of item.files) {
        const { size } = typeof content === 'string' ? await stat(content) : content;
        files.push({ entry: `${folder}/${name}`, content, size });
      }
      if (item.metadataXml !== null) {
        const content = Buffer.from(item.metadataXml);
        files.push({
          entry: `${folder}/${metadataName(
            folder,
            item.files.map(({ name }) => name),
          )}`,
          content,
          size: content.length,
        });
      }
      return { item, folder, files };
    }),
  );
}

/** `<folder>.xml`, or where the format has a file of that name `<folder>.metadata.xml`, `<folder>.metadata-2.xml` … */
function metadataName(folder: string, files: readonly string[]): string {
  const taken = new Set(files.map((file) => file.toLowerCase()));
  let name = `${folder}.xml`;
  for (let number = 1; taken.has(name); number++) name = `${folder}.metadata${number > 1 ? `-${number}` : ''}.xml`;
  return name;
}

function licenseFileOf(licenses: readonly LicenseFile[], item: ArchiveItem): string | null {
  return licenses.find((license) => license.items.includes(item))?.file ?? null;
}

/** What the disk has to say about the archive, as a sentence; any other error as it is. */
function archiveError(error: unknown, archive: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  if (isDiskFull(error))
    return new ArchiveError(
      'disk-full',
      'The disk of this server is full, so that the archive could not be written. Create the export again later; if it stays, tell the site.',
      error,
    );
  const syscall = 'syscall' in error ? error.syscall : null;
  const path = 'path' in error ? error.path : null;
  if (path !== archive && syscall !== 'write' && syscall !== 'fsync') return error;
  return new ArchiveError('write-failed', `The archive could not be written to the disk of this server (${error.code}).`, error);
}
