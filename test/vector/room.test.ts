import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflatePart } from '../../src/archive/deflated.ts';
import type { EncodedBatch } from '../../src/vector/hand.ts';
import { leave, Rooms } from '../../src/vector/room.ts';

test('batches that are given back make room for the next ones', () => {
  const rooms = new Rooms();
  const first = rooms.move(batch(1, 1000));
  const second = rooms.move(batch(2, 1000));
  assert.notEqual(placeOf(second), placeOf(first));
  leave(first);
  const third = rooms.move(batch(3, 2000));
  assert.equal(placeOf(third), placeOf(first));
  assert.notEqual(placeOf(rooms.move(batch(4, 500))), placeOf(second));
  for (const [moved, fill, size] of [
    [second, 2, 1000],
    [third, 3, 2000],
  ] as const) {
    assert.deepEqual(moved.streams[0]?.content, new Uint8Array(size).fill(fill));
    assert.deepEqual(moved.streams[0]?.deflated, new Uint8Array(deflatePart(new Uint8Array(size).fill(fill), 6)));
  }
});

test('a larger batch takes the place of a room that is too small for it', () => {
  const rooms = new Rooms();
  const small = rooms.move(batch(1, 1000));
  leave(small);
  const large = rooms.move(batch(2, 3 << 20));
  assert.notEqual(placeOf(large), placeOf(small));
  leave(large);
  assert.equal(placeOf(rooms.move(batch(3, 1000))), placeOf(large));
});

test('rooms of batches that nobody waits for are free again once all are', () => {
  const rooms = new Rooms();
  const lost = placeOf(rooms.move(batch(1, 1000)));
  rooms.clear();
  assert.equal(placeOf(rooms.move(batch(2, 1000))), lost);
});

function batch(fill: number, size: number): EncodedBatch {
  const content = new Uint8Array(size).fill(fill);
  const shapes = { droppedNulls: 0, emptied: 0, collections: 0, multiPoints: 0 };
  const losses = { columns: [], shapes, dropped: 0, uncut: 0 };
  return { streams: [{ content, deflated: deflatePart(content, 6) }], isTaken: false, bytes: size, featureCount: 1, losses };
}

function placeOf({ streams }: EncodedBatch): ArrayBufferLike | undefined {
  return streams[0]?.content.buffer;
}
