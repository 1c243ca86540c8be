import { createHmac, timingSafeEqual } from 'node:crypto';

/** A file that may be downloaded by whoever has its address. */
interface Download {
  /** In the storage. */
  key: string;
  /** What it is saved as. */
  filename: string;
  /** Of the file, hexadecimal. */
  sha256: string;
}

/**
 * The address of a download, as path and query behind `/downloads/`. It needs no token and cannot be altered.
 * @param download `expires` in milliseconds since 1970, cut to the second.
 */
export function signDownload(download: Download & { expires: number }, secret: string): string {
  const { key, filename, sha256 } = download;
  const expires = String(Math.floor(download.expires / 1000));
  const query = new URLSearchParams({ expires, sha256, signature: signature(download, expires, secret) });
  return `${encodeURIComponent(key)}/${encodeURIComponent(filename)}?${query}`;
}

/**
 * What a download's address stands for; null when anything in it was altered or its time has passed.
 * @param pathKey, filename decoded from the address's path.
 */
export function verifyDownload(pathKey: string, filename: string, query: URLSearchParams, secret: string, now: Date): Download | null {
  const expires = query.get('expires') ?? '';
  const download = { key: pathKey, filename, sha256: query.get('sha256') ?? '' };
  // As text: several texts can stand for the same bytes, and only one of them was signed.
  const given = Buffer.from(query.get('signature') ?? '');
  const right = Buffer.from(signature(download, expires, secret));
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  return now.getTime() < Number(expires) * 1000 ? download : null;
}

/** HMAC-SHA256 (RFC 2104) over all parts, in a form in which no part can pass for a piece of another. */
function signature({ key, filename, sha256 }: Download, expires: string, secret: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([key, filename, expires, sha256]))
    .digest('hex');
}
