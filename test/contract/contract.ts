import { describe } from 'node:test';
import { authentication } from './authentication.ts';
import { exports } from './exports.ts';
import { groundRules } from './ground-rules.ts';
import { idempotency } from './idempotency.ts';
import { lists } from './lists.ts';
import { type Contract, openContract } from './site.ts';

/** The sections of API.md, in its order. */
const SECTIONS: readonly [name: string, section: (contract: Contract) => void][] = [
  ['ground rules', groundRules],
  ['authentication', authentication],
  ['lists', lists],
  ['exports', exports],
  ['idempotency', idempotency],
];

/** Everything that API.md promises, on the embedded database or on a real PostgreSQL. */
export async function contract(kind: 'embedded' | 'postgres'): Promise<void> {
  const opened = await openContract(kind);
  for (const [name, section] of SECTIONS) describe(`${name} (${kind})`, () => section(opened));
}
