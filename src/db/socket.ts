import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { replyTo, resultOf, type SqlReply, type SqlRequest, type SqlResult, type SqlSession, type SqlSource, sessionOver } from './sql.ts';

/**
 * The embedded database has one process. Others on the same data directory reach it by a Unix socket there that
 * only the owner can open. One connection is one session: it begins when the peer connects and ends when it leaves.
 * A frame is a 4-byte length and a structured clone, so that dates and bytes survive.
 */

/** The socket's path. The system allows about 100 bytes, so it has a short name. */
function socketPath(dataDir: string): string {
  return join(dataDir, 'db.sock');
}

/** Lends sessions of `source` to other processes. The caller holds the data directory's lock, so a socket found there is a leftover. */
export async function lendSessions(source: SqlSource, dataDir: string): Promise<Server> {
  const path = socketPath(dataDir);
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    serve(source, socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}

async function serve(source: SqlSource, socket: Socket): Promise<void> {
  let session: SqlSession | undefined;
  try {
    for await (const request of frames<SqlRequest | { copyTo: string }>(socket)) {
      if ('copyTo' in request) {
        socket.write(frame(await replyTo(copy(source, request.copyTo))));
        continue;
      }
      session ??= await source.acquire();
      const { text, values } = request;
      socket.write(frame(await replyTo(values ? session.query(text, values) : session.execute(text))));
    }
  } finally {
    await session?.release();
    socket.destroy();
  }
}

async function copy(source: SqlSource, folder: string): Promise<SqlResult> {
  await source.copyTo?.(folder);
  return { rows: [], affectedRows: 0 };
}

/** Sessions of the process that holds the lock. */
export function borrowSessions(dataDir: string): SqlSource {
  const connect = async () => {
    const socket = createConnection(socketPath(dataDir));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).once('connect', resolve);
    });
    const replies = frames<SqlReply>(socket);
    const ask = async (request: SqlRequest | { copyTo: string }): Promise<SqlResult> => {
      socket.write(frame(request));
      const { value: reply } = await replies.next();
      if (!reply) throw new Error('The process that holds the database has ended. Run the command again.');
      return resultOf(reply);
    };
    return { ask, end: () => void socket.end() };
  };
  return {
    async acquire() {
      const { ask, end } = await connect();
      return sessionOver(ask, async () => end());
    },
    async copyTo(folder) {
      const { ask, end } = await connect();
      await ask({ copyTo: folder }).finally(end);
    },
    async close() {},
  };
}

function frame(message: SqlRequest | { copyTo: string } | SqlReply): Buffer {
  const body = serialize(message);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

async function* frames<T>(socket: Socket): AsyncGenerator<T, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
      const end = 4 + rest.readUInt32LE(0);
      yield deserialize(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  }
}
