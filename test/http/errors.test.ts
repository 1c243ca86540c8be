import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { errorHandler } from '../../src/http/errors.ts';

test('what passes by itself is 503 with a sentence and Retry-After, all else 500', async () => {
  const app = Fastify();
  app.setErrorHandler(errorHandler);
  app.get('/:code', async ({ params }) => {
    throw Object.assign(new Error('of the system'), Object(params));
  });
  for (const [code, sentence] of [
    ['ENOSPC', /^The disk of this server is full\. /],
    ['EDQUOT', /^The disk of this server is full\. /],
    ['EFBIG', /^The disk of this server is full\. /],
    ['57P01', /^The database of this site does not answer now\. /],
  ] as const) {
    const answer = await app.inject(`/${code}`);
    assert.equal(answer.statusCode, 503);
    assert.match(answer.json().detail, sentence);
    assert.ok(Number(answer.headers['retry-after']) > 0);
  }
  assert.equal((await app.inject('/EISDIR')).statusCode, 500);
});
