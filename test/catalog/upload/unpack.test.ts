import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { PublishError } from '../../../src/catalog/publish/failure.ts';
import { unpack } from '../../../src/catalog/upload/unpack.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { type RawEntry, rawZip } from '../../fixtures/zip.ts';

const folder = temporaryFolder();
const LIMITS = { bytes: 5000, files: 6 };

/** Names that lead out, are no names on some system, or are like others. */
const name = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '/',
        '/',
        '\\',
        'a',
        'A',
        'b',
        'C:',
        '\0',
        '\n',
        ' ',
        '~',
        '%2e%2e',
        '\u202e',
        '__MACOSX',
        'ü',
        'u\u0308',
        'CON',
        'x'.repeat(290),
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const entry: fc.Arbitrary<RawEntry> = fc.record(
  {
    name,
    content: fc.nat(3000).map((size) => Buffer.alloc(size, 'x')),
    says: fc.nat(6000),
    mode: fc.constantFrom(0o100644, 0o120777, 0o040755, 0o060644, 0o104755, 0),
  },
  { requiredKeys: ['name', 'content'] },
);

/** Everything below a folder, by its path in it. */
const all = (dir: string) => readdirSync(dir, { recursive: true, encoding: 'utf8' });

test('whatever a ZIP file holds, it is unpacked into its folder as plain files within the limits, or refused with a sentence', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 8 }),
      fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: null, freq: 3 }),
      async (entries, damage) => {
        const parent = join(folder, `run-${run++}`);
        mkdirSync(parent);
        const bytes = rawZip(entries);
        if (damage) bytes[damage[0] % bytes.length] = damage[1];
        writeFileSync(join(parent, 'a.zip'), bytes);
        const names = await unpack(join(parent, 'a.zip'), join(parent, 'out'), LIMITS).catch((error) => {
          assert.ok(error instanceof PublishError, String(error?.stack));
          assert.match(error.message, /^[^/]+\.$/);
          return [];
        });
        assert.deepEqual(
          readdirSync(parent).filter((one) => !['a.zip', 'out'].includes(one)),
          [],
        );
        assert.ok(names.length <= LIMITS.files);
        for (const one of names)
          assert.ok(all(join(parent, 'out')).includes(one.replace(/\/{2,}/g, '/').replace(/(?<=^|\/)\.\//g, '')), one);
        let size = 0;
        for (const path of readdirSync(parent).includes('out') ? all(join(parent, 'out')) : []) {
          const info = lstatSync(join(parent, 'out', path));
          assert.ok(info.isFile() || info.isDirectory(), path);
          if (info.isFile()) size += readFileSync(join(parent, 'out', path)).length;
        }
        assert.ok(size <= LIMITS.bytes, String(size));
        rmSync(parent, { recursive: true });
      },
    ),
    { numRuns: 300 },
  );
});
