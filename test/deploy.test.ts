import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { sql } from 'kysely';
import { parse, parseAllDocuments } from 'yaml';
import { type Config, readConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/open.ts';
import { dataFolder } from './fixtures/site.ts';

// What deploy/ says must fit what the program is: nothing here runs a container, so nothing else would tell.
const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, 'deploy', file), 'utf8');
// Parsed YAML, of whatever form; what is not there fails the test that looks for it.
type Yaml = ReturnType<JSON['parse']>;

const PROBES = ['/healthz', '/readyz'];
const dockerfile = read('Dockerfile');
/** What the image sets: `ENV A=b \` and the lines that follow. */
const image = Object.fromEntries([...dockerfile.matchAll(/^(?:ENV| {3}) (\w+)=(\S+)/gm)].map(([, name = '', value = '']) => [name, value]));

suite('the image', () => {
  test('is made of files that are there, and of all that the command needs', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
    for (const name of copied) assert.ok(existsSync(join(root, name)), name);
    const [, own = ''] = dockerfile.split(/^FROM debian/m);
    for (const name of ['bin', 'src', 'package.json']) assert.match(own, new RegExp(`^COPY (?:.* )?${name}(?: .*)? \\S+$`, 'm'));
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    assert.deepEqual(
      copied.filter((name) => ignored.includes(name)),
      [],
    );
  });

  test('has a configuration that can be read, keeps what it writes in its volume, and listens where it says', () => {
    const config = readConfig(image);
    assert.equal(config.dataDir, /^VOLUME \["(.+)"\]$/m.exec(dockerfile)?.[1]);
    assert.equal(config.host, '0.0.0.0');
    assert.equal(String(config.port), /^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]);
    assert.match(dockerfile, /^USER [1-9]\d*:[1-9]\d*$/m);
  });
});

suite('the compose file', () => {
  const compose: Yaml = parse(read('compose.yaml'), { merge: true });
  /** Values as compose puts them in (its specification, "Interpolation"), where nothing is set but what has to be. */
  const filledIn = (environment: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replace(/\$\{\w+(?::-([^}]*)|:\?[^}]*)\}/g, (_, otherwise: string | undefined) => otherwise ?? 'secret'),
      ]),
    );

  for (const name of ['server', 'worker']) {
    test(`has a ${name} whose configuration can be read, that is asked for its health where it answers, and that has time to stop`, () => {
      const service = compose.services[name];
      const config = readConfig({ ...image, ...filledIn(service.environment) });
      assert.deepEqual(service.command, [name === 'server' ? 'serve' : 'worker']);
      const [, port, path = ''] = /127\.0\.0\.1:(\d+)(\/\w+)/.exec(service.healthcheck.test.at(-1)) ?? [];
      assert.equal(Number(port), name === 'server' ? config.port : config.monitor?.port);
      assert.ok(PROBES.includes(path));
      assert.ok(secondsOf(service.stop_grace_period) * 1000 > config.stopTimeout);
      assert.equal(config.workers === 0, name === 'server');
      for (const volume of service.volumes) assert.ok(volume.split(':')[0] in compose.volumes);
      assert.ok(service.volumes.some((volume: string) => volume.endsWith(`:${config.dataDir}`)));
      assert.ok(service.read_only && service.tmpfs.includes('/tmp'));
      for (const needed of Object.keys(service.depends_on)) assert.ok(compose.services[needed].healthcheck);
    });
  }
});

test('what the compose file opens is open to this machine alone', () => {
  const services: Record<string, { ports?: string[] }> = parse(read('compose.yaml'), { merge: true }).services;
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  assert.ok(ports.length > 0 && ports.every((port) => /^\$\{\w+:-127\.0\.0\.1:\d+\}:\d+$/.test(port)), ports.join());
});

suite('the manifests for Kubernetes', async () => {
  const documents: Yaml[] = ['geocrate.yaml', 'autoscaling.yaml'].flatMap((file) =>
    parseAllDocuments(read(`kubernetes/${file}`)).map((document) => {
      assert.deepEqual([document.errors, document.warnings], [[], []], file);
      return document.toJS();
    }),
  );
  const named = (kind: string, name: string): Yaml => documents.find((one) => one.kind === kind && one.metadata.name === name);
  const settings: Record<string, string> = named('ConfigMap', 'geocrate').data;
  // The secret is made by the command at the top of the file.
  const secret = { DATABASE_URL: 'postgresql://geocrate@database/geocrate', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

  for (const part of ['server', 'worker']) {
    const { spec } = named('Deployment', `geocrate-${part}`);
    const pod = spec.template.spec;
    const [container] = pod.containers;
    const ports = new Map<string, number>(container.ports.map((port: Yaml) => [port.name, port.containerPort]));
    const config: Config = readConfig({
      ...image,
      ...settings,
      ...secret,
      ...Object.fromEntries(container.env.map((one: Yaml) => [one.name, one.value])),
    });

    test(`have a ${part} whose configuration is in them and in their secret, and can be read`, () => {
      assert.deepEqual(container.args, [part === 'server' ? 'serve' : 'worker']);
      assert.deepEqual(container.envFrom, [{ configMapRef: { name: 'geocrate' } }, { secretRef: { name: 'geocrate' } }]);
      for (const value of Object.values(settings)) assert.equal(typeof value, 'string');
      assert.equal(config.workers === 0, part === 'server');
      assert.equal(config.storage.kind, 's3');
    });

    test(`ask the ${part} for its health on ports where it answers`, () => {
      if (part === 'server') assert.equal(ports.get('http'), config.port);
      assert.equal(ports.get('monitor'), config.monitor?.port);
      assert.equal(config.monitor?.host, '0.0.0.0');
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const { path, port } = container[probe].httpGet;
        assert.ok(ports.has(port), probe);
        assert.ok(PROBES.includes(path));
      }
      // Who only waits for the database, or takes no more connections, is not to be started anew.
      assert.deepEqual(container.livenessProbe.httpGet, { path: '/healthz', port: 'monitor' });
      const scraped = spec.template.metadata.annotations['prometheus.io/port'];
      assert.equal(Number(scraped), config.monitor?.port);
    });

    test(`let the ${part} write where it has to, and nowhere else, and give it time to stop`, () => {
      assert.ok(container.securityContext.readOnlyRootFilesystem && pod.securityContext.runAsNonRoot);
      assert.deepEqual(container.volumeMounts.map((mount: Yaml) => mount.mountPath).sort(), [config.dataDir, '/tmp']);
      for (const { name } of container.volumeMounts) assert.ok(pod.volumes.some((volume: Yaml) => volume.name === name));
      const grace = pod.terminationGracePeriodSeconds ?? 30;
      assert.ok(grace * 1000 > (container.lifecycle?.preStop.sleep.seconds ?? 0) * 1000 + config.stopTimeout);
      const room = Number(/^(\d+)Gi$/.exec(container.resources.requests['ephemeral-storage'])?.[1]);
      assert.ok(room * 2 ** 30 > (config.storeCacheBytes ?? 0));
    });

    test(`find the ${part}’s pods by the labels that they have`, () => {
      const { labels } = spec.template.metadata;
      assert.deepEqual(spec.selector.matchLabels, labels);
      if (part !== 'server') return;
      const service = named('Service', 'geocrate').spec;
      assert.deepEqual(service.selector, labels);
      for (const { targetPort } of service.ports) assert.ok(ports.has(targetPort));
      assert.deepEqual(named('PodDisruptionBudget', 'geocrate-server').spec.selector.matchLabels, labels);
    });
  }

  const { db, close } = await openDatabase({ databaseUrl: null, dataDir: await dataFolder() });
  after(close);
  test('scale the workers by a question that the database answers', async () => {
    const { spec } = named('ScaledObject', 'geocrate-worker');
    assert.ok(named('Deployment', spec.scaleTargetRef.name));
    const [{ metadata, authenticationRef }] = spec.triggers;
    const { rows } = await sql.raw<{ count: string }>(metadata.query).execute(db);
    assert.deepEqual(
      rows.map(({ count }) => Number(count)),
      [0],
    );
    const { secretTargetRef } = named('TriggerAuthentication', authenticationRef.name).spec;
    for (const { name, key } of secretTargetRef) assert.ok(name === 'geocrate' && key in secret);
  });
});

/** `30s`, as compose writes it. */
function secondsOf(text: string): number {
  return Number(/^(\d+)s$/.exec(text)?.[1]);
}
