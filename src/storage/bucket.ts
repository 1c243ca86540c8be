import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { BucketConfig } from '../config.ts';
import { isNoObject, isUnknownOperation, refusal, refusedBy } from './refusal.ts';
import { type Following, type Presigned, StorageError } from './storage.ts';
import { StoreClock } from './storeclock.ts';
import { Upload } from './upload.ts';

const CONNECT_MS = 5000;
/** Without a byte in either direction. */
const SILENCE_MS = 30_000;
/** How long the store is asked for its time. */
const ASKING_MS = 2000;

export interface Listed {
  key: string;
  size: number;
  modified: Date;
}

/** A bucket of an object store that speaks Amazon's S3, and the keys below a prefix of it. Every error is a {@link StorageError}. */
export class Bucket {
  readonly #config: BucketConfig;
  readonly #client: S3Client;
  /** Signs addresses for clients, who may reach the store by another name. */
  readonly #outside: S3Client;
  readonly #clock = new StoreClock();

  constructor(config: BucketConfig) {
    this.#config = config;
    this.#client = clientOf(config, config.endpoint);
    this.#client.middlewareStack.add(
      (next) => async (given) => {
        const answered = await next(given);
        if (hasHeaders(answered.response)) this.#clock.hear(answered.response.headers.date);
        return answered;
      },
      // Before errors are made of answers.
      { step: 'deserialize', name: 'storeClock', priority: 'low' },
    );
    this.#outside = config.publicUrl === null ? this.#client : clientOf(config, config.publicUrl);
  }

  /** Uploads a file, in parts where it is large, and waits until the store has all of it. An upload that fails is taken back. */
  async putFile(key: string, path: string, type: string, signal?: AbortSignal): Promise<void> {
    const { size } = await stat(path);
    signal?.throwIfAborted();
    const upload = this.follow(key, path, type, signal);
    upload.written(0, size, size);
    await upload.finish();
  }

  /** Uploads a file while it is written. */
  follow(key: string, path: string, type: string, signal?: AbortSignal): Following {
    return new Upload({ client: this.#client, at: this.#at(key), path, type, refusal: (error) => this.#refusal(error), signal });
  }

  /** Writes a small text. */
  async putText(key: string, text: string): Promise<void> {
    const put = new PutObjectCommand({ ...this.#at(key), Body: Buffer.from(text), ContentType: 'application/json' });
    await this.#asked(this.#client.send(put));
  }

  /** The bytes of an object, or some of them; null where there is none. The stream itself may still end early or fail. */
  async read(key: string, range?: { from: number; to: number }): Promise<Readable | null> {
    const get = new GetObjectCommand({ ...this.#at(key), ...(range ? { Range: `bytes=${range.from}-${range.to}` } : {}) });
    const answer = await this.#found(this.#client.send(get));
    if (!answer) return null;
    if (!(answer.Body instanceof Readable)) throw new StorageError('The object store answered without a body.');
    return answer.Body;
  }

  /** In bytes; null where there is no such object. */
  async size(key: string): Promise<number | null> {
    const answer = await this.#found(this.#client.send(new HeadObjectCommand(this.#at(key))));
    return answer ? (answer.ContentLength ?? 0) : null;
  }

  async remove(key: string): Promise<void> {
    await this.#asked(this.#client.send(new DeleteObjectCommand(this.#at(key))));
  }

  /** All objects whose keys begin so. */
  async *list(prefix: string): AsyncGenerator<Listed> {
    let after: string | undefined;
    do {
      const list = new ListObjectsV2Command({ Bucket: this.#config.bucket, Prefix: this.#key(prefix), ContinuationToken: after });
      const answer = await this.#asked(this.#client.send(list));
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of answer.Contents ?? [])
        yield { key: Key.slice(this.#config.prefix.length), size: Size, modified: LastModified };
      after = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    } while (after !== undefined);
  }

  /** Uploads in parts that were begun and not ended. None where the store cannot list them. */
  async *uploads(): AsyncGenerator<{ key: string; id: string; begun: Date }> {
    let [key, id]: (string | undefined)[] = [];
    do {
      const list: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: this.#config.bucket,
        Prefix: this.#key(''),
        KeyMarker: key,
        UploadIdMarker: id,
      });
      const answer: ListMultipartUploadsCommandOutput | null = await this.#client.send(list).catch((error: unknown) => {
        if (isUnknownOperation(refusedBy(error))) return null;
        throw this.#refusal(error);
      });
      for (const { Key = '', UploadId = '', Initiated = new Date(0) } of answer?.Uploads ?? [])
        yield { key: Key.slice(this.#config.prefix.length), id: UploadId, begun: Initiated };
      [key, id] = answer?.IsTruncated ? [answer.NextKeyMarker, answer.NextUploadIdMarker] : [];
    } while (key !== undefined);
  }

  async abort({ key, id }: { key: string; id: string }): Promise<void> {
    await this.#found(this.#client.send(new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: id })));
  }

  /** An address that gives an object to whoever has it (AWS Signature Version 4, query parameters). */
  async address(key: string, { method, filename, validFor }: Presigned): Promise<string> {
    const asked = {
      ...this.#at(key),
      ResponseContentType: 'application/zip',
      ResponseContentDisposition: `attachment; filename="${filename}"`,
      // As good as a token: no cache between should keep what it gives.
      ResponseCacheControl: 'private, max-age=3600',
    };
    const options = { expiresIn: Math.floor(validFor / 1000), signingDate: new Date(await this.#now()) };
    // A signature holds for one method.
    const signed =
      method === 'HEAD'
        ? getSignedUrl(this.#outside, new HeadObjectCommand(asked), options)
        : getSignedUrl(this.#outside, new GetObjectCommand(asked), options);
    return this.#asked(signed);
  }

  /** By the store's clock; by this machine's where the store does not tell. */
  async #now(): Promise<number> {
    const known = this.#clock.now();
    if (known !== null) return known;
    // Any answer tells it.
    const head = new HeadObjectCommand(this.#at('clock'));
    await this.#client.send(head, { abortSignal: AbortSignal.timeout(ASKING_MS) }).catch(() => {});
    return this.#clock.now() ?? Date.now();
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.#client.destroy();
    this.#outside.destroy();
  }

  #key(key: string): string {
    return `${this.#config.prefix}${key}`;
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#config.bucket, Key: this.#key(key) };
  }

  /** The answer, or null where there is no such object. */
  async #found<T>(asked: Promise<T>): Promise<T | null> {
    try {
      return await asked;
    } catch (error) {
      if (isNoObject(refusedBy(error))) return null;
      throw this.#refusal(error);
    }
  }

  async #asked<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  #refusal(error: unknown): unknown {
    return error instanceof Error && error.name === 'AbortError' ? error : refusal(error, this.#config);
  }
}

function clientOf({ region, attempts }: BucketConfig, endpoint: string | null): S3Client {
  const client = new S3Client({
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...(region === null ? {} : { region }),
    maxAttempts: attempts,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    // Amazon's own checksums are unknown to many other stores; all of them know Content-MD5.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  client.middlewareStack.add(
    (next) => async (given) => {
      const { request } = given;
      if (hasBody(request)) request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
      return next(given);
    },
    { step: 'build', name: 'contentMd5', tags: ['CHECKSUM'] },
  );
  return client;
}

function hasHeaders(response: unknown): response is { headers: Record<string, string> } {
  return typeof response === 'object' && response !== null && 'headers' in response;
}

/** Whether a request carries bytes that are all there already, as the parts of an upload do. */
function hasBody(request: unknown): request is { headers: Record<string, string>; body: Uint8Array } {
  return typeof request === 'object' && request !== null && 'body' in request && request.body instanceof Uint8Array && 'headers' in request;
}
