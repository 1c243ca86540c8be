import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../fixtures/random.ts';

/** What can be wrong with an object store. */
export const TROUBLES = ['refuses', 'forgets to answer', 'cuts', 'truncates', 'spoils answers', 'spoils requests', 'is slow'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** Stands before an object store and makes it misbehave. */
export class BadStore {
  readonly #target: URL;
  readonly #random: Random;
  readonly #server: Server;
  /** What is wrong now, and with which share of the requests. */
  trouble: { what: Trouble; share: number } | null = null;

  private constructor(target: URL, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#server = createServer((asked, answer) => {
      this.#pass(asked, answer).catch(() => answer.destroy());
    });
  }

  static async before(target: URL, random: Random): Promise<BadStore> {
    const store = new BadStore(target, random);
    await new Promise<void>((resolve) => store.#server.listen(0, '127.0.0.1', resolve));
    return store;
  }

  get url(): URL {
    const address = this.#server.address();
    const url = new URL(this.#target);
    if (typeof address === 'object' && address) url.port = String(address.port);
    return url;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { trouble } = this;
    const what = trouble && this.#random.chance(trouble.share) ? trouble.what : null;
    const body = await whole(asked);
    if (what === 'refuses') return refuse(answer, 503, 'SlowDown');
    if (what === 'cuts') return void asked.socket.destroy();
    if (what === 'is slow') await delay(this.#random.between(200, 3000));
    if (what === 'spoils requests') this.#spoil(body);
    const [response, content] = await this.#ask(asked, body);
    if (what === 'forgets to answer') return refuse(answer, 500, 'InternalError');
    const { pathname, search } = new URL(asked.url ?? '/', this.#target);
    // Of answers that are XML a spoilt byte would make another answer; a store does not say those wrong.
    const isObject = asked.method === 'GET' && search.replace(/[?&]x-id=\w+/, '') === '' && pathname.split('/').length > 2;
    if (what === 'spoils answers' && isObject) this.#spoil(content);
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    if (what !== 'truncates' || content.length === 0) return void answer.end(content);
    answer.write(content.subarray(0, content.length >> 1), () => (answer.socket as Socket).destroy());
  }

  #ask({ method, url, rawHeaders }: IncomingMessage, body: Buffer): Promise<[IncomingMessage, Buffer]> {
    const { hostname, port } = this.#target;
    return new Promise((resolve, reject) => {
      const passed = request({ hostname, port, method, path: url, headers: rawHeaders, agent: false }, (response) => {
        whole(response).then((content) => resolve([response, content]), reject);
      });
      passed.on('error', reject).end(body);
    });
  }

  #spoil(bytes: Buffer): void {
    const at = Math.floor(this.#random.next() * bytes.length);
    if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ 1;
  }
}

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>The store is not well.</Message></Error>`);
}
