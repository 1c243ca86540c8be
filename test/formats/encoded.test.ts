import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findEncoded } from '../../src/formats/encoded.ts';
import { allFormats } from '../../src/formats/registry.ts';

test('the engine’s threads know just the formats that are written in threads, for each kind that these are offered for', () => {
  let known = 0;
  for (const format of allFormats()) {
    const encoded = 'writer' in format ? format.writer.encoded : undefined;
    for (const kind of format.kinds) {
      assert.equal(findEncoded(kind, format.mimetype), encoded, `${format.displayName}, ${kind}`);
      if (encoded) known++;
    }
  }
  assert.ok(known >= 7);
});
