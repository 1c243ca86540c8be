import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  hasInstallScript?: boolean;
  dev?: boolean;
}

const root = new URL('../', import.meta.url);
const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'));
/** The project's own folders have no version that anybody could change. */
const packages = Object.entries(lock.packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);

test('every package that is installed is pinned to one content, and comes from the registry that npm is set to', () => {
  assert.ok(packages.length > 100);
  for (const [path, { version, integrity, resolved }] of packages) {
    assert.match(version ?? '', /^\d+\.\d+\.\d+/, path);
    assert.match(integrity ?? '', /^sha512-[\w+/]{86}==$/, path);
    assert.ok(resolved === undefined || !/^(?:git|http:|file:)/.test(resolved), path);
  }
});

test('no package that a site runs has a script that is run when it is installed', () => {
  const scripts = packages.filter(([, { hasInstallScript, dev }]) => hasInstallScript && !dev);
  // vite watches files on macOS with it: it is never run here.
  assert.deepEqual(
    scripts.map(([path]) => path).filter((path) => !path.endsWith('/fsevents')),
    [],
  );
});
