import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { UnreachableError } from './client.ts';
import { CliError } from './failure.ts';

/** So often a download is begun anew without a byte that comes of it. */
const TRIES = 6;

/**
 * Downloads an archive, going on where a broken download stopped, now or in an earlier run, and checks its SHA-256.
 * What has come lies beside the target as `<target>.<hash>.part` until it is whole.
 * @param address gives an address that works without a token; asked anew for each try.
 * @throws {CliError}; the signal's reason when interrupted.
 */
export async function downloadArchive(
  address: () => Promise<string>,
  expected: { size: number; sha256: string },
  target: string,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const part = `${target}.${expected.sha256.slice(0, 12)}.part`;
  let tries = 0;
  for (let had = await sizeOf(part); ; ) {
    try {
      await fetchRest(await address(), part, expected.size, signal, onProgress);
      break;
    } catch (error) {
      signal.throwIfAborted();
      const have = await sizeOf(part);
      tries = have > had ? 1 : tries + 1;
      had = have;
      if (isFinal(error) || tries === TRIES) throw brokenOff(error, part);
      await delay(250 * 2 ** tries);
    }
  }
  if ((await sha256Of(part)) !== expected.sha256) {
    await rm(part, { force: true });
    throw new CliError('The archive was damaged on its way: its SHA-256 is not the one that the server gave. Run the command again.');
  }
  await rename(part, target);
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function fetchRest(
  url: string,
  part: string,
  size: number,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<void> {
  let have = await sizeOf(part);
  if (have > size) {
    await rm(part);
    have = 0;
  }
  if (have === size) return;
  const response = await fetch(url, { signal, ...(have > 0 ? { headers: { Range: `bytes=${have}-` } } : {}) });
  if (response.status >= 500) throw new Error(`The server answered ${response.status}.`);
  if (!response.ok || !response.body) throw new CliError(`The download answered ${response.status}.`);
  // A server that does not go on where we were begins anew.
  if (response.status !== 206) have = 0;
  const out = createWriteStream(part, { flags: have > 0 ? 'a' : 'w' });
  await pipeline(
    Readable.fromWeb(response.body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        have += chunk.length;
        onProgress(have / size);
        yield chunk;
      }
    },
    out,
  );
  if (have !== size) throw new Error('The connection broke off.');
}

/** Whether trying again would only fail again. */
function isFinal(error: unknown): boolean {
  if (error instanceof UnreachableError) return false;
  return error instanceof CliError || diskProblem(error);
}

/** The file system names the call that failed and the file. */
function diskProblem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && ('path' in error || error.syscall === 'write');
}

function brokenOff(error: unknown, part: string): Error {
  if (error instanceof CliError) return error;
  if (diskProblem(error)) return new CliError(`${part} cannot be written: ${error.message}.`);
  return new CliError('The connection broke off again and again. Run the same command later: it goes on where it stopped.');
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
