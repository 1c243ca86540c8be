import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { collectGarbage, giveBackMemory } from '../src/heap.ts';

test('what is no longer needed is collected, and its pages are given back', () => {
  let needed: unknown = Array.from({ length: 1_000_000 }, (_, number) => ({ number }));
  const { heapTotal } = process.memoryUsage();
  assert.ok(needed);
  needed = null;
  giveBackMemory();
  assert.ok(process.memoryUsage().heapTotal < heapTotal - 20e6);
});

test('buffers that nobody looks at any more are collected', async () => {
  let buffers: unknown = Array.from({ length: 10 }, () => new Uint8Array(1 << 20));
  const { arrayBuffers } = process.memoryUsage();
  assert.ok(buffers);
  buffers = null;
  collectGarbage();
  // They are given back by another thread.
  const until = Date.now() + 10_000;
  while (process.memoryUsage().arrayBuffers > arrayBuffers - (10 << 20) && Date.now() < until) await setTimeout(10);
  assert.ok(process.memoryUsage().arrayBuffers <= arrayBuffers - (10 << 20));
});
