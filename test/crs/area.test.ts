import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeInArea } from '../../src/crs/area.ts';

const within = (west: number, south: number, east: number, north: number) => ({ area: { west, south, east, north, name: 'Somewhere' } });

test('bounds are inside, beyond or outside an area, and a hundredth of a degree is no difference', () => {
  const zone = within(174, 0, 180, 84);
  assert.equal(placeInArea(zone, [175, 10, 176, 20]), 'inside');
  assert.equal(placeInArea(zone, [173.99, -0.01, 180.01, 84.01]), 'inside');
  assert.equal(placeInArea(zone, [173.9, 10, 176, 20]), 'beyond');
  assert.equal(placeInArea(zone, [175, -5, 176, 20]), 'beyond');
  assert.equal(placeInArea(zone, [170, 10, 173, 20]), 'outside');
  assert.equal(placeInArea(zone, [175, -20, 176, -10]), 'outside');
});

test('the turn that either is told on does not matter', () => {
  const fiji = within(176.81, -20.81, 181.85, -12.42);
  for (const [west, east] of [
    [177, 181],
    [-183, -179],
    [537, 541],
  ] as const)
    assert.equal(placeInArea(fiji, [west, -19, east, -15]), 'inside', `${west}`);
  assert.equal(placeInArea(fiji, [-180, -19, -179, -15]), 'inside');
  assert.equal(placeInArea(fiji, [-179, -19, -177, -15]), 'beyond');
});

test('an area all around the world holds every longitude', () => {
  const arctic = within(-180, 60, 180, 90);
  for (const [west, east] of [
    [0, 360],
    [170, 190],
    [-540, -180],
  ] as const)
    assert.equal(placeInArea(arctic, [west, 70, east, 90]), 'inside');
  assert.equal(placeInArea(arctic, [170, 50, 190, 90]), 'beyond');
});

test('a CRS without an area is used everywhere', () => {
  assert.equal(placeInArea({ area: null }, [0, 0, 1, 1]), 'inside');
});
