import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { auditFetch } from '../exports/audit.ts';
import { hashOfAddress, verifyDownload } from '../storage/signed.ts';
import { StorageError } from '../storage/storage.ts';
import { Places } from './capacity.ts';
import { isFresh, rangeHolds, type Validators } from './conditional.ts';
import { HttpError } from './errors.ts';
import { sendPieces } from './pieces.ts';
import { operation, resource } from './resource.ts';
import type { Site } from './site.ts';
import { cutStalled } from './slow.ts';

/** `/downloads/…`: archives by signed address, without a token. HEAD, ranges and conditions work, so that a broken download resumes. */
export function downloadRoutes(app: FastifyInstance, site: Site): void {
  const places = new Places(site.config.capacity.downloads, 'downloads');
  const zip = { description: 'The archive.', type: 'application/zip' };
  resource(app, '/downloads/:key/:filename', {
    GET: operation({
      summary: 'Fetch an archive by its signed address',
      description:
        'Where downloads lead to. `Range`, `If-Range`, `If-None-Match`, `If-Modified-Since` and HEAD work, so that a broken download resumes.',
      params: Type.Object({ key: Type.String(), filename: Type.String() }),
      answers: { 200: zip, 206: { ...zip, description: 'The part asked for.' }, 304: 'You have it already.' },
      handler: download,
    }),
  });

  async function download(request: FastifyRequest, reply: FastifyReply) {
    const { pathname, searchParams } = new URL(request.url, 'http://site');
    const [key = '', filename = ''] = pathname.split('/').slice(2).map(decoded);
    const file = verifyDownload(key, filename, searchParams, site.downloadSecret, new Date());
    if (!file) throw new HttpError(403, 'This address is not valid, or no longer. Ask for the download again.');
    const found = await site.storage.stat(file.key);
    if (!found) throw new HttpError(410, 'This archive was removed. Create the export again.');
    const validators = { etag: `"${file.sha256}"`, modified: file.modified };
    reply
      .type('application/zip')
      .header('Content-Disposition', `attachment; filename="${file.filename}"`)
      .header('ETag', validators.etag)
      .header('Last-Modified', new Date(file.modified).toUTCString())
      .header('Accept-Ranges', 'bytes')
      // The address is as good as a token: no cache between should keep what it gives.
      .header('Cache-Control', 'private, max-age=3600');
    if (isFresh(request, validators)) return reply.code(304).send();
    const range = wantedRange(request, found.size, validators);
    if (range === 'unsatisfiable') {
      throw new HttpError(416, `The archive has ${found.size} bytes.`, { 'Content-Range': `bytes */${found.size}` });
    }
    const { from, to } = range ?? { from: 0, to: found.size - 1 };
    if (range) reply.code(206).header('Content-Range', `bytes ${from}-${to}/${found.size}`);
    reply.header('Content-Length', to - from + 1);
    // For HEAD the framework would read a stream to its end before it leaves it out.
    if (request.method === 'HEAD') return reply.send(Readable.from([]));
    const { raw } = reply;
    // A client that has gone meanwhile is not heard to go.
    if (raw.destroyed) return reply.hijack();
    raw.once('close', places.take());
    const content = await site.storage.read(file.key, from, to);
    auditFetch(site.db, hashOfAddress(request.url), range === null).catch((error) => request.log.error({ err: error }, 'audit'));
    let sent = 0;
    if (!raw.destroyed) {
      const ended = site.metrics.downloading();
      raw.once('close', () => ended(sent));
    }
    cutStalled(raw);
    reply.hijack();
    raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    const pieces = range ? content : wholeOnly(content, found.size, file.sha256);
    sendPieces(raw, pieces, (bytes) => {
      sent += bytes;
    }).catch((error) => request.log.error({ err: error }, 'download'));
  }
}

/** An archive that never comes to its end where it is not what was made: its last piece waits until its SHA-256 is known. */
async function* wholeOnly(content: AsyncIterable<Buffer>, size: number, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let left = size;
  for await (const piece of content) {
    hash.update(piece);
    left -= piece.length;
    if (left <= 0 && hash.digest('hex') === sha256) return yield piece;
    if (left <= 0) break;
    yield piece;
  }
  throw new StorageError('An archive is no longer what was made. Run geocrate gc --verify.');
}

/** The one range asked for, both ends inclusive (RFC 9110 section 14); null for the whole, also where several are asked for or the archive is another by now. */
function wantedRange(request: FastifyRequest, size: number, validators: Validators): { from: number; to: number } | 'unsatisfiable' | null {
  const { method, headers } = request;
  if (method !== 'GET' || !rangeHolds(request, validators)) return null;
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(headers.range ?? '') ?? [];
  if (first === '' && last === '') return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && first !== '' && Number(last) < from) return null;
  return from > to ? 'unsatisfiable' : { from, to };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
