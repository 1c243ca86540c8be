import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAMS = ['ogr2ogr', 'gdal_translate', 'gdalwarp'];

/** GDAL's programs, each of which waits up to a second before it begins, so that faults find it at work; gives a PATH. */
export function slowGdal(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of PROGRAMS) {
    const real = execFileSync('which', [program], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh\nsleep 0.$(od -An -N1 -tu1 /dev/urandom | tr -d ' ')\nexec '${real}' "$@"\n`;
    writeFileSync(join(bin, program), script, { mode: 0o755 });
  }
  return `${bin}:${process.env.PATH}`;
}
