import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteBuffer } from '../../src/store/bytes.ts';

/** Any number, and more often than not one of few decimals. */
const numbers = fc.oneof(
  fc.double(),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 9 })).map(([whole, decimals]) => whole / 10 ** decimals),
  fc.tuple(fc.integer({ min: -2e9, max: 2e9 }), fc.integer({ min: 0, max: 7 })).map(([whole, decimals]) => whole / 10 ** decimals),
  fc.constantFrom(0, -0, 99_999_999.999, 1e8, -1e8, 100_000_000.001, 9999, 10_000, 10_000.5, 0.001, -0.0005, 1e21, 1e-7),
);

function written(write: (out: ByteBuffer) => void): string {
  const out = new ByteBuffer(1);
  write(out);
  return Buffer.from(out.written()).toString();
}

test('a number is written as JavaScript writes it', () => {
  fc.assert(
    fc.property(numbers, (value) =>
      assert.equal(
        written((out) => out.number(value)),
        String(value),
      ),
    ),
    { numRuns: 5000 },
  );
});

test('a number is rounded to seven decimals, without trailing zeros', () => {
  fc.assert(
    fc.property(
      numbers.filter((value) => Math.abs(value) < 1e8),
      (value) => {
        const text = written((out) => out.roundedAt(Float64Array.of(value), 0));
        assert.match(text, /^-?(0|[1-9]\d*)(\.\d{0,6}[1-9])?$/);
        assert.notEqual(text, '-0');
        assert.ok(Math.abs(Number(text) - value) <= 0.5e-7 * (1 + 1e-6) + 2 ** -52 * Math.abs(value), `${value} became ${text}`);
      },
    ),
    { numRuns: 5000 },
  );
});
