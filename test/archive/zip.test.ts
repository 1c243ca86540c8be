import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, getRandomValues } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { appendFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { type ZipOptions, ZipWriter } from '../../src/archive/zip.ts';

const TIME = new Date('2021-03-04T05:06:07Z');
const NAMES = ['plain.txt', 'folder/ōkārito 地図 🗺.csv', 'empty.txt', 'a b/c&d.json'];

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'geocrate-zip-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function writeZip(path: string, fill: (zip: ZipWriter) => Promise<unknown>, options: ZipOptions = {}) {
  const file = await open(path, 'w+');
  try {
    const zip = new ZipWriter(file, options);
    await fill(zip);
    return await zip.finish();
  } finally {
    await file.close();
  }
}

/** Bytes of which deflate makes about a half, the same each time, longer than several blocks. */
function content(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = (state >>> 16) & 15;
  }
  return bytes;
}

function random(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let start = 0; start < length; start += 65_536) getRandomValues(bytes.subarray(start, Math.min(start + 65_536, length)));
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function run(command: string, args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(command, args, {
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
  });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr} ${stdout.toString().slice(0, 2000)}`);
  return stdout;
}

/** What Python's reader makes of it: every entry's headers compared, read whole and its CRC checked. */
function python(
  path: string,
): Record<string, { sha256: string; size: number; method: number; time: number[]; flags: number; mode: number; unix: number }> {
  const script = `
import hashlib, json, struct, sys, zipfile
found = {}
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    for i in z.infolist():
        at = i.extra.find(b'UT\\x05\\x00')
        found[i.filename] = dict(sha256=hashlib.sha256(z.read(i)).hexdigest(), size=i.file_size, method=i.compress_type,
            time=i.date_time, flags=i.flag_bits, mode=i.external_attr >> 16, unix=struct.unpack('<i', i.extra[at + 5:at + 9])[0])
print(json.dumps(found))`;
  return JSON.parse(run('python3', ['-c', script, path]).toString());
}

test('unzip, Python and GDAL read back what was put in', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'out.zip');
  const contents = new Map<string, Buffer>(
    NAMES.map((name, index) => [name, name.startsWith('empty') ? Buffer.alloc(0) : Buffer.from(`${name}\n`.repeat(index * 1000 + 1))]),
  );
  contents.set('large.bin', content(5_000_000));
  contents.set('random.bin', random(3 << 20));
  contents.set(
    'points.geojson',
    Buffer.from(
      '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":1},"geometry":{"type":"Point","coordinates":[1,2]}}]}',
    ),
  );
  contents.set('table.parquet', content(100_000));
  contents.set('picture.PNG', content(2_500_000));
  const written = await writeZip(path, async (zip) => {
    for (const [name, bytes] of contents) {
      const source = join(dir, 'source');
      await writeFile(source, bytes);
      assert.deepEqual(await zip.addFile(name, source, TIME), { name, size: bytes.length, sha256: sha256(bytes) });
    }
  });
  const bytes = await readFile(path);
  assert.deepEqual(written, { size: bytes.length, sha256: sha256(bytes) });

  run('unzip', ['-t', path]);
  const found = python(path);
  assert.deepEqual(Object.keys(found), [...contents.keys()]);
  for (const [name, expected] of contents) {
    assert.ok(run('unzip', ['-p', path, name]).equals(expected), name);
    assert.deepEqual(found[name], {
      sha256: sha256(expected),
      size: expected.length,
      method: /parquet|PNG|empty/.test(name) ? 0 : 8,
      time: [2021, 3, 4, 5, 6, 6],
      flags: name.includes('ō') ? 0x800 : 0,
      mode: 0o100644,
      unix: TIME.getTime() / 1000,
    });
  }
  if (spawnSync('ogrinfo', ['--version']).status !== 0) return t.diagnostic('GDAL is not installed');
  assert.match(run('ogrinfo', ['-al', `/vsizip/${path}/points.geojson`]).toString(), /POINT \(1 2\)/);
});

test('unzip gives the files their UTC time and mode', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'out.zip');
  await writeZip(path, (zip) => zip.addBytes('folder/a.txt', Buffer.from('a'), TIME));
  run('unzip', ['-q', path, '-d', dir]);
  const { mtime, mode } = await stat(join(dir, 'folder', 'a.txt'));
  assert.deepEqual(mtime, TIME);
  assert.equal(mode & 0o777, 0o644);
});

test('blocks deflated side by side are nearly as small as one stream', async (t) => {
  const dir = await folder(t);
  const line = 'A parcel of land,2193,1748735.123,5427916.456,"Te Whanganui-a-Tara"\n';
  const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => `${index * 7919},${line}`).join(''));
  await writeFile(join(dir, 'source'), bytes);
  const { size } = await writeZip(join(dir, 'out.zip'), (zip) => zip.addFile('table.csv', join(dir, 'source'), TIME));
  run('python3', [
    '-c',
    `import sys,zlib; d=open(sys.argv[1],'rb').read(); n=len(zlib.compress(d,6)); assert int(sys.argv[2]) < n * 1.05 + 300, n`,
    join(dir, 'source'),
    String(size),
  ]);
});

test('the same entries give the same bytes', async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'source'), content(12_000_000));
  const sums: string[] = [];
  for (const name of ['one.zip', 'two.zip']) {
    const { sha256: sum } = await writeZip(join(dir, name), async (zip) => {
      await zip.addBytes('first.txt', Buffer.from('first'), TIME);
      await zip.addFile('large.bin', join(dir, 'source'), TIME);
    });
    sums.push(sum, sha256(await readFile(join(dir, name))));
  }
  assert.equal(new Set(sums).size, 1);
});

test('an entry too large to wait in memory has its header written into the room left for it', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'out.zip');
  const bytes = random(20 << 20);
  await writeFile(join(dir, 'source'), bytes);
  const written = await writeZip(path, async (zip) => {
    await zip.addBytes('before.txt', Buffer.from('before'), TIME);
    await zip.addFile('deflated.bin', join(dir, 'source'), TIME);
    await zip.addFile('stored.zip', join(dir, 'source'), TIME);
    await zip.addBytes('after.txt', Buffer.from('after'), TIME);
  });
  assert.equal(written.sha256, sha256(await readFile(path)));
  const found = python(path);
  for (const name of ['deflated.bin', 'stored.zip']) assert.equal(found[name]?.sha256, sha256(bytes));
  // A reader of the stream from its start needs the local headers alone.
  run('python3', [
    '-c',
    `
import struct, sys
b = open(sys.argv[1], 'rb').read(); at = 0; names = []
while b[at:at + 4] == b'PK\\x03\\x04':
    flags, compressed, n, e = struct.unpack_from('<6xH10xI4xHH', b, at)
    assert not flags & 8
    names.append(b[at + 30:at + 30 + n].decode()); at += 30 + n + e + compressed
assert names == ['before.txt', 'deflated.bin', 'stored.zip', 'after.txt'], names
assert b[at:at + 4] == b'PK\\x01\\x02'`,
    path,
  ]);
});

test('every byte of the file is told of once, when it is there to stay', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'out.zip');
  await writeFile(join(dir, 'source'), random(20 << 20));
  const told: { position: number; bytes: Buffer }[] = [];
  const onWritten = (position: number, length: number) => {
    const bytes = Buffer.alloc(length);
    const reading = openSync(path, 'r');
    assert.equal(readSync(reading, bytes, 0, length, position), length);
    closeSync(reading);
    told.push({ position, bytes });
  };
  const write = async (zip: ZipWriter) => {
    await zip.addBytes('before.txt', Buffer.from('before'), TIME);
    await zip.addFile('deflated.bin', join(dir, 'source'), TIME);
    await zip.addFile('stored.zip', join(dir, 'source'), TIME);
    await zip.addBytes('after.txt', Buffer.from('after'), TIME);
  };
  const { size } = await writeZip(path, write, { onWritten });
  const whole = await readFile(path);
  let at = 0;
  for (const { position, bytes } of told.toSorted((a, b) => a.position - b.position)) {
    assert.equal(position, at);
    assert.ok(bytes.equals(whole.subarray(at, at + bytes.length)));
    at += bytes.length;
  }
  assert.equal(at, size);
  // The header of a large entry comes after its content, and keeps none of it waiting.
  const header = told.findIndex(({ bytes }) => bytes.length < 200 && bytes.includes('deflated.bin'));
  assert.ok(told.slice(0, header).some(({ position }) => position > 15 << 20));
});

test('content of which all is known is stored in one go, with the bytes that it has as a file', async (t) => {
  const dir = await folder(t);
  for (const size of [0, 100, 1 << 20, 9_000_000]) {
    const path = join(dir, 'source.tif');
    const bytes = random(size);
    await writeFile(path, bytes);
    const ready = { path, size, crc: crc32(bytes), sha256: sha256(bytes) };
    const [asFile, asReady] = [join(dir, 'file.zip'), join(dir, 'ready.zip')];
    const one = await writeZip(asFile, async (zip) => {
      await zip.addFile('a.tif', path, TIME);
      await zip.addFile('b.tif', path, TIME);
    });
    const other = await writeZip(asReady, async (zip) => {
      await zip.addReady('a.tif', ready, TIME);
      assert.deepEqual(await zip.addReady('b.tif', ready, TIME), { name: 'b.tif', size, sha256: ready.sha256 });
    });
    assert.deepEqual(other, one);
    assert.equal(other.sha256, sha256(await readFile(asReady)));
  }
});

test('a disk that takes no more is an error, whenever it is', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'source.tif');
  const bytes = random(3 << 20);
  await writeFile(path, bytes);
  const ready = { path, size: bytes.length, crc: crc32(bytes), sha256: sha256(bytes) };
  // What is written to it never fits.
  const full = await open('/dev/full', 'r+');
  try {
    await assert.rejects(
      async () => {
        const zip = new ZipWriter(full);
        await zip.addReady('a.tif', ready, TIME);
        await zip.finish();
      },
      { code: 'ENOSPC' },
    );
    await assert.rejects(() => new ZipWriter(full).finish(), { code: 'ENOSPC' });
  } finally {
    await full.close();
  }
});

test('zip64 fields are read by all, for sizes, offsets and the directory', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'out.zip');
  const large = content(3_000_000);
  await writeFile(join(dir, 'source'), large);
  const fill = async (zip: ZipWriter) => {
    await zip.addBytes('small.txt', Buffer.from('small'), TIME);
    await zip.addFile('large.bin', join(dir, 'source'), TIME);
    await zip.addBytes('far.txt', Buffer.from('far'), TIME);
    await zip.addFile('both.parquet', join(dir, 'source'), TIME);
  };
  await writeZip(path, fill, { zip64From: 10_000 });
  run('unzip', ['-t', path]);
  const found = python(path);
  assert.deepEqual(Object.keys(found), ['small.txt', 'large.bin', 'far.txt', 'both.parquet']);
  assert.equal(found['large.bin']?.sha256, sha256(large));
  assert.equal(found['both.parquet']?.sha256, sha256(large));
  assert.equal(found['far.txt']?.sha256, sha256(Buffer.from('far')));
  const listed = run('zipinfo', ['-v', path]).toString();
  assert.equal(listed.match(/minimum software version required to extract:\s+4\.5/g)?.length, 3);
  assert.equal(listed.match(/minimum software version required to extract:\s+2\.0/g)?.length, 1);
  if (spawnSync('gdalinfo', ['--version']).status !== 0) return t.diagnostic('GDAL is not installed');
  await writeZip(path, (zip) => zip.addBytes('n.csv', Buffer.from('n,m\n1,2\n2,3\n'), TIME), { zip64From: 0 });
  assert.match(run('ogrinfo', ['-al', '-so', `/vsizip/${path}/n.csv`]).toString(), /Feature Count: 2/);
});

test('more than 65,535 entries', async (t) => {
  const dir = await folder(t);
  const path = join(dir, 'out.zip');
  const written = await writeZip(path, async (zip) => {
    for (let index = 0; index < 70_000; index++) await zip.addBytes(`tiles/${index}.txt`, Buffer.from(`tile ${index}`), TIME);
  });
  assert.equal(written.sha256, sha256(await readFile(path)));
  assert.match(run('unzip', ['-tqq', path]).toString(), /^$/);
  run('python3', [
    '-c',
    `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1]); assert len(z.namelist()) == 70000
assert z.read('tiles/69999.txt') == b'tile 69999'`,
    path,
  ]);
});

test('exactly 65,535 entries need zip64 too, as that count says so', async (t) => {
  const path = join(await folder(t), 'out.zip');
  await writeZip(path, async (zip) => {
    for (let index = 0; index < 65_535; index++) await zip.addBytes(`${index}`, Buffer.alloc(0), TIME);
  });
  run('python3', ['-c', `import sys, zipfile; assert len(zipfile.ZipFile(sys.argv[1]).namelist()) == 65535`, path]);
});

test('times that the format cannot hold become the nearest that it can', async (t) => {
  const path = join(await folder(t), 'out.zip');
  const times = { old: '1901-12-14T00:00:00Z', epoch: '1970-01-01T00:00:00Z', late: '2099-12-31T23:59:59Z', last: '2150-01-01T00:00:00Z' };
  await writeZip(path, async (zip) => {
    for (const [name, time] of Object.entries(times)) await zip.addBytes(name, Buffer.from(name), new Date(time));
    await zip.addBytes('none', Buffer.from('none'), new Date(Number.NaN));
  });
  run('unzip', ['-t', path]);
  const script = 'import json, sys, zipfile; print(json.dumps([i.date_time for i in zipfile.ZipFile(sys.argv[1]).infolist()]))';
  assert.deepEqual(JSON.parse(run('python3', ['-c', script, path]).toString()), [
    [1980, 1, 1, 0, 0, 0],
    [1980, 1, 1, 0, 0, 0],
    [2099, 12, 31, 23, 59, 58],
    [2107, 12, 31, 23, 59, 58],
    [1980, 1, 1, 0, 0, 0],
  ]);
});

test('an empty zip is one', async (t) => {
  const path = join(await folder(t), 'out.zip');
  assert.equal((await writeZip(path, async () => {})).size, 22);
  assert.deepEqual(python(path), {});
});

test('names that lead out of the folder, or come twice, are refused', async (t) => {
  const path = join(await folder(t), 'out.zip');
  await writeZip(path, async (zip) => {
    await zip.addBytes('a', Buffer.from('a'), TIME);
    for (const name of ['a', '', '/a', '../a', 'a/../../b', './a', 'a//b', 'a/', 'a\\b', 'a\0', 'x'.repeat(65_536)])
      await assert.rejects(zip.addBytes(name, Buffer.from('a'), TIME), /zip/);
  });
  assert.deepEqual(Object.keys(python(path)), ['a']);
});

test('a file that changes while it is read is an error, not a wrong archive', async (t) => {
  const dir = await folder(t);
  const source = join(dir, 'source');
  await writeFile(source, content(8 << 20));
  let once = true;
  const shorten = () => {
    if (once) spawnSync('truncate', ['-s', '3000000', source]);
    once = false;
  };
  await assert.rejects(
    writeZip(join(dir, 'out.zip'), (zip) => zip.addFile('a', source, TIME), { onRead: shorten }),
    /became shorter/,
  );

  await writeFile(source, content(3 << 20));
  let grown: Promise<void> | undefined;
  await writeZip(join(dir, 'grown.zip'), (zip) => zip.addFile('a', source, TIME), {
    onRead: () => {
      grown ??= appendFile(source, 'more');
    },
  });
  await grown;
  assert.equal(python(join(dir, 'grown.zip')).a?.size, 3 << 20);
});

test('a signal ends it between two blocks, with its reason', async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'source'), content(8 << 20));
  const controller = new AbortController();
  const reason = new Error('cancelled');
  let read = 0;
  const onRead = (bytes: number) => {
    read += bytes;
    controller.abort(reason);
  };
  const options = { signal: controller.signal, onRead };
  await assert.rejects(
    writeZip(join(dir, 'out.zip'), (zip) => zip.addFile('a', join(dir, 'source'), TIME), options),
    (error) => error === reason,
  );
  assert.ok(read < 8 << 20);
});
