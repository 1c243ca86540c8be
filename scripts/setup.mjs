#!/usr/bin/env node
// Brings a fresh clone to where `bin/geocrate` and the tests run: npm packages (Node 24 among them), GDAL, and the page as vite builds it.
// Runs on any Node ≥ 20, does nothing when nothing is missing, and says what it does.
// usage: node scripts/setup.mjs [--test | --page]   (--test: what the tests need as well; --page: only the page)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const forTests = process.argv.includes('--test');

const say = (line) => process.stderr.write(`${line}\n`);
function stop(sentence) {
  say(sentence);
  process.exit(1);
}

/** Runs a program; its output is shown only when it fails. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  return { ok: result.status === 0, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

if (!process.argv.includes('--page')) {
  installPackages();
  installSystemPackages();
}
await buildPage();

/** `npm ci` when the lock file is not the one that was installed. */
function installPackages() {
  if (Number(process.versions.node.split('.')[0]) < 20) stop(`Geocrate's set-up needs Node 20 or newer; this is ${process.version}.`);
  const stamp = join(root, 'node_modules', '.geocrate-setup');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : '';
  if (installed === `${lock} all` || (installed === `${lock} run` && !forTests)) return checkNode();
  say('Installing npm packages …');
  // Where the tests were run before, their packages stay.
  const all = forTests || installed.endsWith(' all');
  // npm must not run on the Node that it is about to replace.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(join(root, 'node_modules')));
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--include=optional', all ? '--include=dev' : '--omit=dev'];
  const result = run(npm, args, { env: { ...process.env, PATH: path.join(delimiter) } });
  if (!result.ok) stop(`${result.output}\nnpm could not install the packages. Check the network and run the command again.`);
  checkNode();
  writeFileSync(stamp, `${lock} ${all ? 'all' : 'run'}\n`);
}

/** Node 24 is a package of the project; where npm has none for this machine, the one on the path has to do. */
function checkNode() {
  const own = join(root, 'node_modules', '.bin', 'node');
  const version = run(existsSync(own) ? own : 'node', ['--version']).output.trim();
  if (Number(/^v(\d+)/.exec(version)?.[1] ?? 0) < 24) {
    stop(
      `npm has no Node 24 for ${process.platform}-${process.arch}. Install Node 24 and run the command again (found ${version || 'none'}).`,
    );
  }
}

/** The page, when what stands in `web/dist` was made of other sources: its files, their compressed forms, and what they were made of. */
async function buildPage() {
  const web = join(root, 'web');
  if (!existsSync(join(web, 'index.html'))) return;
  const sources = hashOf([...filesIn(web), join(root, 'package-lock.json'), fileURLToPath(import.meta.url)]);
  const [built, stamp] = [join(web, 'dist'), '.built'];
  if (existsSync(join(built, stamp)) && readFileSync(join(built, stamp), 'utf8') === sources) return;
  say('Building the page …');
  // Beside its place, so that a server that runs meanwhile never finds half of it.
  const making = join(web, `dist-${process.pid}`);
  const own = join(root, 'node_modules', '.bin', 'node');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', web, '--outDir', making, '--emptyOutDir', '--logLevel', 'warn'];
  const result = run(existsSync(own) ? own : 'node', args, { env: { ...process.env, NODE_ENV: 'production' } });
  if (!result.ok) {
    rmSync(making, { recursive: true, force: true });
    stop(`${result.output}\nThe page could not be built.`);
  }
  const texts = filesIn(making).filter((file) => /\.(css|html|js|json|mjs|svg|txt|webmanifest)$/.test(file));
  await Promise.all(texts.map(compress));
  writeFileSync(join(making, stamp), sources);
  rmSync(built, { recursive: true, force: true });
  try {
    renameSync(making, built);
  } catch (error) {
    // Another set-up was faster.
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(join(built, stamp))) throw error;
  }
}

/** All files in a folder, without what is built there, in order. */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !/^(dist(-\d+)?|node_modules)$/.test(name))
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

/** Writes `<file>.br` and `<file>.gz` beside a file. */
async function compress(file) {
  const content = readFileSync(file);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(content, { params: { [BROTLI_PARAM_QUALITY]: 10, [BROTLI_PARAM_SIZE_HINT]: content.length } }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gz);
}

/** GDAL, and for the tests what they check its results with. */
function installSystemPackages() {
  const missing = [];
  if (!hasGdal()) missing.push({ apt: 'gdal-bin', brew: 'gdal' });
  if (forTests && !run('unzip', ['-v']).ok) missing.push({ apt: 'unzip', brew: 'unzip' });
  if (forTests && !run('pdftotext', ['-v']).ok) missing.push({ apt: 'poppler-utils', brew: 'poppler' });
  if (forTests && !run('qpdf', ['--version']).ok) missing.push({ apt: 'qpdf', brew: 'qpdf' });
  if (forTests && !run('mutool', ['-v']).ok) missing.push({ apt: 'mupdf-tools', brew: 'mupdf-tools' });
  if (forTests && !run('python3', ['--version']).ok) missing.push({ apt: 'python3', brew: 'python' });
  if (forTests && !hasPostgres()) missing.push({ apt: 'postgresql', brew: 'postgresql' });
  if (forTests && !hasChromium()) missing.push({ apt: 'chromium', brew: 'chromium' });
  // Geocrate does without, in somewhat more memory: it alone is not worth a start that waits for the network.
  if ((forTests || missing.length > 0) && !hasJemalloc() && run('apt-get', ['--version']).ok) missing.push({ apt: 'libjemalloc2' });
  if (missing.length === 0) return;
  const command = installCommand(missing);
  if (!command.run) {
    const what = hasGdal() ? missing.map((one) => one.apt).join(', ') : 'GDAL 3.6 or newer';
    stop(`Missing, and not to be installed from here: ${what}. Run: ${command.advice}`);
  }
  say(`Installing ${missing.map((one) => one.apt).join(' and ')} (${command.advice}) …`);
  for (const [program, ...args] of command.run) {
    const result = run(program, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    if (!result.ok) stop(`${result.output}\nThat did not work. Install it yourself: ${command.advice}`);
  }
  if (!hasGdal()) stop(`The system's GDAL is older than 3.6, which Geocrate needs. Install a newer one.`);
}

/** Where test/web/browser.ts looks for it. */
function hasChromium() {
  return [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ].some(existsSync);
}

/** Where test/fixtures/systempostgres.ts looks for it. */
function hasPostgres() {
  const debians = '/usr/lib/postgresql';
  if (existsSync(debians) && readdirSync(debians).some((version) => existsSync(join(debians, version, 'bin', 'initdb')))) return true;
  return run('initdb', ['--version']).ok;
}

function hasGdal() {
  const [, major, minor] = /GDAL (\d+)\.(\d+)/.exec(run('ogr2ogr', ['--version']).output) ?? [];
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 6);
}

/** Where bin/geocrate looks for it. */
function hasJemalloc() {
  const { output } = run('uname', ['-m']);
  return [`/usr/lib/${output.trim()}-linux-gnu`, '/usr/lib64', '/usr/lib'].some((folder) => existsSync(join(folder, 'libjemalloc.so.2')));
}

/** How to install packages here: `run` the commands where we may, else `advice` for whoever may. */
function installCommand(missing) {
  const apt = missing.map((one) => one.apt);
  const brew = missing.map((one) => one.brew);
  if (process.platform === 'darwin') {
    const advice = `brew install ${brew.join(' ')}`;
    return { advice, run: run('brew', ['--version']).ok ? [['brew', 'install', '--quiet', ...brew]] : null };
  }
  if (!run('apt-get', ['--version']).ok) {
    const managers = { dnf: 'dnf install', zypper: 'zypper install', pacman: 'pacman -S', apk: 'apk add' };
    const found = Object.keys(managers).find((name) => run(name, ['--version']).ok);
    const names = apt.map((name) => (name !== 'gdal-bin' ? name : found === 'apk' ? 'gdal-tools' : 'gdal')).join(' ');
    return { advice: `sudo ${found ? managers[found] : '<your package manager>'} ${names}`, run: null };
  }
  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? [] : ['sudo', '-n'];
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  const advice = `${isRoot ? '' : 'sudo '}apt-get install -y ${apt.join(' ')}`;
  if (!isRoot && !run('sudo', ['-n', 'true']).ok) return { advice, run: null };
  // Debian's package of PostgreSQL would make a database and start a server that nobody asked for.
  const config = '/etc/postgresql-common/createcluster.conf';
  const idle = `[ -e ${config} ] || { mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > ${config}; }`;
  return {
    advice,
    run: [
      ...(apt.includes('postgresql') ? [[...prefix, 'sh', '-c', idle]] : []),
      [...prefix, 'apt-get', ...wait, 'update', '-qq'],
      [...prefix, 'apt-get', ...wait, 'install', '-y', '-qq', '--no-install-recommends', ...apt],
    ],
  };
}
