import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlockPatcher } from '../../../src/raster/cog/patch.ts';
import { predict, unpredict } from '../../../src/store/cog/predictor.ts';
import { Filler } from '../../../src/store/cog/samples.ts';

const shapes = fc
  .record({
    blockWidth: fc.integer({ min: 1, max: 70 }),
    blockHeight: fc.integer({ min: 1, max: 5 }),
    samples: fc.integer({ min: 1, max: 3 }),
    bits: fc.constantFrom(8, 16, 32, 64),
    predictor: fc.constantFrom(1, 2, 3),
    littleEndian: fc.boolean(),
  })
  .filter(({ predictor, bits }) => predictor < 3 || bits > 8)
  .map((shape) => ({ ...shape, format: shape.predictor === 3 ? 3 : 1, planes: 1, compression: 8 }));

/** Runs of pixels that are kept, and that are not, in turn. */
const runs = fc.array(fc.constantFrom(1, 2, 3, 7, 30, 150), { minLength: 1, maxLength: 30 });

test('a block is filled as if its predictor had been undone and done again', () => {
  fc.assert(
    fc.property(
      shapes,
      runs,
      fc.record({ seed: fc.nat(), right: fc.nat({ max: 20 }), below: fc.nat({ max: 2 }), value: fc.nat({ max: 3 }) }),
      (shape, lengths, { seed, right, below, value }) => {
        const { blockWidth, blockHeight, samples, bits } = shape;
        const pixels = blockWidth * blockHeight;
        const marks = Uint8Array.from(lengths.flatMap((length, index) => new Array(length).fill((index + seed) % 2))).slice(0, pixels);
        const kept = new Uint8Array(pixels);
        kept.set(marks);
        const window = { width: Math.max(1, blockWidth - right), height: Math.max(1, blockHeight - below) };
        const filler = new Filler(
          new Uint8Array(bits / 8).map((_, i) => value * (60 + i)),
          shape,
        );
        const bytes = new Uint8Array((pixels * samples * bits) / 8).map((_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 24);

        const expected = bytes.slice();
        unpredict(expected, shape);
        const inImage = kept.map((mark, i) => (i % blockWidth < window.width && i < window.height * blockWidth ? mark : 0));
        filler.fillUnmarked(expected, inImage);
        predict(expected, shape);

        new BlockPatcher(shape, filler).patch(bytes, kept, window);
        assert.deepEqual(bytes, expected);
      },
    ),
    { numRuns: 2000 },
  );
});
