import { describe } from 'node:test';
import { authentication } from './authentication.ts';
import { catalogue } from './catalogue.ts';
import { clients } from './clients.ts';
import { cropLayers } from './crop-layers.ts';
import { crs } from './crs.ts';
import { directLinks } from './direct-links.ts';
import { download } from './download.ts';
import { events } from './events.ts';
import { exports } from './exports.ts';
import { formats } from './formats.ts';
import { groundRules } from './ground-rules.ts';
import { idempotency } from './idempotency.ts';
import { limits } from './limits.ts';
import { lists } from './lists.ts';
import { options } from './options.ts';
import { rasters } from './rasters.ts';
import { requestSemantics } from './request-semantics.ts';
import { type Contract, openContract } from './site.ts';
import { tiles } from './tiles.ts';
import { unavailable } from './unavailable.ts';
import { validate } from './validate.ts';
import { webhooks } from './webhooks.ts';

/** The sections of API.md, in its order. */
const SECTIONS: readonly [name: string, section: (contract: Contract) => void][] = [
  ['ground rules', groundRules],
  ['authentication', authentication],
  ['lists', lists],
  ['exports', exports],
  ['idempotency', idempotency],
  ['validate', validate],
  ['download', download],
  ['events', events],
  ['webhooks', webhooks],
  ['options', options],
  ['request semantics', requestSemantics],
  ['coordinate systems', crs],
  ['formats', formats],
  ['catalogue', catalogue],
  ['crop layers', cropLayers],
  ['clients', clients],
  ['direct links', directLinks],
  ['tiles', tiles],
  ['rasters', rasters],
  ['limits', limits],
  ['unavailable', unavailable],
];

/** Everything that API.md promises, on the embedded database or on a real PostgreSQL. */
export async function contract(kind: 'embedded' | 'postgres'): Promise<void> {
  const opened = await openContract(kind);
  for (const [name, section] of SECTIONS) describe(`${name} (${kind})`, () => section(opened));
}
