import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { giveWay } from '../priority.ts';
import { confinement } from './confinement.ts';
import { gdalEnvironment } from './environment.ts';
import { giveOver } from './sharing.ts';

/** The GDAL programs that Geocrate starts. */
type GdalTool =
  | 'ogr2ogr'
  | 'ogrinfo'
  | 'gdaltransform'
  | 'gdalsrsinfo'
  | 'gdalinfo'
  | 'gdal_translate'
  | 'gdalwarp'
  | 'gdalbuildvrt'
  | 'gdaladdo'
  | 'gdal_rasterize';

export interface GdalOptions {
  /** Ends the whole process group when it fires; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Fraction done, 0..1, never falling, read from GDAL's own `0...10...20` output. The caller passes `-progress`. */
  onProgress?: (fraction: number) => void;
  /** Fed to the standard input, which is otherwise empty. */
  stdin?: string | Readable;
  /** GDAL configuration options, such as `{ OGR_ENABLE_PARTIAL_REPROJECTION: 'NO' }`. */
  config?: Record<string, string>;
  /** Called for each whole line of standard error, so that repeated messages can be counted without keeping them. */
  onErrorLine?: (line: string) => void;
  /** Called for each whole line of standard output, as its bytes; the output is then not kept. */
  onOutputLine?: (line: Buffer) => void;
  /** Called for all that is written to standard output, as it comes; the output is then not kept. */
  onOutput?: (bytes: Buffer) => void;
}

/** A GDAL program that ended with another code than 0. `message` is one sentence of GDAL's own, without paths of ours. */
export class GdalError extends Error {
  readonly tool: string;
  readonly exitCode: number | null;
  /** What ended it from outside, when nobody here did. */
  readonly endedBy: NodeJS.Signals | null;
  readonly stderr: string;
  constructor(
    tool: string,
    exitCode: number | null,
    stderr: string,
    { missing = false, endedBy = null }: { missing?: boolean; endedBy?: NodeJS.Signals | null } = {},
  ) {
    super(
      missing
        ? `${tool} is not installed (Debian and Ubuntu: apt-get install gdal-bin; macOS: brew install gdal).`
        : ((endedBy && LIMITS[endedBy]) ?? firstError(tool, exitCode, stderr)),
    );
    this.tool = tool;
    this.exitCode = exitCode;
    this.endedBy = endedBy;
    this.stderr = stderr;
  }

  /** Whether it is GDAL's answer to what it was asked; false where it was not there, or was ended before it could tell. */
  get isAnswer(): boolean {
    return this.exitCode !== null && this.exitCode !== 127;
  }
}

/** What ends a process that has reached one of its limits. */
const LIMITS: Partial<Record<NodeJS.Signals, string>> = {
  SIGXCPU: 'it took more time of the processor than one file may.',
  SIGXFSZ: 'it became larger than a file may.',
};

/** What is kept of each stream: GDAL may print one line a feature. */
const KEPT_CHARACTERS = 1 << 22;
const KEPT_ERRORS = 1 << 16;
/** Where util-linux has `setpriv`, a child dies with this process even when this process is killed. */
const SETPRIV = process.platform === 'linux' ? ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path)) : undefined;
/** How programs are started for the operator's own commands, which read what the operator may. */
const OPERATORS = SETPRIV ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];

/**
 * Runs one GDAL program to its end.
 * @returns what it printed, each stream cut at a few megabytes.
 * @throws {GdalError} when it is not installed or ends with another code than 0; the signal's reason when cancelled.
 */
export async function runGdal(
  tool: GdalTool,
  args: readonly string[],
  options: GdalOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  const { signal, stdin } = options;
  signal?.throwIfAborted();
  const child = start(tool, args, options.config ?? {}, stdin !== undefined);
  if (child.pid !== undefined) giveWay(child.pid);
  const end = () => endGroup(child);
  signal?.addEventListener('abort', end, { once: true });
  let stdout = '';
  let stderr = '';
  const readProgress = progressReader(options.onProgress);
  const onOutput = options.onOutput ?? (options.onOutputLine && byteLineReader(options.onOutputLine));
  if (onOutput) child.stdout?.on('data', onOutput);
  else
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      readProgress(text);
      if (stdout.length < KEPT_CHARACTERS) stdout += text;
    });
  const readLine = lineReader(options.onErrorLine);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    readLine(text);
    if (stderr.length < KEPT_ERRORS) stderr += text;
  });
  let missing = false;
  let endedBy: NodeJS.Signals | null = null;
  const exit = new Promise<number | null>((resolve) => {
    child.on('error', () => {
      missing = true;
      resolve(null);
    });
    child.on('close', (status, killed) => {
      endedBy = killed;
      resolve(status);
    });
  });
  // A program that ends before it has read all its input is judged by its exit code, not by the broken pipe.
  if (stdin !== undefined && child.stdin) {
    if (typeof stdin === 'string') child.stdin.on('error', () => {}).end(stdin);
    else pipeline(stdin, child.stdin).catch(() => {});
  }
  const code = await exit;
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  // Some programs say what is wrong on the standard output.
  if (missing || code !== 0)
    throw new GdalError(tool, code, `${stderr}\n${stdout.slice(-KEPT_ERRORS)}`, { missing: missing || code === 127, endedBy });
  return { stdout, stderr };
}

function start(tool: string, args: readonly string[], config: Record<string, string>, withInput: boolean): ChildProcess {
  const confined = confinement();
  if (confined?.user) giveOver(args, confined.dataDir, confined.user);
  const [command = tool, ...more] = [...(confined?.wrapper ?? OPERATORS), tool, ...args];
  return spawn(command, more, {
    stdio: [withInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, so that cancelling ends all of it
    env: { ...gdalEnvironment(process.env, confined), ...config },
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Where progress begins: what some programs print before it has numbers too. */
const PROGRESS = /(?<![^\n ])0(?=\.)/;

/** Reads `0...10...20...` up to `100 - done.`; the dots between two tens stand for 2.5% each (GDALTermProgress). */
function progressReader(onProgress: ((fraction: number) => void) | undefined): (text: string) => void {
  if (!onProgress) return () => {};
  let ticks = 0;
  let digits = '';
  let last = -1;
  const report = (fraction: number) => {
    if (fraction <= last) return;
    last = Math.min(1, fraction);
    onProgress(last);
  };
  let before: string | null = '';
  return (more) => {
    let text = more;
    if (before !== null) {
      before += more;
      const start = PROGRESS.exec(before)?.index;
      if (start === undefined) return;
      text = before.slice(start);
      before = null;
    }
    for (const character of text) {
      if (character >= '0' && character <= '9') {
        digits += character;
        continue;
      }
      if (digits) {
        ticks = Number(digits) / 2.5;
        digits = '';
        report(ticks / 40);
      }
      if (character === '.' && last >= 0 && last < 1) report(++ticks / 40);
    }
    if (digits === '100') report(1);
  };
}

function lineReader(onLine: ((line: string) => void) | undefined): (text: string) => void {
  if (!onLine) return () => {};
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}

function byteLineReader(onLine: (line: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer[] = [];
  return (bytes) => {
    let from = 0;
    for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
      const end = bytes.subarray(from, to);
      onLine(rest.length > 0 ? Buffer.concat([...rest, end]) : end);
      rest = [];
      from = to + 1;
    }
    if (from < bytes.length) rest.push(bytes.subarray(from));
  };
}

/** The first thing GDAL calls an error, as one line, without its "ERROR n:". */
function firstError(tool: string, exitCode: number | null, stderr: string): string {
  // `FAILURE:` stands alone on its line, with the sentence on the next. Progress (`0...10...`) is no sentence.
  const text = (/^(?:ERROR \d+|FAILURE):?\s*(\S.*)$/m.exec(stderr) ??
    /^(?!Progress turned off|[\d.]+(?: - done\.)?\s*$)(?:Warning \d+:)?\s*(\S.*)$/m.exec(stderr))?.[1]?.trim();
  if (text) return text;
  return exitCode === null
    ? `${tool} was ended from outside; the machine may have run out of memory.`
    : `${tool} ended with code ${exitCode} and said nothing.`;
}
