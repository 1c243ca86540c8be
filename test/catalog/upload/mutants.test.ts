import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SCOPES } from '../../../src/catalog/users.ts';
import { openDatabase } from '../../../src/db/open.ts';
import { temporaryFolder } from '../../fixtures/folder.ts';
import { Random } from '../../fixtures/random.ts';
import { raster } from '../../fixtures/rasters.ts';
import { finished, startSite } from '../../fixtures/site.ts';
import { type Forbidden, type Mutant, mutant } from './mutants.ts';
import { originals } from './originals.ts';

// Uploads that are spoilt at random. `npm run fuzz -- --files` tries many, and others; a run's number repeats it. MUTANT_KEEP is a folder for those that fail.
const RUNS = Number(process.env.MUTANT_RUNS ?? 4);
const SEED = Number(process.env.MUTANT_SEED ?? 20261126);
const FIRST = Number(process.env.MUTANT_FIRST ?? 1);
const UNTIL = Date.now() + Number(process.env.MUTANT_MINUTES ?? 60) * 60_000;

/** No file of some kilobytes may keep a publisher for longer, on a machine that does much else. */
const LONGEST_MS = 120_000;
/** What stands in no file but those that no upload may show. */
const CANARY = 'f6c1e9secret';
const PIXEL = 23_456;

const folder = temporaryFolder();
const whole = originals(folder);
const site = await startSite({
  user: 'publisher',
  scopes: SCOPES,
  env: { GEOCRATE_WORKERS: '1', GEOCRATE_MAX_UPLOAD_BYTES: String(16 << 20) },
});
const { dataDir, token } = site;
const asked: string[] = [];
const listener = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end();
});
listener.listen(0, '127.0.0.1');
await once(listener, 'listening');
after(() => listener.close());
const forbidden = forbiddenFiles();

function forbiddenFiles(): Forbidden {
  const dir = join(folder, 'elsewhere');
  mkdirSync(dir);
  const features = join(dir, 'secret.geojson');
  const feature = { type: 'Feature', properties: { name: CANARY }, geometry: { type: 'Point', coordinates: [170, -44] } };
  writeFileSync(features, JSON.stringify({ type: 'FeatureCollection', features: [feature] }), { mode: 0o644 });
  const address = listener.address();
  if (typeof address !== 'object' || !address) throw new Error('It listens on a port.');
  return { raster: raster(dir, 'secret.tif', { size: [40, 30], pixel: () => PIXEL }), features, url: `http://127.0.0.1:${address.port}` };
}

const page = (path: string) => `${site.url}/site${path}`;
const KINDS = {
  vector: 'application/geo+json',
  table: 'text/csv',
  raster: 'image/tiff;subtype=geotiff',
  grid: 'image/tiff;subtype=geotiff',
  rat: 'image/tiff;subtype=geotiff',
};

/** Uploads and publishes a mutant, and has an export made of what came of it; gives what must not be. */
async function problemsOf({ filename, content }: Mutant, random: Random): Promise<string[]> {
  const response = await fetch(page(`/uploads/?filename=${filename}`), {
    method: 'POST',
    headers: { authorization: `key ${token}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(content),
  });
  const uploaded = JSON.parse(await response.text());
  if (response.status !== 201) return [`The upload is answered ${response.status}: ${uploaded.detail}`];
  const options = {
    ...(random.chance(0.2) ? { kind: random.pick(['vector', 'table', 'raster', 'grid', 'rat']) } : {}),
    ...(random.chance(0.2) ? { crop_layer: true } : {}),
    ...(random.chance(0.1) ? { crs: 'EPSG:2193' } : {}),
  };
  const { body: started } = await site.request('POST', page('/publish/'), { upload: uploaded.id, ...options });
  const problems: string[] = [];
  const late = Date.now() + LONGEST_MS;
  let job = started;
  while (job.finished_at === null) {
    if (Date.now() > late) {
      problems.push(`It takes longer than ${LONGEST_MS / 1000} s: ${JSON.stringify(job)}`);
      await site.request('DELETE', job.url);
    }
    await delay(50);
    job = (await site.request('GET', job.url)).body;
  }
  const said = job.sentences.join(' ');
  if (job.state === 'error' && (said === '' || /Something went wrong here|took more than this machine/.test(said)))
    problems.push(`It ends with: ${said}`);
  if (said.includes(dataDir) || said.includes('.unpacked')) problems.push(`It tells a path: ${said}`);
  if (said.includes(CANARY)) problems.push(`It tells what another file holds: ${said}`);
  for (const { url, kind } of job.published.slice(0, 1)) problems.push(...(await problemsOfPublished(url, kind)));
  await site.request('DELETE', page(`/uploads/${uploaded.id}/`));
  return problems;
}

async function problemsOfPublished(url: string, kind: keyof typeof KINDS): Promise<string[]> {
  const detail = await site.request('GET', url);
  if (detail.status !== 200) return [`What was published is answered ${detail.status}.`];
  const created = await site.request('POST', '/exports/', {
    crs: 'EPSG:2193',
    formats: { [kind]: KINDS[kind] },
    items: [{ item: url }],
  });
  // What lies where the coordinate system does not reach is refused, as it should be.
  if (created.status !== 201)
    return created.status === 400 ? [] : [`An export of it is answered ${created.status}: ${JSON.stringify(created.body)}`];
  const { id } = created.body;
  const late = setTimeout(() => site.request('DELETE', `/exports/${id}/`), LONGEST_MS);
  const { state, error } = await finished(site, id);
  clearTimeout(late);
  if (state === 'complete') await site.request('POST', `/exports/${id}/discard/`);
  if (state === 'cancelled') return [`An export of it takes longer than ${LONGEST_MS / 1000} s.`];
  return state === 'error' && error.code === 'internal' ? [`An export of it ends with: ${error.message}`] : [];
}

/** What is left of a mutant where nothing should be. */
async function leftOver(before: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  const temporary = () =>
    ['publish', 'upload', 'export'].flatMap((name) => filesIn(join(dataDir, 'tmp', name)).map((file) => `tmp/${name}/${file}`));
  // What a process that ended had open is removed a moment later.
  for (let tries = 0; temporary().length > 0 && tries < 100; tries++) await delay(50);
  if (temporary().length > 0) problems.push(`It leaves ${temporary().join(', ')}.`);
  const { db, close } = await openDatabase({ databaseUrl: null, dataDir });
  const known = new Set((await db.selectFrom('versions').select('content').execute()).map(({ content }) => content));
  await close();
  for (const version of filesIn(join(dataDir, 'store'))) {
    if (!known.has(version)) problems.push(`It leaves store/${version}, which nothing refers to.`);
    if (!before.includes(version) && shows(join(dataDir, 'store', version)))
      problems.push(`store/${version} shows what another file holds.`);
  }
  const processes = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' });
  for (const line of processes.split('\n')) if (line.includes(join(dataDir, 'tmp'))) problems.push(`It leaves a process: ${line}`);
  const strange = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) => /evil/.test(name));
  if (strange.length > 0) problems.push(`It writes ${strange.join(', ')}.`);
  if (asked.length > 0) problems.push(`It asks for ${asked.splice(0).join(', ')}.`);
  if (site.process.exitCode !== null || site.process.signalCode !== null) problems.push('The server has ended.');
  return problems;
}

function filesIn(dir: string): string[] {
  return statSync(dir, { throwIfNoEntry: false }) ? readdirSync(dir) : [];
}

/** Whether a version's features hold the text, or its pixels the number, that lie elsewhere. */
function shows(dir: string): boolean {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).some((entry) => {
    if (!entry.isFile()) return false;
    const content = readFileSync(join(entry.parentPath, entry.name));
    return content.includes(CANARY) || (entry.name === 'profile.json' && content.includes(String(PIXEL)));
  });
}

test('uploads that are spoilt at random are published or refused with a sentence, show no other file, and leave nothing behind', async () => {
  const failures: string[] = [];
  for (let run = FIRST; run < FIRST + RUNS && Date.now() < UNTIL; run++) {
    const random = new Random(SEED + run * 7919);
    const one = mutant(random.pick(whole), forbidden, folder, random);
    const before = filesIn(join(dataDir, 'store'));
    const problems = await problemsOf(one, random);
    problems.push(...(await leftOver(before)));
    if (problems.length === 0) continue;
    failures.push(`run ${run} of seed ${SEED}, ${one.about}:\n${problems.join('\n')}`);
    console.log(failures.at(-1));
    if (process.env.MUTANT_KEEP) writeFileSync(join(process.env.MUTANT_KEEP, `${run}-${one.filename}`), one.content);
  }
  assert.deepEqual(failures, []);
});
