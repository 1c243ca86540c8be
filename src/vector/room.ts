import { release } from '../archive/deflated.ts';
import type { EncodedBatch } from './hand.ts';

/** In front of a room: 1 while a batch is in it, else 0. */
const HEAD_BYTES = 4;
/** Batches differ in size; a room is a little larger than the batch that it was made for. */
const STEP = 1 << 19;

/**
 * Memory that two threads see. Batches go through it from the thread that makes them to the one that gathers them: V8 would collect garbage again
 * and again for buffers that come and go, and the system would clear each of them.
 */
export class Rooms {
  #rooms: SharedArrayBuffer[] = [];

  /** Copies a batch to a free room. */
  move(batch: EncodedBatch): EncodedBatch {
    const size = batch.streams.reduce((sum, { content, deflated }) => sum + content.length + deflated.length, 0);
    const room = this.#take(HEAD_BYTES + size);
    let at = HEAD_BYTES;
    const move = (bytes: Uint8Array) => {
      const moved = new Uint8Array(room, at, bytes.length);
      moved.set(bytes);
      at += bytes.length;
      return moved;
    };
    const streams = batch.streams.map(({ content, deflated }) => ({ content: move(content), deflated: move(deflated) }));
    leave(batch);
    return { ...batch, streams };
  }

  #take(bytes: number): SharedArrayBuffer {
    const index = this.#rooms.findIndex((room) => Atomics.load(headOf(room), 0) === 0);
    const free = this.#rooms[index];
    const room = free && free.byteLength >= bytes ? free : new SharedArrayBuffer(Math.ceil(bytes / STEP + 1) * STEP);
    if (free) this.#rooms[index] = room;
    else this.#rooms.push(room);
    Atomics.store(headOf(room), 0, 1);
    return room;
  }

  /** Nobody looks at what was moved any more. */
  clear(): void {
    for (const room of this.#rooms) Atomics.store(headOf(room), 0, 0);
  }
}

/** Gives back what a batch is in; to be called by whoever is done with it. */
export function leave({ streams, isTaken }: EncodedBatch): void {
  for (const { content, deflated } of streams) {
    if (content.buffer instanceof SharedArrayBuffer) Atomics.store(headOf(content.buffer), 0, 0);
    else {
      if (isTaken) release(content);
      if (content !== deflated) release(deflated);
    }
  }
}

function headOf(room: SharedArrayBuffer): Int32Array {
  return new Int32Array(room, 0, 1);
}
