import { chmodSync, lchownSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMissing } from '../disk.ts';

/** Who GDAL's processes run as where this process is root's. */
export interface SandboxUser {
  uid: number;
  gid: number;
}

const PASS = 0o011;
const READ = 0o044;

/** Lets the sandbox's user pass through the data directory, which other users stay shut out of, and read the versions in it. */
export function givePassage(dataDir: string, { gid }: SandboxUser): void {
  const info = lstatSync(dataDir);
  if ((info.mode & 0o001) === 0 && (info.gid !== gid || (info.mode & 0o010) === 0)) {
    lchownSync(dataDir, info.uid, gid);
    chmodSync(dataDir, (info.mode & 0o7700) | 0o010);
  }
  for (const name of ['store', 'cache']) {
    const folder = join(dataDir, name);
    const found = stat(folder);
    // The group tells that what was there before was seen to; versions that come are made so.
    if (!found || found.gid === gid) continue;
    readable(folder);
    lchownSync(folder, found.uid, gid);
    chmodSync(folder, (found.mode & 0o7700) | PASS);
  }
}

/** Folders that were seen to: exports start many processes in the same ones. */
const seen = new Set<string>();
const MOST_SEEN = 10_000;

/**
 * Gives the sandbox's user what a program's arguments name in the data directory: what lies in `tmp/` becomes its own with the folder that it lies in, so that
 * it can write there; all else (versions, which others write) it can read. Nothing is done outside of the data directory, nor through links.
 */
export function giveOver(args: readonly string[], dataDir: string, user: SandboxUser): void {
  for (const path of args.flatMap((arg) => pathsIn(arg, dataDir))) {
    const parts = path.slice(dataDir.length + 1).split('/');
    const isOwn = parts[0] === 'tmp';
    // Data lie in `tmp/<what for>/<one>/` and `store/<version>/`; what stands above belongs to nobody's export.
    if (parts.length < (isOwn ? 3 : 2) || !['tmp', 'store', 'cache'].includes(parts[0] ?? '') || parts.includes('..')) continue;
    if (!passTo(dirname(path), dataDir, isOwn ? user : null)) continue;
    const info = stat(path);
    if (!info) continue;
    if (isOwn) own(path, info, user);
    else if (info.isDirectory()) readable(path);
    else allow(path, info, READ);
  }
}

/** All paths in the data directory that an argument has, such as `/vsizip/{/data/tmp/a.zip}/b`. */
function pathsIn(arg: string, dataDir: string): string[] {
  const paths: string[] = [];
  for (let at = arg.indexOf(`${dataDir}/`); at >= 0; at = arg.indexOf(`${dataDir}/`, at + 1)) {
    const [path = ''] = arg.slice(at).split(/["{}\n]/, 1);
    paths.push(path.replace(/\/+$/, ''));
  }
  return paths;
}

/**
 * Opens the way from the data directory to a folder in it, which becomes the user's own where there is one, or else can be read with all in it.
 * @returns whether the way goes through folders alone: what is behind a link is not given.
 */
function passTo(folder: string, dataDir: string, user: SandboxUser | null): boolean {
  if (seen.has(folder)) return true;
  const names = folder.slice(dataDir.length + 1).split('/');
  const way = names.map((_, index) => join(dataDir, ...names.slice(0, index + 1)));
  for (const path of way) {
    const info = stat(path);
    if (!info?.isDirectory()) return false;
    if (path !== folder || (user && names.length < 3)) allow(path, info, PASS);
    else if (user) own(path, info, user);
    else readable(path);
  }
  if (seen.size >= MOST_SEEN) seen.clear();
  seen.add(folder);
  return true;
}

/** A version's folder, which never changes but in a cache. */
function readable(folder: string): void {
  if (seen.has(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const info = stat(path);
    if (info?.isDirectory()) readable(path);
    else if (info?.isFile()) allow(path, info, READ);
  }
  const info = stat(folder);
  if (info) allow(folder, info, PASS | READ);
}

function own(path: string, info: Stats, { uid, gid }: SandboxUser): void {
  if (info.uid !== uid) unlessGone(() => lchownSync(path, uid, gid));
}

function allow(path: string, info: Stats, mode: number): void {
  if ((info.mode & mode) !== mode) unlessGone(() => chmodSync(path, (info.mode & 0o7777) | mode));
}

/** A cache is cleaned, and what is fetched gets its name, at any time. */
function unlessGone(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Null for what is not there, and for links, through which nothing is given. */
function stat(path: string): Stats | null {
  try {
    const info = lstatSync(path);
    return info.isSymbolicLink() ? null : info;
  } catch {
    return null;
  }
}
