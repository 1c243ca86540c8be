import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../fixtures/random.ts';
import type { Journal } from './journal.ts';
import type { Asked } from './load.ts';

/** An export that a server has acknowledged, and what its user was told of it since. */
export interface Promised {
  id: number;
  user: number;
  key: string;
  asked: Asked;
  /** As it was sent. */
  body: object;
  /** Whether the user is to be told of its end. */
  isNotified: boolean;
  /** As the API last showed it. */
  shown: Shown;
  cancelled: boolean;
  discarded: boolean;
}

/** What matters here of an export as the API shows it. */
export interface Shown {
  id: number;
  name: string;
  state: 'processing' | 'complete' | 'error' | 'cancelled' | 'gone';
  progress: number | null;
  sha256: string | null;
  size_zipped: number | null;
  error: { code: string; message: string } | null;
}

const FINAL = ['complete', 'error', 'cancelled', 'gone'];
/** Who gets no answer asks again after so long. */
const AGAIN_MS = 300;
const PATIENCE_MS = 15_000;
const LOOK_MS = 700;

/** A user's program: asks as such do, again and again until it has an answer, at any of the servers. */
export class Client {
  readonly promised: Promised[] = [];
  readonly #user: number;
  readonly #token: string;
  readonly #servers: readonly string[];
  readonly #hook: string;
  readonly #random: Random;
  readonly #journal: Journal;
  #keys = 0;

  constructor(user: number, token: string, servers: readonly string[], hook: string, random: Random, journal: Journal) {
    this.#user = user;
    this.#token = token;
    this.#servers = servers;
    this.#hook = hook;
    this.#random = random;
    this.#journal = journal;
  }

  /** Asks for an export and waits for its end; now and then it changes its mind. */
  async export(asked: Asked): Promise<Promised> {
    const promised = await this.create(asked);
    const cancels = this.#random.chance(0.06);
    const discards = this.#random.chance(0.04);
    while (!FINAL.includes(promised.shown.state)) {
      await delay(LOOK_MS * this.#random.between(0.5, 1.5));
      if (cancels && this.#random.chance(0.5)) await this.#cancel(promised);
      await this.look(promised);
    }
    if (discards && promised.shown.state === 'complete') await this.#discard(promised);
    return promised;
  }

  async create(asked: Asked): Promise<Promised> {
    const key = `${this.#user}-${this.#keys++}`;
    const isNotified = this.#random.chance(0.3);
    const body = { ...asked.body('/services/api/v1'), ...(isNotified ? { notify: { url: this.#hook } } : {}) };
    const shown = await this.send(key, body);
    const promised = { id: shown.id, user: this.#user, key, asked, body, isNotified, shown, cancelled: false, discarded: false };
    this.promised.push(promised);
    return promised;
  }

  /** Sends a request until it is answered; one of the same key gives the same export. */
  async send(key: string, body: object): Promise<Shown> {
    const answer = await this.#ask('POST', '/exports/', body, { 'idempotency-key': key });
    if (answer.status !== 201)
      throw new Error(`POST of ${JSON.stringify(body)} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Asks how an export is, and compares that with what was said before. */
  async look(promised: Promised): Promise<void> {
    const { id, shown: before } = promised;
    const { status, body } = await this.#ask('GET', `/exports/${id}/`);
    if (status !== 200) return this.#journal.fail(`export ${id} was accepted, and then answered ${status}`);
    const now: Shown = body;
    promised.shown = now;
    if (FINAL.includes(before.state) && now.state !== before.state && now.state !== 'gone')
      this.#journal.fail(`export ${id} was ${before.state}, and then ${now.state}`);
    if (before.sha256 !== null && now.sha256 !== before.sha256) this.#journal.fail(`export ${id} has another archive than it had`);
    if (promised.cancelled && now.state !== 'cancelled') this.#journal.fail(`export ${id} was cancelled, and then ${now.state}`);
    if (now.progress !== null && before.progress !== null && now.progress < before.progress)
      this.#journal.fail(`the progress of export ${id} fell from ${before.progress} to ${now.progress}`);
  }

  /** The archive, as a user gets it. */
  async download({ id }: Promised): Promise<Buffer> {
    for (let tries = 1; ; tries++) {
      const { status, location } = await this.#ask('GET', `/exports/${id}/download/`);
      if (status !== 302 || !location) throw new Error(`the download of export ${id} was answered ${status}`);
      try {
        const answer = await fetch(location, { signal: AbortSignal.timeout(PATIENCE_MS) });
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (answer.ok) return bytes;
        throw new Error(`its archive was answered ${answer.status}: ${bytes.toString().slice(0, 300)}`);
      } catch (error) {
        if (tries === 3) throw error;
      }
    }
  }

  async #cancel(promised: Promised): Promise<void> {
    const { status } = await this.#ask('DELETE', `/exports/${promised.id}/`);
    if (status === 200) promised.cancelled = true;
    else if (status !== 409) this.#journal.fail(`a cancel of export ${promised.id} was answered ${status}`);
  }

  async #discard(promised: Promised): Promise<void> {
    const { status } = await this.#ask('POST', `/exports/${promised.id}/discard/`);
    // 409: an attempt whose answer was lost has done it.
    if (status === 200 || status === 409) promised.discarded = true;
    else this.#journal.fail(`a discard of export ${promised.id} was answered ${status}`);
  }

  /** One request, sent until a server answers it with something other than "later". */
  async #ask(method: string, path: string, sent?: object, headers: Record<string, string> = {}): Promise<Answer> {
    for (;;) {
      const api = `${this.#random.pick(this.#servers)}/services/api/v1`;
      const answer = await this.#try(`${api}${path}`, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: { authorization: `key ${this.#token}`, ...(sent ? { 'content-type': 'application/json' } : {}), ...headers },
        ...(sent ? { body: JSON.stringify(sent) } : {}),
      });
      if (answer) return answer;
      await delay(AGAIN_MS * this.#random.between(0.5, 2));
    }
  }

  async #try(url: string, request: RequestInit): Promise<Answer | null> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, request);
      text = await response.text();
    } catch {
      // Nobody is there, or it was cut off.
      return null;
    }
    const { status, headers } = response;
    if (status === 429 || status === 503) {
      if (!headers.has('retry-after')) this.#journal.fail(`${request.method} ${url} was answered ${status} without Retry-After`);
      return null;
    }
    if (status >= 500) {
      this.#journal.fail(`${request.method} ${url} was answered ${status}: ${text.slice(0, 300)}`);
      return null;
    }
    const isJson = headers.get('content-type')?.includes('json') === true && text !== '';
    return { status, location: headers.get('location'), body: isJson ? JSON.parse(text) : null };
  }
}

interface Answer {
  status: number;
  location: string | null;
  body: ReturnType<JSON['parse']>;
}
