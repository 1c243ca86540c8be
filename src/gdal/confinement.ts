import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { giveOver, givePassage, type SandboxUser } from './sharing.ts';

/** What holds for the GDAL processes of a server or a worker: they read what strangers had a hand in, and are trusted with nothing. */
export interface Confinement {
  /** The programs, with their arguments, by which a program of GDAL is started. */
  wrapper: readonly string[];
  /** Who they run as; null: as this process. */
  user: SandboxUser | null;
  /** Whether they have no network but their own, which leads nowhere. */
  isOffline: boolean;
  /** Whether memory, CPU time, file sizes and core dumps are limited. */
  isLimited: boolean;
  /** What is not in force here and why, as sentences. */
  lacks: readonly string[];
  /** Of drivers that stay closed, as `GDAL_SKIP` has them. */
  closedDrivers: string;
  dataDir: string;
}

export interface ConfinementOptions {
  dataDir: string;
  closedDrivers: string;
  /** Of one process; null: no limit. */
  cpuSeconds: number | null;
  /** Of one file; null: no limit. */
  fileBytes: number | null;
}

/** No account has this number (systemd takes it for users that it makes up, as here), so nothing else on the machine belongs to it. */
const SANDBOX: SandboxUser = { uid: 64_321, gid: 64_321 };
/** Processes and threads of all GDAL processes, where they have a user of their own. */
const MOST_PROCESSES = 8192;
/** What one process may write to in memory: enough for the largest spreadsheet, and never all of the machine's. */
const MEMORY_BYTES = Math.min(8 * 2 ** 30, Math.max(2 * 2 ** 30, Math.round((totalmem() * 3) / 4)));
const KEY = 'geocrate.gdal.confinement';

/** What was said by `confineGdal`; undefined where this process is the operator's own command. */
export function confinement(): Confinement | undefined {
  return getEnvironmentData(KEY) as Confinement | undefined;
}

/**
 * Confines all GDAL processes that this process and the threads that it starts from now on have, as far as this machine can. What it can is tried once.
 * @throws when the data directory cannot be written.
 */
export async function confineGdal(options: ConfinementOptions): Promise<Confinement> {
  const found = await findConfinement(options);
  setEnvironmentData(KEY, found as never);
  return found;
}

async function findConfinement({ dataDir, closedDrivers, cpuSeconds, fileBytes }: ConfinementOptions): Promise<Confinement> {
  const lacks: string[] = [];
  const isRoot = process.getuid?.() === 0;
  const offline = await offlineWrapper(isRoot, lacks);
  const limits = limitsWrapper(cpuSeconds, fileBytes);
  const isLimited = limits.length > 0 && (await runs([...limits, 'true']));
  if (!isLimited) lacks.push('GDAL’s memory and CPU time are not limited: that needs prlimit, of util-linux on Linux.');
  const common = { isOffline: offline.length > 0, isLimited, closedDrivers, dataDir };
  const limited = (user: SandboxUser | null) =>
    isLimited ? [...limits.slice(0, -1), ...(user ? [`--nproc=${MOST_PROCESSES}`] : []), '--'] : [];
  const setpriv = program('setpriv');
  if (setpriv && isRoot) {
    const { uid, gid } = SANDBOX;
    const drop = [setpriv, '--pdeathsig', 'KILL', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--clear-groups'];
    const wrapper = [...offline, ...drop, '--reuid', String(uid), '--regid', String(gid), '--', ...limited(SANDBOX)];
    if (await worksIn(dataDir, wrapper, SANDBOX)) return { ...common, wrapper, user: SANDBOX, lacks };
    lacks.push(
      `GDAL runs as root, though without its privileges: a user of its own cannot be let into ${dataDir}. Let others pass through the folders above it (chmod o+x), or start Geocrate as a user of its own.`,
    );
    const powerless = [...offline, ...drop, '--', ...limited(null)];
    if (await worksIn(dataDir, powerless, null)) return { ...common, wrapper: powerless, user: null, lacks };
  }
  if (setpriv) {
    for (const also of [['--no-new-privs'], []]) {
      const wrapper = [...offline, setpriv, '--pdeathsig', 'KILL', ...also, '--', ...limited(null)];
      if (await worksIn(dataDir, wrapper, null)) return { ...common, wrapper, user: null, lacks };
    }
  }
  return { ...common, wrapper: [...offline, ...limited(null)], user: null, lacks };
}

/** A network namespace of each process's own, which has not even a loopback that is up. */
async function offlineWrapper(isRoot: boolean, lacks: string[]): Promise<string[]> {
  if (/^(ON|YES|TRUE)$/i.test(process.env.PROJ_NETWORK ?? '')) {
    lacks.push('GDAL has a network, since PROJ_NETWORK says that PROJ may fetch grids.');
    return [];
  }
  const unshare = program('unshare');
  const wrapper = unshare ? [unshare, ...(isRoot ? [] : ['--user', '--map-current-user']), '--net', '--'] : [];
  if (unshare && (await runs([...wrapper, 'true']))) return wrapper;
  lacks.push('GDAL’s network is closed by its settings alone: this system lets this user make no network namespace (unshare --net).');
  return [];
}

function limitsWrapper(cpuSeconds: number | null, fileBytes: number | null): string[] {
  const prlimit = program('prlimit');
  if (!prlimit) return [];
  const cpu = cpuSeconds === null ? [] : [`--cpu=${cpuSeconds}`];
  const size = fileBytes === null ? [] : [`--fsize=${fileBytes}`];
  return [prlimit, `--data=${MEMORY_BYTES}`, '--core=0', ...cpu, ...size, '--'];
}

/** Whether a process that is wrapped so reads and writes what it is given in the data directory. */
async function worksIn(dataDir: string, wrapper: readonly string[], user: SandboxUser | null): Promise<boolean> {
  const dir = join(dataDir, 'tmp', 'publish', `confinement-${randomUUID()}`);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(join(dir, 'read'), 'text', { mode: 0o600 });
    if (user && !isGiven(dir, dataDir, user)) return false;
    return await runs([...wrapper, '/bin/sh', '-c', 'cat "$0/read" > "$0/written"', dir]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Whether a user could be given a folder: a root without privileges, or whose container knows no such user, can give nothing away. */
function isGiven(dir: string, dataDir: string, user: SandboxUser): boolean {
  try {
    givePassage(dataDir, user);
    giveOver([join(dir, 'read')], dataDir, user);
    return true;
  } catch {
    return false;
  }
}

async function runs([command = '', ...args]: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore', env: {} });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0));
  });
}

/** By its path: what `PATH` finds may be anything. */
function program(name: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
}
