import assert from 'node:assert/strict';
import { test } from 'node:test';
import spdx from 'spdx-license-list/spdx-full.json' with { type: 'json' };
import { findLicense, type NewLicense } from '../../src/catalog/licenses.ts';

function found(text: string): NewLicense {
  const license = findLicense(text);
  assert.ok(!('message' in license), 'message' in license ? license.message : '');
  return license;
}

function refused(text: string): string {
  const license = findLicense(text);
  assert.ok('message' in license, `"${text}" was taken for ${'title' in license ? license.title : ''}`);
  return license.message;
}

test('an SPDX id gives the licence with its family, version, page and full text', () => {
  const { text, ...license } = found('CC-BY-4.0');
  assert.deepEqual(license, {
    spdx_id: 'CC-BY-4.0',
    type: 'cc-by',
    version: '4.0',
    title: 'Creative Commons Attribution 4.0 International',
    url: 'https://creativecommons.org/licenses/by/4.0/',
  });
  assert.match(text, /Section 8 . Interpretation/);
});

test('case, spaces and full names do not matter', () => {
  for (const text of ['cc-by-4.0', ' CC BY 4.0 ', 'cc_by_4.0', 'Creative Commons Attribution 4.0 International'])
    assert.equal(found(text).spdx_id, 'CC-BY-4.0', text);
});

test('a short name stands for its newest version that is for no single country', () => {
  const expected = {
    'cc-by': ['CC-BY-4.0', 'cc-by', '4.0'],
    'cc-by-4': ['CC-BY-4.0', 'cc-by', '4.0'],
    'cc-by-3': ['CC-BY-3.0', 'cc-by', '3.0'],
    'cc-by-sa': ['CC-BY-SA-4.0', 'cc-by-sa', '4.0'],
    cc0: ['CC0-1.0', 'cc0', '1.0'],
    odbl: ['ODbL-1.0', 'odbl', '1.0'],
    ogl: ['OGL-UK-3.0', 'ogl-uk', '3.0'],
    'OGL v2.0': ['OGL-UK-2.0', 'ogl-uk', '2.0'],
    pddl: ['PDDL-1.0', 'pddl', '1.0'],
    mit: ['MIT', 'mit', ''],
    'bsd-3-clause': ['BSD-3-Clause', 'bsd-3-clause', ''],
  };
  for (const [text, wanted] of Object.entries(expected)) {
    const { spdx_id, type, version } = found(text);
    assert.deepEqual([spdx_id, type, version], wanted, text);
  }
});

test('public-domain is known though SPDX has no such id', () => {
  const license = found('Public Domain');
  assert.deepEqual([license.spdx_id, license.type, license.version, license.url], [null, 'public-domain', '', null]);
  assert.match(license.text, /not a licence/);
});

test('every id of the SPDX list is found, with its own text', () => {
  for (const [id, { licenseText }] of Object.entries(spdx)) {
    const license = found(id.toLowerCase());
    assert.equal(license.spdx_id, id);
    assert.equal(license.text, licenseText);
    assert.match(license.title, /^\S+( \S+)*$/);
  }
});

test('an unknown licence is answered with up to three near ones', () => {
  assert.equal(refused('cc-by-5.0'), 'There is no licence "cc-by-5.0". Did you mean CC-BY-4.0, CC-BY-3.0 or CC-BY-2.0?');
  assert.equal(refused('odlb'), 'There is no licence "odlb". Did you mean ODbL-1.0?');
  assert.equal(refused('publik-domain'), 'There is no licence "publik-domain". Did you mean public-domain?');
});

test('what is near to none is answered with where to look', () => {
  for (const text of ['', '   ', 'all rights reserved by us', '__proto__', 'constructor', '../../package', 'x'.repeat(10_000)]) {
    const message = refused(text);
    assert.match(message, /SPDX id such as CC-BY-4\.0/);
    assert.ok(message.length < 200);
  }
});
