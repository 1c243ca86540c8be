import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../db/schema.ts';
import type { SiteAddress } from './addresses.ts';
import { exportResource } from './resource.ts';
import type { ExportRow } from './states.ts';

/** Who is told of an export's end, kept with the export. */
export interface Notify {
  url: string;
  /** SHA-256 of the token that created the export, hex. */
  key: string;
  /** Where the request reached the site: the message's URLs begin so. */
  address: SiteAddress;
}

/** Between two looks for what is due. */
const INTERVAL_MS = 2000;
/** Until an address that does not answer in time is given up, this once. */
const TIMEOUT_MS = 10_000;
/** Seconds until the next attempt: 10, 40, 160, … and after so many none. */
const FIRST_WAIT_S = 10;
const ATTEMPTS = 8;
const AT_ONCE = 20;

/**
 * Tells whoever asked for it that an export has ended: one POST of the export as the API shows it, with
 * `X-Geocrate-Signature: sha256=<HMAC-SHA256 of the body, keyed with the SHA-256 of the token in hex>`. What is due stands in the database,
 * so a crash forgets nothing, and any process may do it.
 */
export class Notifier {
  readonly #db: Kysely<Schema>;
  readonly #log: Logger;
  readonly #toPrivate: boolean;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;

  /** @param toPrivate whether addresses of this machine and of private networks are allowed. */
  constructor(db: Kysely<Schema>, log: Logger, toPrivate: boolean) {
    this.#db = db;
    this.#log = log;
    this.#toPrivate = toPrivate;
    this.#timer = setInterval(() => this.wake(), INTERVAL_MS).unref();
  }

  /** Looks for what is due now. */
  wake(): void {
    this.#running ??= this.#deliverDue()
      .catch((error) => this.#log.error({ err: error }, 'webhooks'))
      .finally(() => {
        this.#running = undefined;
      });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #deliverDue(): Promise<void> {
    const due = await claimDue(this.#db);
    await Promise.all(due.map((row) => this.#deliver(row)));
  }

  async #deliver(row: ExportRow): Promise<void> {
    const { url, key, address } = row.notify as Notify;
    const body = JSON.stringify(exportResource(address, row));
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      'User-Agent': 'Geocrate',
      'X-Geocrate-Delivery': `${row.id}-${row.state}`,
      'X-Geocrate-Signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    };
    try {
      const status = await post(url, headers, body, this.#toPrivate);
      if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
      await settle(this.#db, row.id);
    } catch (error) {
      this.#log.warn(
        { export: row.id, attempt: row.notify_attempts, reason: error instanceof Error ? error.message : error },
        'webhook failed',
      );
      if (row.notify_attempts >= ATTEMPTS) await settle(this.#db, row.id);
    }
  }
}

/** Takes what is due, and puts the next attempt off, so that no other process tells the same meanwhile. */
function claimDue(db: Kysely<Schema>): Promise<ExportRow[]> {
  const due = db
    .selectFrom('exports')
    .select('id')
    .where('notify_at', '<=', new Date())
    .orderBy('notify_at')
    .limit(AT_ONCE)
    .forUpdate()
    .skipLocked();
  const wait = sql<Date>`now() + make_interval(secs => ${FIRST_WAIT_S} * power(4, notify_attempts))`;
  return db
    .updateTable('exports')
    .set((set) => ({ notify_attempts: set('notify_attempts', '+', 1), notify_at: wait }))
    .where('id', 'in', due)
    .returningAll()
    .execute();
}

async function settle(db: Kysely<Schema>, id: number): Promise<void> {
  await db.updateTable('exports').set({ notify_at: null }).where('id', '=', id).execute();
}

/** Sends a body and gives the status; redirects are not followed. */
function post(url: string, headers: Record<string, string>, body: string, toPrivate: boolean): Promise<number> {
  const { protocol, hostname } = new URL(url);
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (!toPrivate && isIP(literal) && isPrivate(literal)) return Promise.reject(new PrivateAddress());
  const request = protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(toPrivate ? {} : { lookup: publicOnly }) };
    const sent = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end(body);
  });
}

/** A webhook of a stranger must not reach what only this machine can. */
class PrivateAddress extends Error {
  constructor() {
    super('the address is private');
  }
}

/** Looks a name up and refuses it when any of its addresses is private; what is connected to is what was looked at. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    if (addresses.some(({ address }) => isPrivate(address))) return callback(new PrivateAddress(), []);
    const [first] = addresses;
    if (options.all || !first) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

/** This machine, private networks and what else is not the open internet (RFC 6890). */
const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv6');

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
