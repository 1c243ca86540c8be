import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { verifyDownload } from '../storage/signed.ts';
import { HttpError } from './errors.ts';
import { resource } from './resource.ts';
import type { Site } from './site.ts';

/** `/downloads/…`: archives by signed address, without a token. HEAD, ranges and conditions work, so that a broken download resumes. */
export function downloadRoutes(app: FastifyInstance, site: Site): void {
  resource(app, '/downloads/:key/:filename', { GET: { handler: download } });

  async function download(request: FastifyRequest, reply: FastifyReply) {
    const { pathname, searchParams } = new URL(request.url, 'http://site');
    const [key = '', filename = ''] = pathname.split('/').slice(2).map(decoded);
    const file = verifyDownload(key, filename, searchParams, site.downloadSecret, new Date());
    if (!file) throw new HttpError(403, 'This address is not valid, or no longer. Ask for the download again.');
    const found = await site.storage.stat(file.key);
    if (!found) throw new HttpError(410, 'This archive was removed. Create the export again.');
    const etag = `"${file.sha256}"`;
    reply
      .type('application/zip')
      .header('Content-Disposition', `attachment; filename="${file.filename}"`)
      .header('ETag', etag)
      .header('Accept-Ranges', 'bytes')
      // The address is as good as a token: no cache between should keep what it gives.
      .header('Cache-Control', 'private, max-age=3600');
    if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
    const range = wantedRange(request, found.size, etag);
    if (range === 'unsatisfiable') {
      throw new HttpError(416, `The archive has ${found.size} bytes.`, { 'Content-Range': `bytes */${found.size}` });
    }
    const { from, to } = range ?? { from: 0, to: found.size - 1 };
    if (range) reply.code(206).header('Content-Range', `bytes ${from}-${to}/${found.size}`);
    reply.header('Content-Length', to - from + 1);
    // For HEAD the framework would read a stream to its end before it leaves it out.
    const content = request.method === 'HEAD' ? Readable.from([]) : createReadStream(site.storage.path(file.key), { start: from, end: to });
    return reply.send(content);
  }
}

/** `If-None-Match` (RFC 9110 section 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** The one range asked for, both ends inclusive (RFC 9110 section 14); null for the whole, also where several are asked for or the archive is another by now. */
function wantedRange(
  { method, headers }: FastifyRequest,
  size: number,
  etag: string,
): { from: number; to: number } | 'unsatisfiable' | null {
  const { range, 'if-range': ifRange } = headers;
  if (method !== 'GET' || (ifRange !== undefined && ifRange !== etag)) return null;
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(range ?? '') ?? [];
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
