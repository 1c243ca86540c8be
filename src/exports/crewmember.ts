import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { findEncoded } from '../formats/encoded.ts';
import { collectGarbage } from '../heap.ts';
import { threadGivesWay } from '../priority.ts';
import type { FromHand, ToHand } from '../vector/crew.ts';
import { failed } from '../vector/failure.ts';
import { Hand } from '../vector/hand.ts';
import { Rooms } from '../vector/room.ts';

// A thread of vector/crew.ts: makes parts of one output after the other.
const port = parentPort;
if (!port) throw new Error('This is the entry of a worker thread.');
threadGivesWay();
let hand: Promise<Hand> | undefined;
const rooms = new Rooms();
/** Bytes of V8's heap from which much of it is garbage: what is in use is some 10 MB. Large buffers lie beside it, and are given back by themselves. */
const MUCH = 18 << 20;
/** The last of its kind that was asked for, as an example of its shape; see where garbage is collected. */
const last: { measure?: ToHand; encode?: ToHand } = {};
/** What was said is done in its order. */
let turn = Promise.resolve();

port.on('message', (message: ToHand) => {
  turn = turn.then(() => work(message)).catch((error: unknown) => say({ failed: failed(error) }, []));
});

async function work(message: ToHand): Promise<void> {
  if ('close' in message) {
    // While what the work was done with is still there: V8 forgets the code that it made for objects of a shape with the last of them.
    if (getHeapStatistics().used_heap_size > MUCH) collectGarbage();
    await close();
    return;
  }
  if ('open' in message) {
    await close();
    rooms.clear();
    const encoded = findEncoded(message.kind, message.mimetype);
    hand = encoded ? Hand.open(message.open, encoded) : Promise.reject(new Error('The format is not written by the engine.'));
    // Said when a batch asks for it.
    hand.catch(() => {});
    return;
  }
  const open = await hand;
  if (!open) throw new Error('A batch came before the work that it belongs to.');
  if ('measure' in message) {
    last.measure = message;
    const measured = await open.measure(message.measure);
    say({ number: message.number, measured }, [measured.figures, ...measured.lists]);
    return;
  }
  last.encode = message;
  const encoded = await open.encode(message.encode, message.start, message.levels);
  const taken = encoded.streams.flatMap(({ content, deflated }) => [content, deflated]);
  if (encoded.isTaken) say({ number: message.number, encoded }, taken);
  else say({ number: message.number, encoded: rooms.move(encoded) }, []);
}

async function close(): Promise<void> {
  const before = hand;
  hand = undefined;
  await before?.then((open) => open.close()).catch(() => {});
}

/** Hands large buffers over instead of copying them. */
function say(message: FromHand, arrays: readonly ArrayBufferView[]): void {
  // Smaller ones may share their memory with others.
  const buffers = new Set(
    arrays.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize ? buffer : [])),
  );
  port?.postMessage(message, [...buffers]);
}
