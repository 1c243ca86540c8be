import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import { mkdir, readdir, rm, stat, statfs, utimes } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDiskFull } from '../../disk.ts';

/** A file that was uploaded and is not published yet. */
export interface Upload {
  id: string;
  /** As it is kept: of letters, digits and a few signs. */
  filename: string;
  bytes: number;
}

/** Why a file is not taken, as one sentence. */
export class UploadRefused extends Error {
  readonly reason: 'too-large' | 'disk-full' | 'incomplete' | 'too-many';
  constructor(reason: UploadRefused['reason'], sentence: string) {
    super(sentence);
    this.reason = reason;
  }
}

/** Left free on the disk for exports and the database. */
const FREE_BYTES = 128 << 20;
/** Of one user, at a time. */
const MOST_UPLOADS = 20;
/** How long one is kept that nobody publishes. */
const KEPT_MS = 24 * 3_600_000;

/** The files that publishers have uploaded, each in a folder of its own that only its owner's sessions and tokens can name. */
export class Uploads {
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #reserve: number;

  /** @param reserve bytes of the disk that no upload may take. */
  constructor(dir: string, maxBytes: number, reserve = FREE_BYTES) {
    this.#reserve = reserve;
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /**
   * Writes a file as it arrives.
   * @param declared its size as the sender says; null where nobody does.
   * @throws {UploadRefused}; nothing is left then.
   */
  async save(content: Readable, filename: string, userId: number, declared: number | null): Promise<Upload> {
    if (declared !== null && declared > this.#maxBytes) throw this.#tooLarge();
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await this.#requireSpace(declared ?? 0);
    // At once with making the folder: others of the same user arrive at the same time.
    const mine = readdirSync(this.#dir).filter((name) => name.startsWith(`${userId}-`));
    if (mine.length >= MOST_UPLOADS)
      throw new UploadRefused('too-many', `You have ${mine.length} uploads that are not published. Publish or remove one first.`);
    const id = randomBytes(16).toString('hex');
    const dir = join(this.#dir, `${userId}-${id}`);
    const name = safeName(filename);
    mkdirSync(dir, { mode: 0o700 });
    try {
      let bytes = 0;
      const limit = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          bytes += chunk.length;
          done(bytes > this.#maxBytes ? this.#tooLarge() : null, chunk);
        },
      });
      await pipeline(content, limit, createWriteStream(join(dir, name), { flags: 'wx', mode: 0o600 }));
      if (declared !== null && bytes !== declared)
        throw new UploadRefused('incomplete', 'The file did not arrive as a whole. Upload it again.');
      return { id, filename: name, bytes };
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw isDiskFull(error) ? diskFull() : error;
    }
  }

  /** The folder of an upload and the file in it; null where this user has none of that id. */
  async find(id: string, userId: number): Promise<{ dir: string; file: string } | null> {
    if (!/^[0-9a-f]{32}$/.test(id)) return null;
    const dir = join(this.#dir, `${userId}-${id}`);
    const [name] = (await readdir(dir).catch(() => [])).filter((one) => one !== UNPACKED);
    return name === undefined ? null : { dir, file: join(dir, name) };
  }

  /** Says that an upload is still needed. */
  async touch(dir: string): Promise<void> {
    const now = new Date();
    for (const path of [dir, ...(await readdir(dir).catch(() => [])).map((name) => join(dir, name))])
      await utimes(path, now, now).catch(() => {});
  }

  async remove(dir: string): Promise<void> {
    await rm(dir, { recursive: true, force: true });
  }

  /** Removes those that nobody has published for a day. */
  async sweep(now: number): Promise<void> {
    for (const name of await readdir(this.#dir).catch(() => [])) {
      const info = await stat(join(this.#dir, name)).catch(() => null);
      if (info && info.mtimeMs < now - KEPT_MS) await this.remove(join(this.#dir, name));
    }
  }

  async #requireSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#dir);
    if (bavail * bsize < bytes + this.#reserve) throw diskFull();
  }

  #tooLarge(): UploadRefused {
    return new UploadRefused('too-large', `A file may have ${this.#maxBytes} bytes here. Publish larger ones with \`geocrate publish\`.`);
  }
}

/** The folder that a ZIP file is unpacked to, beside it. */
export const UNPACKED = '.unpacked';

function diskFull(): UploadRefused {
  return new UploadRefused('disk-full', 'The site’s disk is full. Tell whoever runs it, and try again later.');
}

/** A name without folders, that begins with no dot and that no program reads as anything else. */
function safeName(filename: string): string {
  const last = filename.split(/[\\/]/).at(-1) ?? '';
  const ending = extname(last)
    .toLowerCase()
    .replace(/[^.a-z0-9]/g, '');
  const stem = last
    .slice(0, last.length - extname(last).length)
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}_. -]/gu, '_')
    .replace(/^[. -]+/, '');
  return `${[...stem].slice(0, 60).join('') || 'data'}${ending}`;
}
