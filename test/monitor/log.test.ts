import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const module = JSON.stringify(join(import.meta.dirname, '../../src/monitor/log.ts'));

/** The lines that a process writes which does this with a log. */
async function written(level: string, script: string): Promise<Record<string, unknown>[]> {
  const source = `import { openLog } from ${module}; const log = openLog('${level}'); ${script}`;
  const { stderr } = await run(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', source]);
  return stderr
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test('what is graver than the level is written, with its level in words and the time', async () => {
  const lines = await written('warn', `log.info('no'); log.warn({ export_id: 7 }, 'yes');`);
  assert.equal(lines.length, 1);
  const { level, msg, export_id, time } = lines[0] ?? {};
  assert.deepEqual({ level, msg, export_id }, { level: 'warn', msg: 'yes', export_id: 7 });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('an error is written with its causes, and without passwords, keys and what else it carries', async () => {
  const lines = await written(
    'warn',
    `const cause = Object.assign(new Error('postgresql://geocrate:s3cret@db/geocrate is away'), { code: 'ECONNREFUSED', config: { password: 's3cret' } });
     const error = new Error('https://b.example/x?X-Amz-Signature=s3cret&a=1 and /layers/1/export/?key=s3cret', { cause });
     log.error({ err: error, token: 's3cret', headers: { authorization: 'key s3cret' } }, 'failed');`,
  );
  const text = JSON.stringify(lines);
  assert.doesNotMatch(text, /s3cret/);
  const { err } = lines[0] as { err: { type: string; message: string; cause: { code: string; message: string } } };
  assert.equal(err.message, 'https://b.example/x?X-Amz-Signature=…&a=1 and /layers/1/export/?key=…');
  assert.deepEqual([err.cause.code, err.cause.message], ['ECONNREFUSED', 'postgresql://geocrate:…@db/geocrate is away']);
});
