import { uniqueNames } from '../archive/names.ts';
import type { RasterTile } from '../store/rastertiles.ts';

/** The longest that a file's name may be before its ending, in bytes: room for endings and numbers is left. */
const LONGEST = 180;

/** What the files of tiles are called: as they are, but for what a name may not have on every system. */
export function tileNames(tiles: readonly RasterTile[]): string[] {
  return uniqueNames(tiles.map(({ name, id }) => fileName(name) || fileName(id) || 'tile'));
}

function fileName(text: string): string {
  const clean = text
    .normalize('NFC')
    // Windows has no others of these, and names there end in neither a dot nor a space.
    .replace(/[\p{Cc}\p{Cs}<>:"/\\|?*]+/gu, '-')
    .replace(/^[. ]+|[. ]+$/g, '');
  let name = '';
  for (const character of clean) {
    if (Buffer.byteLength(name + character) > LONGEST) break;
    name += character;
  }
  return /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name) ? `${name}-tile` : name;
}
