import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import spdx from 'spdx-license-list';

/** The terms that a dataset is published under. */
export interface NewLicense {
  spdx_id: string | null;
  /** The family, in lower case: `cc-by`, `odbl`, `mit`. */
  type: string;
  /** Such as `4.0`; empty where the family has none. */
  version: string;
  title: string;
  /** The page that explains it. */
  url: string | null;
  text: string;
}

const PUBLIC_DOMAIN: NewLicense = {
  spdx_id: null,
  type: 'public-domain',
  version: '',
  title: 'Public domain',
  url: null,
  text: `Public domain

Whoever published this data states that no copyright or database right is known to
restrict it: the rights have expired, were given up, or never existed, as with the
works of some governments. You may copy, change and pass it on, for any purpose,
without asking.

This is a statement, not a licence and not a warranty. Rights differ between
countries, and the data comes as it is, without a promise that it is right or fit
for a purpose. Nobody has to be named, but saying where the data comes from helps
those who use your work.
`,
};

/** What people call a family, and its name in the SPDX list. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['ogl', 'ogl-uk'],
  ['open-government-licence', 'ogl-uk'],
  ['cc-zero', 'cc0'],
  ['cczero', 'cc0'],
  ['odc-odbl', 'odbl'],
  ['odc-pddl', 'pddl'],
]);
const PUBLIC_DOMAIN_NAMES = new Set(['public-domain', 'publicdomain', 'pd']);

/** An SPDX id in its parts: `CC-BY-SA-3.0-DE` is family `cc-by-sa`, version `3.0`, variant `de`. */
interface Known {
  id: string;
  family: string;
  version: string;
  variant: string;
}

const KNOWN: readonly Known[] = Object.keys(spdx).map(parts);
const BY_NAME: ReadonlyMap<string, Known> = new Map(
  // Ids last: they win over another licence's full name.
  [
    ...KNOWN.map((known) => [normal(spdx[known.id]?.name ?? ''), known] as const),
    ...KNOWN.map((known) => [normal(known.id), known] as const),
  ],
);

/**
 * The licence that a text names: an SPDX id (spdx.org/licenses) or a full name in any case, a short name such as `cc-by` or `cc-by-4`
 * (the newest that fits), or `public-domain`.
 * @returns its terms with their full text; or one sentence on what was perhaps meant.
 */
export function findLicense(text: string): NewLicense | { message: string } {
  const name = normal(text);
  if (PUBLIC_DOMAIN_NAMES.has(name)) return PUBLIC_DOMAIN;
  const known = BY_NAME.get(name) ?? byFamily(name);
  return known ? terms(known) : { message: unknownLicense(text, name) };
}

/** Lower case, one `-` between words, no `v` before a version. */
function normal(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '-')
    .replace(/-v(?=\d)/g, '-');
}

function parts(id: string): Known {
  const [, family = id, version = '', variant = ''] = /^(.+?)-(\d+(?:\.\d+)+)(?:-(.+))?$/.exec(id) ?? [];
  return { id, family: family.toLowerCase(), version, variant: variant.toLowerCase() };
}

/** The newest of a family, or of a family's version (`cc-by-4`, `ogl-3.0`); never one for a single country. */
function byFamily(name: string): Known | undefined {
  const [, asked = name, version = ''] = /^(.+?)-(\d+(?:\.\d+)*)$/.exec(name) ?? [];
  const family = OTHER_NAMES.get(asked) ?? asked;
  const fitting = KNOWN.filter(
    (known) =>
      known.family === family &&
      known.variant === '' &&
      (version === '' || known.version === version || known.version.startsWith(`${version}.`)),
  );
  return fitting.sort(newestFirst)[0];
}

function newestFirst(a: Known, b: Known): number {
  return b.version.localeCompare(a.version, 'en', { numeric: true });
}

function terms(known: Known): NewLicense {
  const { name = known.id, url } = spdx[known.id] ?? {};
  return {
    spdx_id: known.id,
    type: known.family,
    version: known.version,
    title: name.replace(/\s+/g, ' '),
    // Creative Commons: the page for people, which links to the legal code.
    url: url?.replace(/^(https:\/\/creativecommons\.org\/.*\/)legalcode(?:\.\w+)?$/, '$1') || null,
    text: fullText(known.id),
  };
}

/** One file a licence: all of them together are 5 MB. */
function fullText(id: string): string {
  const path = createRequire(import.meta.url).resolve(`spdx-license-list/licenses/${id}.json`);
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof content !== 'object' || content === null || !('licenseText' in content) || typeof content.licenseText !== 'string')
    throw new Error(`The text of the licence ${id} is not where spdx-license-list has it.`);
  return content.licenseText;
}

function unknownLicense(text: string, name: string): string {
  const shown = text.trim().slice(0, 60);
  const unknown = shown === '' ? 'The licence is empty.' : `There is no licence "${shown}".`;
  const near = nearest(name);
  if (near.length === 0) return `${unknown} Give an SPDX id such as CC-BY-4.0 (all are on spdx.org/licenses), or public-domain.`;
  const last = near.pop();
  return `${unknown} Did you mean ${near.length > 0 ? `${near.join(', ')} or ${last}` : last}?`;
}

/** Up to three ids that are spelt almost so. */
function nearest(name: string): string[] {
  if (name === '' || name.length > 60) return [];
  const allowed = Math.max(1, Math.floor(name.length / 3));
  const names = [
    ...KNOWN.map((known) => ({ ...known, spelt: [normal(known.id), known.family] })),
    { id: 'public-domain', family: 'public-domain', version: '', variant: '', spelt: ['public-domain'] },
  ];
  return names
    .map((known) => ({ ...known, distance: Math.min(...known.spelt.map((spelt) => editDistance(name, spelt))) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || a.variant.length - b.variant.length || newestFirst(a, b) || a.id.localeCompare(b.id, 'en'))
    .slice(0, 3)
    .map(({ id }) => id);
}

/** Letters to insert, remove, replace or swap with their neighbour to make one of the other (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
