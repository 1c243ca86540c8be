import type { ServerResponse } from 'node:http';

/**
 * Sends what comes piece by piece, each once the client has taken the one before, so that a slow client keeps no more than that in memory. Ends early
 * where the client goes; the connection is cut where the pieces fail, since what was sent cannot be taken back.
 * @param onSent told of the bytes of each piece that has gone to the system.
 */
export async function sendPieces(raw: ServerResponse, pieces: AsyncIterable<Uint8Array>, onSent: (bytes: number) => void): Promise<void> {
  // A connection that was cut may never tell of a write that it was cut in.
  let goOn = () => {};
  raw.once('close', () => goOn());
  try {
    for await (const piece of pieces) {
      if (raw.destroyed) return;
      const { promise: taken, resolve } = Promise.withResolvers<void>();
      goOn = resolve;
      raw.write(piece, () => resolve());
      if (!raw.destroyed) await taken;
      if (raw.destroyed) return;
      onSent(piece.length);
    }
    raw.end();
  } catch (error) {
    raw.destroy();
    throw error;
  }
}
