import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { geocrate } from '../../fixtures/site.ts';

const root = join(import.meta.dirname, '../../..');

/** A version of the program, as it is started. */
export interface Version {
  program: string;
  env: Record<string, string>;
}

export const THIS: Version = { program: geocrate, env: {} };

/** The version after this one, as fixtures/nextversion.ts imagines it. */
export const NEXT: Version = { program: geocrate, env: { NODE_OPTIONS: `--import=${join(root, 'test/fixtures/nextversion.ts')}` } };

/** A version out of this repository's history, with the packages of this one. */
export function versionOf(revision: string): Version {
  const folder = join(temporaryFolder(), 'older');
  mkdirSync(folder);
  const archive = execFileSync('git', ['archive', revision], { cwd: root, maxBuffer: 1 << 30 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { program: join(folder, 'bin/geocrate'), env: {} };
}

/** The version that was released last, by its tag; null where this clone has none. */
export function lastReleased(): string | null {
  const tags = execFileSync('git', ['tag', '--list', 'v[0-9]*', '--sort=-version:refname'], { cwd: root, encoding: 'utf8' });
  return tags.split('\n')[0] || null;
}
