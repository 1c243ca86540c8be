import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Maker } from '../../src/exports/maker.ts';

/** A thread that does one thing for ever. */
const deaf = 'import { parentPort } from "node:worker_threads"; parentPort.once("message", () => { for (;;); });';

test('a thread that hears of no cancel is ended within a second', { timeout: 20_000 }, async () => {
  const maker = new Maker(new URL(`data:text/javascript,${encodeURIComponent(deaf)}`));
  const controller = new AbortController();
  const request = { id: 1 } as unknown as Parameters<Maker['make']>[0];
  const made = maker.make(request, controller.signal, { onStep() {}, onWritten() {} }, null);
  const reason = new Error('cancelled');
  setTimeout(() => controller.abort(reason), 100);
  await assert.rejects(made, (error) => error === reason);
  await maker.close();
});
