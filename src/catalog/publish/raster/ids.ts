import { basename, extname } from 'node:path';
import { PublishError } from '../failure.ts';
import type { SourceTile } from './source.ts';

/** What a tile is asked for by, called, and stored as. */
export interface TileNames {
  id: string;
  name: string;
  file: string;
}

/**
 * Names tiles by their files, without the ending; those of the same name in different folders by their folders too. With a pattern, by what its
 * first group (or else all of it) finds in the file's name.
 * @throws {PublishError} where two would have the same id, or the pattern finds nothing.
 */
export function tileNames(tiles: readonly SourceTile[], pattern: RegExp | undefined): TileNames[] {
  const names = tiles.map(({ fileName }) => basename(fileName, extname(fileName)).normalize('NFC'));
  const ids = pattern ? tiles.map((tile) => found(tile, pattern)) : idsOf(tiles, names);
  const owners = new Map<string, SourceTile>();
  for (const [index, tile] of tiles.entries()) {
    const id = ids[index] ?? '';
    const other = owners.get(id);
    if (other) {
      const advice = pattern ? 'The pattern has to find what tells them apart' : 'Rename one, or say --tile-id-pattern';
      throw new PublishError(`${other.shown} and ${tile.shown} would both be tile "${id}". ${advice}.`);
    }
    owners.set(id, tile);
  }
  const files = new Set<string>();
  return tiles.map((_, index) => ({
    id: ids[index] ?? '',
    name: names[index] ?? '',
    file: `tiles/${unusedFile(names[index] ?? '', files)}.tif`,
  }));
}

function idsOf(tiles: readonly SourceTile[], names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.map((name, index) => {
    const { folder } = tiles[index] ?? { folder: '' };
    return (counts.get(name) ?? 0) > 1 && folder !== '' ? `${folder.normalize('NFC')}/${name}` : name;
  });
}

function found({ shown, fileName }: SourceTile, pattern: RegExp): string {
  const match = pattern.exec(fileName.normalize('NFC'));
  const id = match?.[1] ?? match?.[0];
  if (!id) throw new PublishError(`The pattern of --tile-id-pattern finds nothing in ${shown}.`);
  return id;
}

/** Longer names are cut: file systems take 255 bytes. */
const MOST_CHARACTERS = 60;

/** A name that any file system takes, whatever it thinks of capitals, and that is no other tile's. */
function unusedFile(name: string, used: Set<string>): string {
  const plain = name.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '_').slice(0, MOST_CHARACTERS) || 'tile';
  let file = plain;
  for (let number = 2; used.has(file.toLowerCase()); number++) file = `${plain}-${number}`;
  used.add(file.toLowerCase());
  return file;
}
