import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../fixtures/postgres.ts';
import { Relay } from '../fixtures/relay.ts';
import type { Journal } from './journal.ts';
import { type Child, childrenOf } from './processes.ts';

const geocrate = join(import.meta.dirname, '../../bin/geocrate');
/** What a watchdog of a real machine waits before it starts a process again. */
const RESTART_MS = 500;
const DISK_BYTES = 192 << 20;
/** Of a file, where the disk cannot be a small one. */
const FILE_LIMIT = 16 << 10;

export interface MachineOptions {
  folder: string;
  journal: Journal;
  kind: 'serve' | 'worker';
  name: string;
  database: URL;
  store: URL;
  env: Record<string, string>;
  /** Whether its data directory is a small disk of its own: root alone can make one. */
  ownDisk: boolean;
}

/** A machine that runs one process of Geocrate and starts it again when it has ended, with its own disk, clock and network. */
export class Machine {
  readonly name: string;
  readonly kind: 'serve' | 'worker';
  readonly dataDir: string;
  /** Temporary files of programs that know of no better place. */
  readonly tmpDir: string;
  readonly database: Relay;
  readonly store: Relay;
  /** Of a server; the same after each start. */
  readonly url: string;
  readonly #options: MachineOptions;
  readonly #env: Record<string, string>;
  readonly #clockFile: string;
  readonly #ownDisk: boolean;
  #process: ChildProcess | undefined;
  #ready = false;
  /** Why it ends next; null: nobody wants it to. */
  #ending: string | null = null;
  #over = false;
  #watch: Promise<void> | undefined;

  private constructor(options: MachineOptions, port: number, database: Relay, store: Relay) {
    const { folder, kind, name } = options;
    this.#options = options;
    this.name = name;
    this.kind = kind;
    this.database = database;
    this.store = store;
    this.url = `http://127.0.0.1:${port}`;
    this.dataDir = join(folder, name.replace(' ', '-'));
    this.tmpDir = `${this.dataDir}.tmp`;
    this.#clockFile = `${this.dataDir}.clock`;
    mkdirSync(this.dataDir);
    mkdirSync(this.tmpDir);
    this.setClock(0);
    this.#ownDisk = options.ownDisk && mountDisk(this.dataDir);
    this.#env = {
      GEOCRATE_DATA_DIR: this.dataDir,
      GEOCRATE_PORT: String(port),
      GEOCRATE_DEMO: '0',
      DATABASE_URL: database.url.href,
      AWS_ENDPOINT_URL: store.url.origin,
      TMPDIR: this.tmpDir,
      CHAOS_CLOCK: this.#clockFile,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'clock.ts')}`,
      ...options.env,
    };
  }

  static async make(options: MachineOptions): Promise<Machine> {
    return new Machine(options, await freePort(), await Relay.to(options.database), await Relay.to(options.store));
  }

  /** Starts it, and from then on again and again. */
  start(): void {
    this.#watch ??= this.#keepRunning();
  }

  /** Resolves when it answers, or takes exports. */
  async ready(): Promise<void> {
    for (let tries = 0; !this.#ready; tries++) {
      if (tries > 1200) throw new Error(`${this.name} does not start.`);
      await delay(50);
    }
  }

  /** Ends its process by a signal, when it has one; it is started again. */
  kill(signal: NodeJS.Signals): void {
    const { exitCode, signalCode } = this.#process ?? {};
    if (exitCode !== null || signalCode !== null) return;
    // A second one would end it at once, as a second Ctrl-C does.
    if (signal === 'SIGTERM' && this.#ending === signal) return;
    this.#ending = signal;
    this.#process?.kill(signal);
  }

  /** Stops its process as a machine does that is suspended; `SIGCONT` lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** The processes that its own has started. */
  children(): Child[] {
    return childrenOf(this.#process?.pid);
  }

  /** Makes its clock wrong by so many milliseconds. */
  setClock(offset: number): void {
    writeFileSync(this.#clockFile, String(offset));
  }

  /** Leaves so many bytes of its disk, or lets files grow no further where it has no disk of its own. */
  fillDisk(left: number): void {
    if (!this.#ownDisk) {
      this.#limitFiles(String(FILE_LIMIT));
      return;
    }
    for (let tries = 0; tries < 3; tries++) {
      const { bavail, bsize } = statfsSync(this.dataDir);
      try {
        execFileSync('fallocate', ['-l', String(Math.max(1, bavail * bsize - left)), join(this.dataDir, 'filler')], { stdio: 'ignore' });
        return;
      } catch {
        // Somebody has written meanwhile.
      }
    }
  }

  freeDisk(): void {
    if (this.#ownDisk) rmSync(join(this.dataDir, 'filler'), { force: true });
    else this.#limitFiles('unlimited');
  }

  #limitFiles(most: string): void {
    const { pid, exitCode } = this.#process ?? {};
    if (pid === undefined || exitCode !== null) return;
    try {
      // The soft limit alone, so that it can be taken back.
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${most}:`], { stdio: 'ignore' });
    } catch {
      // It has ended meanwhile.
    }
  }

  /** Runs a command of Geocrate on it; gives what it printed. */
  async command(...args: string[]): Promise<string> {
    return (await promisify(execFile)(geocrate, args, { env: { ...process.env, ...this.#env } })).stdout;
  }

  /** Ends its process in good order, and for good; its disk stays. */
  async stop(): Promise<void> {
    this.#over = true;
    this.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#options.journal.fail(`${this.name} does not stop within 30 s of SIGTERM`);
      this.kill('SIGKILL');
    }, 30_000);
    await this.#watch;
    clearTimeout(timer);
  }

  /** Takes away all that it had of this machine. */
  remove(): void {
    this.#over = true;
    this.kill('SIGKILL');
    this.database.cut();
    this.store.cut();
    if (this.#ownDisk) execFileSync('umount', ['-l', this.dataDir]);
  }

  /** What processes have left in temporary folders, by path: those that `gc` looks after, and what others use who know of no better place. */
  left(): string[] {
    const files = (dir: string) =>
      existsSync(dir)
        ? readdirSync(dir, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name))
        : [];
    const fetched = files(join(this.dataDir, 'cache')).filter((path) => path.endsWith('.part'));
    return [...fetched, ...files(join(this.dataDir, 'tmp')), ...files(this.tmpDir)];
  }

  async #keepRunning(): Promise<void> {
    const { journal } = this.#options;
    const log = createWriteStream(`${this.dataDir}.log`, { flags: 'a' });
    while (!this.#over) {
      const started = spawn(geocrate, [this.kind], { env: { ...process.env, ...this.#env }, stdio: ['ignore', 'pipe', 'pipe'] });
      this.#process = started;
      this.#ending = null;
      let tail = '';
      started.stderr.on('data', (text: Buffer) => {
        tail = (tail + text).slice(-3000);
      });
      started.stderr.pipe(log, { end: false });
      started.stdout.on('data', (text: Buffer) => {
        if (/listens on|Working on/.test(String(text))) this.#ready = true;
      });
      const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
        started.once('close', (...ended) => resolve(ended));
      });
      // Before it is ready it may fail for what it needs; then it must run until somebody ends it.
      if (this.#ready && this.#ending === null) journal.fail(`${this.name} ended by itself (${code ?? signal}):\n${tail}`);
      else if (this.#ready && this.#ending === 'SIGTERM' && code !== 0)
        journal.fail(`${this.name} did not end in good order (${code ?? signal}):\n${tail}`);
      this.#ready = false;
      if (!this.#over) await delay(RESTART_MS);
    }
    log.end();
  }
}

/** Mounts a small disk in memory; false where this user may not. */
function mountDisk(dir: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'geocrate-chaos', dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
