import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaOfText } from '../../../web/export/areatext.ts';
import { boxOf, boxPolygon, compactBounds } from '../../../web/export/geometry.ts';

const ring = [
  [170, -44],
  [171, -44],
  [171, -43],
  [170, -44],
];
const polygon = { type: 'Polygon', coordinates: [ring] };

test('GeoJSON of any kind gives its polygons', () => {
  const expected = { type: 'Polygon', coordinates: [ring] };
  const feature = { type: 'Feature', properties: null, geometry: polygon };
  for (const value of [polygon, feature, { type: 'FeatureCollection', features: [feature, { type: 'Feature', geometry: null }] }])
    assert.deepEqual(areaOfText(JSON.stringify(value)), expected);
  const many = {
    type: 'GeometryCollection',
    geometries: [polygon, { type: 'Point', coordinates: [1, 2] }, { type: 'MultiPolygon', coordinates: [[ring]] }],
  };
  assert.deepEqual(areaOfText(JSON.stringify(many)), { type: 'MultiPolygon', coordinates: [[ring], [ring]] });
});

test('heights are left out, and a ring that is open is closed', () => {
  const text = JSON.stringify({ type: 'Polygon', coordinates: [ring.slice(0, 3).map(([x, y]) => [x, y, 12])] });
  assert.deepEqual(areaOfText(text), polygon);
});

test('four numbers are a box, across the antimeridian where west is past east', () => {
  assert.deepEqual(areaOfText('170, -44, 171, -43'), boxPolygon([170, -44, 171, -43]));
  assert.deepEqual(areaOfText('178 -44 -178 -43'), boxPolygon([178, -44, 182, -43]));
});

test('where semicolons part the numbers, a comma is a decimal point', () => {
  const box = boxPolygon([166.5, -47, 179.25, -34]);
  assert.deepEqual(areaOfText('166,5; -47; 179,25; −34'), box);
  assert.deepEqual(areaOfText('166.5;-47;179.25;-34'), box);
  assert.equal(areaOfText('1, 2, 3,'), 'not-json');
  assert.equal(areaOfText('1; 2; 3;'), 'not-json');
});

test('what is no area is told by why', () => {
  assert.equal(areaOfText('  '), 'empty');
  assert.equal(areaOfText('{"type": "Poly'), 'not-json');
  assert.equal(areaOfText('{"type": "Point", "coordinates": [1, 2]}'), 'no-polygon');
  assert.equal(
    areaOfText('{"type": "Polygon", "coordinates": [[[1570000, 5180000], [1580000, 5180000], [1580000, 5190000]]]}'),
    'not-degrees',
  );
  assert.equal(areaOfText('{"type": "Polygon", "coordinates": [[["a", 1]]]}'), 'broken');
  assert.equal(areaOfText('{"type": "Polygon", "coordinates": 5}'), 'broken');
  assert.equal(areaOfText(`${'['.repeat(3000)}${']'.repeat(3000)}`), 'broken');
});

test('a box is known as one, and a triangle is none', () => {
  assert.deepEqual(boxOf(boxPolygon([170, -44, 171, -43])), [170, -44, 171, -43]);
  assert.equal(boxOf({ type: 'Polygon', coordinates: [ring] }), null);
  const bowTie = [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
    [0, 0],
  ];
  assert.equal(boxOf({ type: 'Polygon', coordinates: [bowTie] }), null);
  assert.deepEqual(boxOf({ type: 'Polygon', coordinates: [boxPolygon([0, 0, 1, 2]).coordinates[0]?.toReversed() ?? []] }), [0, 0, 1, 2]);
});

test('islands on both sides of the antimeridian are in one small box', () => {
  const [west, south, east, north] = compactBounds({
    type: 'MultiPolygon',
    coordinates: [boxPolygon([166, -47, 179, -34]).coordinates, boxPolygon([-177, -44, -176, -43]).coordinates],
  });
  assert.deepEqual([west, south, east, north], [166, -47, 184, -34]);
});
