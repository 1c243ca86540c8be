import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slugify, uniqueNames } from '../../src/archive/names.ts';

test('titles become plain names', () => {
  const expected = {
    'Example Layer': 'example-layer',
    'Countries 1:10m': 'countries-1-10m',
    '  NZ  Primary (Parcels) ': 'nz-primary-parcels',
    'Māori place names': 'maori-place-names',
    'Straße – Größe': 'strasse-grosse',
    'Łódź, Ærøskøbing, Œuvre, Þingvellir': 'lodz-aeroskobing-oeuvre-thingvellir',
    'İstanbul Diyarbakır': 'istanbul-diyarbakir',
    Oʻahu: 'oahu',
    'ﬁle №1': 'file-no1',
    'a__b..c': 'a-b-c',
  };
  for (const [title, slug] of Object.entries(expected)) assert.equal(slugify(title, 'layer-1'), slug);
});

test('where nothing can be spelt the fallback stands', () => {
  for (const title of ['', '   ', '地図', '...', '-', '🗺️']) assert.equal(slugify(title, 'layer-7'), 'layer-7');
});

test('no name is one that Windows keeps for devices', () => {
  for (const title of ['con', 'NUL', 'aux', 'Prn', 'COM1', 'lpt9', 'com¹']) assert.match(slugify(title, 'layer-7'), /^layer-7-/);
  assert.equal(slugify('Contours', 'x'), 'contours');
  assert.equal(slugify('com10', 'x'), 'com10');
});

test('whatever the title, the name is short and plain', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (title) => {
      const slug = slugify(title, 'layer-7');
      assert.match(slug, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.ok(slug.length <= 80);
    }),
  );
  assert.equal(slugify(`${'a'.repeat(79)} b`, 'x'), 'a'.repeat(79));
});

test('clashing names are numbered and take the place of none', () => {
  assert.deepEqual(uniqueNames(['a', 'b', 'a', 'a']), ['a', 'b', 'a-2', 'a-3']);
  assert.deepEqual(uniqueNames(['a', 'a', 'a-2', 'a']), ['a', 'a-3', 'a-2', 'a-4']);
  assert.deepEqual(uniqueNames(['a-2', 'a-2', 'a']), ['a-2', 'a-2-2', 'a']);
  assert.deepEqual(uniqueNames(['Roads', 'roads']), ['Roads', 'roads-2']);
  assert.deepEqual(uniqueNames(['__proto__', '__proto__']), ['__proto__', '__proto__-2']);
});

test('names are unique whatever they are, and those that clash with none stay', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'a-2', 'a-3', 'b', 'A', 'a-2-2')), (names) => {
      const unique = uniqueNames(names);
      assert.equal(new Set(unique.map((name) => name.toLowerCase())).size, names.length);
      names.forEach((name, index) => {
        if (names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === index) assert.equal(unique[index], name);
      });
    }),
  );
});
