import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/** A file of the built page, in the encodings that the build has made of it. */
export interface PageFile {
  type: string;
  /** With its quotes; the same for the same content. */
  etag: string;
  /** True where its name holds a hash of its content, so that it never changes. */
  immutable: boolean;
  bodies: Readonly<Record<Encoding, Buffer | null>>;
}

/** As in `Content-Encoding`, smallest first. */
export const ENCODINGS = ['br', 'gzip', 'identity'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const SUFFIXES: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz', identity: '' };
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** The files of a folder that the page was built into, kept in memory until another build stands there. */
export class PageFiles {
  readonly #dir: string;
  #built = Number.NaN;
  #loading: Promise<Map<string, PageFile>> = Promise.resolve(new Map());

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** By its path with a slash before it: `/index.html`. Null where the build has no such file, or there is none. */
  async find(path: string): Promise<PageFile | null> {
    const index = await stat(join(this.#dir, 'index.html')).catch(() => null);
    if (!index) return null;
    if (index.mtimeMs !== this.#built) {
      this.#built = index.mtimeMs;
      this.#loading = loadFiles(this.#dir);
      // Looked at again with the next request.
      this.#loading.catch(() => {
        this.#built = Number.NaN;
      });
    }
    return (await this.#loading).get(path) ?? null;
  }
}

async function loadFiles(dir: string): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    const [br, gzip] = await Promise.all([SUFFIXES.br, SUFFIXES.gzip].map((suffix) => readFile(path + suffix).catch(() => null)));
    const identity = await readFile(path);
    const name = `/${relative(dir, path).split(sep).join('/')}`;
    files.set(name, {
      type,
      etag: `"${createHash('sha256').update(identity).digest('hex').slice(0, 32)}"`,
      immutable: /^\/assets\/.*-[\w-]{8,}\.\w+$/.test(name),
      bodies: { br: br ?? null, gzip: gzip ?? null, identity },
    });
  }
  return files;
}
