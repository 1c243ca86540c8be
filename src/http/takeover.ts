import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { cutStalled } from './slow.ts';

/** How many requests of a connection have come and are not answered yet. */
const unanswered = new WeakMap<Socket, number>();

/** Has `takeOver` know of requests that came on the same connection. */
export function countRequests(server: Server): void {
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const add = (by: number) => unanswered.set(socket, (unanswered.get(socket) ?? 0) + by);
    add(1);
    response.once('close', () => add(-1));
  });
}

/**
 * Sends an answer's head, and gives what is written to from then on: the connection itself, which ends with the answer (RFC 9112 section 6.3, rule 8). For
 * Node's server and the framework the answer has ended, so that they let go of what they keep of a request: some 15 KB, most of it the parser. For
 * answers that last long and are many. Where the connection cannot be had, the answer as it is: also where the client has sent further requests on it already, of
 * whose end nobody would be told.
 */
export function takeOver(raw: ServerResponse, headers: Record<string, string>): Writable {
  raw.removeHeader('Transfer-Encoding');
  raw.writeHead(200, { ...headers, connection: 'close' });
  raw.flushHeaders();
  const { socket } = raw;
  // Node's documentation does not tell of it; its own cluster hands connections on so.
  const handle: unknown = socket && Reflect.get(socket, '_handle');
  if (!socket || !handle || socket.writableLength > 0 || unanswered.get(socket) !== 1) {
    cutStalled(raw);
    return raw;
  }
  Reflect.set(socket, '_handle', null);
  raw.end();
  const options: object = { handle, readable: true, writable: true };
  const connection = new Socket(options);
  // That it was cut, its close tells.
  connection.on('error', () => {});
  cutStalled(connection);
  // What the client still sends is for nobody. And none that stays keeps the process from ending.
  return connection.resume().unref();
}
