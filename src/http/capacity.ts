import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.ts';

/** How long a connection beyond the limit may be silent. */
const SILENT_MS = 5000;

/** Counts what lasts, such as downloads, and refuses what would be too many. */
export class Places {
  readonly #most: number;
  readonly #what: string;
  #taken = 0;

  /** @param what is counted, for the sentence. */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  /**
   * Takes a place until the function that is given back is called.
   * @throws {HttpError} 503 where there is none.
   */
  take(): () => void {
    if (this.#taken >= this.#most) throw tooMany(this.#what);
    this.#taken++;
    return () => {
      this.#taken--;
    };
  }
}

/** Answers requests on connections beyond so many 503, and ends those connections; they come free as others end. */
export function limitConnections(app: FastifyInstance, most: number): void {
  let open = 0;
  const beyond = new WeakSet<Socket>();
  app.server.on('connection', (socket: Socket) => {
    open++;
    socket.once('close', () => open--);
    if (open <= most) return;
    beyond.add(socket);
    setTimeout(() => socket.destroy(), SILENT_MS).unref();
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!beyond.has(request.raw.socket)) return;
    reply.header('Connection', 'close');
    throw tooMany('connections');
  });
}

function tooMany(what: string): HttpError {
  return new HttpError(503, `This server has as many ${what} as it takes on. Try again in some seconds.`, { 'Retry-After': '10' });
}
