import { createHmac } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Schema } from '../db/schema.ts';
import type { SiteAddress } from './addresses.ts';
import { post } from './outbound.ts';
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
/** Seconds until the next attempt: 10, 40, 160, … and after so many none. */
const FIRST_WAIT_S = 10;
const ATTEMPTS = 8;
/** One that answers slowly keeps a place until it is given up, and nobody else waiting while there are others. */
const AT_ONCE = 50;

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
  #looking: Promise<void> | undefined;
  readonly #sending = new Set<Promise<void>>();
  #closed = false;

  /** @param toPrivate whether addresses of this machine and of private networks are allowed. */
  constructor(db: Kysely<Schema>, log: Logger, toPrivate: boolean) {
    this.#db = db;
    this.#log = log;
    this.#toPrivate = toPrivate;
    this.#timer = setInterval(() => this.wake(), INTERVAL_MS).unref();
  }

  /** Looks for what is due now. */
  wake(): void {
    if (this.#closed || this.#sending.size >= AT_ONCE) return;
    this.#looking ??= this.#sendDue()
      .catch((error) => this.#log.error({ err: error }, 'webhooks'))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.#sending);
  }

  /** Begins to send all that is due, and does not wait for the answers. */
  async #sendDue(): Promise<void> {
    for (const row of await claimDue(this.#db, AT_ONCE - this.#sending.size)) {
      const sending = this.#deliver(row)
        .catch((error) => this.#log.error({ err: error, export_id: row.id }, 'webhooks'))
        .finally(() => this.#sending.delete(sending));
      this.#sending.add(sending);
    }
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
        { export_id: row.id, attempt: row.notify_attempts, reason: error instanceof Error ? error.message : error },
        'webhook failed',
      );
      if (row.notify_attempts >= ATTEMPTS) await settle(this.#db, row.id);
    }
  }
}

/** Takes what is due, and puts the next attempt off, so that no other process tells the same meanwhile. */
function claimDue(db: Kysely<Schema>, most: number): Promise<ExportRow[]> {
  const due = db
    .selectFrom('exports')
    .select('id')
    .where(sql<boolean>`notify_at <= now()`)
    .orderBy('notify_at')
    .limit(most)
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
