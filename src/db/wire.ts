import { Duplex } from 'node:stream';
import type { PGlite } from '@electric-sql/pglite';

/** The last message of an answer is ReadyForQuery: `Z`, a length of 5, and the status (PostgreSQL 17, section 53.7). */
const READY_BYTES = 6;
const READY = 'Z'.charCodeAt(0);
const IDLE = 'I'.charCodeAt(0);
/** A startup message has no type: it begins with its length, of less than 2^24. */
const STARTUP = 0;

/** What pg's client takes for a socket: PostgreSQL's own protocol, spoken with a PGlite in this thread. From then on PGlite's own methods run no statement. */
export class Wire extends Duplex {
  readonly #postgres: PGlite;
  /** Whether a transaction is open, as the last answer says. */
  inTransaction = false;

  constructor(postgres: PGlite) {
    super();
    this.#postgres = postgres;
  }

  connect(): void {
    queueMicrotask(() => this.emit('connect'));
  }

  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}

  override _read(): void {}

  override _write(message: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#talk(message).then(() => done(), done);
  }

  /** The messages of one query come together, and so go through PostgreSQL at once. */
  override _writev(messages: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#talk(Buffer.concat(messages.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  async #talk(messages: Buffer): Promise<void> {
    const answer = await this.#answerTo(messages);
    if (answer.length >= READY_BYTES && answer[answer.length - READY_BYTES] === READY) this.inTransaction = answer.at(-1) !== IDLE;
    if (answer.length > 0) this.push(answer);
  }

  async #answerTo(messages: Buffer): Promise<Buffer> {
    // The answer to what a session starts with is not streamed.
    if (messages[0] === STARTUP) return Buffer.from(await this.#postgres.execProtocolRaw(messages));
    const parts: Buffer[] = [];
    // `execProtocolRaw` would read the answer too, and keep what it has read for ever (electric-sql/pglite#1025).
    await this.#postgres.execProtocolRawStream(messages, {
      // They lie in memory that is used again.
      onRawData: (bytes) => void parts.push(Buffer.from(bytes)),
    });
    return Buffer.concat(parts);
  }
}
