import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { layout } from '../../src/store/layout.ts';
import { temporaryFolder } from '../fixtures/folder.ts';

const loaded: string[] = [];
registerHooks({
  load(url, context, nextLoad) {
    loaded.push(url);
    return nextLoad(url, context);
  },
});
const ofAmazon = () => loaded.filter((url) => /@aws-sdk|@smithy/.test(url));

test('nothing of the AWS SDK is loaded unless there is a bucket', async () => {
  const places = layout(temporaryFolder());
  // All that a server and a worker load.
  await import('../../src/cli/site.ts');
  await import('../../src/http/app.ts');
  const { openStores } = await import('../../src/storage/open.ts');
  const files = await openStores(readConfig({}).storage, null, places);
  assert.equal(await files.storage.address('a.zip', { method: 'GET', filename: 'a.zip', validFor: 1000 }), null);
  files.close();
  assert.ok(loaded.length > 50);
  assert.deepEqual(ofAmazon(), []);
  const bucket = await openStores(readConfig({ GEOCRATE_STORAGE: 's3://bucket', AWS_REGION: 'eu-central-1' }).storage, null, places);
  bucket.close();
  assert.notEqual(ofAmazon().length, 0);
});
