import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRings, encodeRings } from '../../../web/export/rings.ts';
import { type Draft, EMPTY } from '../../../web/export/settings.ts';
import { decodeDraft, encodeDraft } from '../../../web/export/share.ts';

const full: Draft = {
  items: [
    { type: 'layer', id: 3, version: 4, color: '#33aaFF', tile: 'BX 24/1' },
    { type: 'table', id: 5, version: null, color: null, tile: null },
  ],
  area: {
    kind: 'shape',
    geometry: {
      type: 'MultiPolygon',
      coordinates: [
        [
          [
            [170, -44],
            [171.5, -44],
            [171.5, -43.25],
            [170, -44],
          ],
          [
            [170.9, -43.9],
            [171, -43.9],
            [171, -43.8],
            [170.9, -43.9],
          ],
        ],
        [
          [
            [-179.1234567, 1],
            [-178, 1],
            [-178, 2],
            [-179.1234567, 1],
          ],
        ],
      ],
    },
  },
  crs: 'EPSG:2193',
  formats: { vector: 'application/x-zipped-shp', table: 'text/csv', raster: 'image/jp2;compression=lossless' },
  options: { page_size: 'a3', include_scale: true, pdf_raster_dpi: 300 },
  name: 'cities & towns + Ōtautahi',
};

test('settings come back from an address as they were', () => {
  assert.deepEqual(decodeDraft(`#${encodeDraft(full)}`), full);
  const place: Draft = { ...EMPTY, area: { kind: 'feature', cropLayer: 1, cropFeature: 12, name: 'Canterbury / Waitaha' } };
  assert.deepEqual(decodeDraft(encodeDraft(place)), place);
});

test('an address without settings has none', () => {
  assert.equal(decodeDraft(''), null);
  assert.equal(decodeDraft('#'), null);
});

test('what is not settings is left out, and the rest is kept', () => {
  const draft = decodeDraft('#item=layer:3&item=layer:x&item=road:1&area=AA&option.page_size={&crs=EPSG:2193&nonsense=1');
  assert.deepEqual(draft, { ...EMPTY, items: [{ type: 'layer', id: 3, version: null, color: null, tile: null }], crs: 'EPSG:2193' });
});

test('rings of any coordinates come back to a ten-millionth of a degree', () => {
  const position = fc.tuple(fc.double({ min: -540, max: 540, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true }));
  const ring = fc.array(position, { minLength: 3, maxLength: 20 }).map((open) => [...open, open[0] ?? [0, 0]]);
  fc.assert(
    fc.property(fc.array(ring, { minLength: 1, maxLength: 4 }), (rings) => {
      const back = decodeRings(encodeRings(rings)) ?? [];
      assert.deepEqual(
        back.map((one) => one.length),
        rings.map((one) => one.length),
      );
      const differences = rings.flatMap((one, at) =>
        one.map(([x = 0, y = 0], n) => [x - (back[at]?.[n]?.[0] ?? 999), y - (back[at]?.[n]?.[1] ?? 999)]),
      );
      for (const difference of differences.flat()) assert.ok(Math.abs(difference) <= 0.51e-7, String(difference));
    }),
  );
});

test('a text that was cut is no area', () => {
  const whole = encodeRings([
    [
      [170, -44],
      [171, -44],
      [171, -43],
      [170, -44],
    ],
  ]);
  assert.equal(decodeRings(whole.slice(0, -3)), null);
  assert.equal(decodeRings('<script>'), null);
});

test('an area of a thousand vertices makes an address that clients take', () => {
  const ring = Array.from({ length: 1000 }, (_, n) => [172 + Math.cos(n / 159), -43 + Math.sin(n / 159)]);
  const draft: Draft = { ...EMPTY, area: { kind: 'shape', geometry: { type: 'Polygon', coordinates: [[...ring, ring[0] ?? []]] } } };
  assert.ok(encodeDraft(draft).length < 16_000, String(encodeDraft(draft).length));
});
