import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isSpoilt, refusedBy } from './refusal.ts';
import { type Following, StorageError } from './storage.ts';

/** Of a part: so many in memory at once, of so many bytes at least; a store takes at most 10,000 of one object. */
const PARTS_AT_ONCE = 4;
const PART_BYTES = 8 << 20;
const MOST_PARTS = 9000;
/** How often what was spoilt on its way is sent in all. */
const SENDINGS = 3;
/** How long an upload that is no longer wanted waits for the parts on their way, and then for the store to forget them: it may be one that does not answer. */
const TAKE_BACK_MS = 5000;

/** A file and where it goes to. */
export interface Sent {
  client: S3Client;
  at: { Bucket: string; Key: string };
  path: string;
  /** Its mimetype. */
  type: string;
  /** What is thrown in place of an error of the SDK. */
  refusal: (error: unknown) => unknown;
  /** Ends it; it is taken back by `finish` or `abort`. */
  signal?: AbortSignal | undefined;
}

/**
 * Sends a file to a bucket, also while it is written: in parts, each as soon as all of it is there, or where it is small as a whole.
 * The store checks each part by its MD5 (RFC 1864); what it then has is compared in size. While the file is written a store that fails keeps
 * nobody from writing: what it did not take is sent when the file is whole.
 */
export class Upload implements Following {
  readonly #sent: Sent;
  /** Ends the requests that are on their way. */
  readonly #cutting = new AbortController();
  #cut: NodeJS.Timeout | undefined;
  #isWanted = true;
  #file: Promise<FileHandle> | undefined;
  #partBytes = PART_BYTES;
  /** How many bytes there are of each part. */
  readonly #filled: number[] = [];
  /** Those parts, by their place, that may go. */
  #waiting: number[] = [];
  readonly #sending = new Set<Promise<void>>();
  /** What the store calls those that it has. */
  readonly #etags = new Map<number, string | undefined>();
  /** Of the upload, once a part has gone. */
  #id: Promise<string> | undefined;
  #failure: { error: unknown } | undefined;
  #ended = false;

  constructor(sent: Sent) {
    this.#sent = sent;
    if (sent.signal?.aborted) this.#isWanted = false;
    sent.signal?.addEventListener('abort', this.#stop);
  }

  written(position: number, bytes: number, most: number): void {
    if (this.#filled.length === 0) this.#partBytes = Math.max(PART_BYTES, Math.ceil(most / MOST_PARTS));
    const partBytes = this.#partBytes;
    for (let at = position; at < position + bytes; ) {
      const part = Math.floor(at / partBytes);
      const end = Math.min(position + bytes, (part + 1) * partBytes);
      const filled = (this.#filled[part] ?? 0) + end - at;
      this.#filled[part] = filled;
      if (filled === partBytes) this.#waiting.push(part);
      at = end;
    }
    this.#sendWaiting();
  }

  async finish(): Promise<void> {
    try {
      const last = this.#filled.length - 1;
      const inParts = this.#sizeOf(0) === this.#partBytes;
      if (inParts && this.#sizeOf(last) < this.#partBytes) this.#waiting.push(last);
      this.#sendWaiting();
      for (let sending = 1; ; sending++) {
        try {
          await (inParts ? this.#finishParts() : this.#sendWhole());
          break;
        } catch (error) {
          if (sending === SENDINGS || !isSpoilt(refusedBy(error))) throw error;
          // All of it goes anew.
          await this.#takeBack();
        }
      }
      await this.#compareSize();
      this.#ended = true;
    } catch (error) {
      await this.abort();
      this.#sent.signal?.throwIfAborted();
      throw this.#sent.refusal(error);
    } finally {
      await this.#close();
    }
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
    await this.#takeBack();
    await this.#close();
  }

  /** A part that was cut off may get there all the same, and after the store has forgotten the rest: so none is, unless it takes too long. */
  readonly #stop = () => {
    this.#isWanted = false;
    this.#cut ??= setTimeout(() => this.#cutting.abort(), TAKE_BACK_MS);
  };

  #sizeOf(part: number): number {
    return this.#filled[part] ?? 0;
  }

  #sendWaiting(): void {
    while (this.#isWanted && !this.#failure && this.#sending.size < PARTS_AT_ONCE) {
      const part = this.#waiting.shift();
      if (part === undefined) return;
      const sending = this.#sendPart(part)
        .catch((error: unknown) => {
          this.#failure ??= { error };
        })
        .finally(() => {
          this.#sending.delete(sending);
          this.#sendWaiting();
        });
      this.#sending.add(sending);
    }
  }

  /** Waits for what is being sent, and for what waits, as long as nothing fails. */
  async #settled(): Promise<{ error: unknown } | undefined> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
    return this.#failure;
  }

  async #sendPart(part: number): Promise<void> {
    this.#id ??= this.#begin();
    const UploadId = await this.#id;
    const Body = await this.#read(part);
    for (let sending = 1; ; sending++) {
      try {
        const command = new UploadPartCommand({ ...this.#sent.at, UploadId, PartNumber: part + 1, Body });
        const { ETag } = await this.#sent.client.send(command, { abortSignal: this.#cutting.signal });
        this.#etags.set(part, ETag);
        return;
      } catch (error) {
        if (sending === SENDINGS || !isSpoilt(refusedBy(error))) throw error;
      }
    }
  }

  /** Waited for, whatever happens: whoever takes an upload back has to know what it is called. */
  async #begin(): Promise<string> {
    try {
      const { at, type, client } = this.#sent;
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ContentType: type }));
      if (UploadId === undefined) throw new StorageError('The object store began an upload and did not say what it is called.');
      return UploadId;
    } catch (error) {
      this.#id = undefined;
      throw error;
    }
  }

  async #finishParts(): Promise<void> {
    await this.#settled();
    // What has failed is tried once more.
    this.#failure = undefined;
    const parts = [...this.#filled.keys()];
    this.#waiting = parts.filter((part) => !this.#etags.has(part));
    this.#sendWaiting();
    const failed = await this.#settled();
    this.#sent.signal?.throwIfAborted();
    if (failed) throw failed.error;
    const Parts = parts.map((part) => ({ PartNumber: part + 1, ETag: this.#etags.get(part) }));
    const { at, client } = this.#sent;
    await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId: await this.#id, MultipartUpload: { Parts } }));
    this.#id = undefined;
  }

  async #sendWhole(): Promise<void> {
    const { at, type, client, signal } = this.#sent;
    const put = new PutObjectCommand({ ...at, Body: await this.#read(0), ContentType: type });
    await client.send(put, signal ? { abortSignal: signal } : {});
  }

  async #compareSize(): Promise<void> {
    const { at, client } = this.#sent;
    const size = this.#filled.reduce((sum, bytes) => sum + bytes, 0);
    const { ContentLength: there } = await client.send(new HeadObjectCommand(at));
    if (there !== size)
      throw new StorageError(`The object store has ${there ?? 'no'} bytes of a file of ${size} that it said it took. Look into the store.`);
  }

  async #read(part: number): Promise<Buffer> {
    this.#file ??= open(this.#sent.path);
    const file = await this.#file;
    const bytes = Buffer.allocUnsafe(this.#sizeOf(part));
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, part * this.#partBytes + at);
      if (bytesRead === 0) throw new Error(`${this.#sent.path} became shorter while it was sent.`);
      at += bytesRead;
    }
    return bytes;
  }

  /** Aborts what the store has of the parts. Where it does not answer, they are left to `geocrate gc`. */
  async #takeBack(): Promise<void> {
    await this.#settled();
    const UploadId = await this.#id?.catch(() => undefined);
    this.#id = undefined;
    this.#etags.clear();
    if (UploadId === undefined) return;
    const abort = new AbortMultipartUploadCommand({ ...this.#sent.at, UploadId });
    await this.#sent.client.send(abort, { abortSignal: AbortSignal.timeout(TAKE_BACK_MS) }).catch(() => {});
  }

  async #close(): Promise<void> {
    clearTimeout(this.#cut);
    this.#sent.signal?.removeEventListener('abort', this.#stop);
    const file = this.#file;
    this.#file = undefined;
    await (await file?.catch(() => undefined))?.close();
  }
}
