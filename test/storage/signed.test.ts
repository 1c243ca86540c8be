import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signDownload, verifyDownload } from '../../src/storage/signed.ts';

const SECRET = 'a secret of the site';
const NOW = new Date('2024-05-01T12:00:00Z');
const FILE = { key: '12-abcdef.zip', filename: 'kx-fred-the-export.zip', sha256: 'ab'.repeat(32), modified: 1_714_500_000_000 };
const HOUR = { ...FILE, expires: NOW.getTime() + 3_600_000 };

/** Reads an address as a server does. */
function verify(address: string, secret = SECRET, now = NOW) {
  const url = new URL(address, 'https://data.example.org/downloads/');
  const [key = '', filename = '', ...more] = url.pathname.replace('/downloads/', '').split('/').map(decodeURIComponent);
  assert.deepEqual(more, []);
  return verifyDownload(key, filename, url.searchParams, secret, now);
}

test('a signed address stands for its file until it expires', () => {
  const address = signDownload(HOUR, SECRET);
  assert.deepEqual(verify(address), FILE);
  assert.deepEqual(verify(address, SECRET, new Date(HOUR.expires - 1)), FILE);
  assert.equal(verify(address, SECRET, new Date(HOUR.expires)), null);
});

test('file names may hold anything', () => {
  for (const filename of ['ō ü 地図.zip', 'a/b.zip', '100% & more?.zip', '"; filename=x', '#'])
    assert.deepEqual(verify(signDownload({ ...HOUR, filename }, SECRET)), { ...FILE, filename });
});

test('no character of an address can be altered', () => {
  const address = signDownload(HOUR, SECRET);
  for (const altered of [
    address.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10)),
    address.replace('expires=', 'expires=9'),
    `${address}0`,
  ])
    assert.equal(verify(altered), null, altered);
  const values = [...address.matchAll(/[0-9a-z](?![^?]*=)|(?<==[^&]*)[0-9a-z]/g)].map(({ index }) => index);
  assert.ok(values.length > 150);
  for (const index of values) {
    const other = address[index] === '1' ? '2' : '1';
    const altered = address.slice(0, index) + other + address.slice(index + 1);
    assert.equal(verify(altered), null, altered);
  }
});

test('an address without a part, or with parts moved about, is refused', () => {
  const address = signDownload(HOUR, SECRET);
  for (const part of ['expires', 'sha256', 'signature'])
    assert.equal(verify(address.replace(new RegExp(`${part}=[^&]*&?`), '')), null, part);
  assert.equal(verify(address.replace('12-abcdef.zip/kx', '12-abcdef.zip%2Fkx/')), null);
  assert.equal(verify(address.replace('signature=', 'signature=%C3%A9')), null);
  assert.equal(verify(address.toUpperCase()), null);
});

test('another secret signs otherwise', () => {
  assert.equal(verify(signDownload(HOUR, 'another secret')), null);
});
