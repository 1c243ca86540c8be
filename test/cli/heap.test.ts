import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveBackMemory } from '../../src/cli/heap.ts';

test('what is no longer needed is collected, and its pages are given back', () => {
  let needed: unknown = Array.from({ length: 1_000_000 }, (_, number) => ({ number }));
  const { heapTotal } = process.memoryUsage();
  assert.ok(needed);
  needed = null;
  giveBackMemory();
  assert.ok(process.memoryUsage().heapTotal < heapTotal - 20e6);
});
