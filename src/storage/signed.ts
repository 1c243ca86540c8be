import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A file that may be downloaded by whoever has its address. */
interface Download {
  /** In the storage. */
  key: string;
  /** What it is saved as. */
  filename: string;
  /** Of the file, hexadecimal. */
  sha256: string;
  /** When what is in it was last changed: milliseconds since 1970, cut to the second. */
  modified: number;
}

/**
 * The address of a download, as path and query behind `/downloads/`. It needs no token and cannot be altered.
 * @param download `expires` in milliseconds since 1970, cut to the second.
 */
export function signDownload(download: Download & { expires: number }, secret: string): string {
  const { key, filename, sha256 } = download;
  const [expires, modified] = [seconds(download.expires), seconds(download.modified)];
  const query = new URLSearchParams({
    expires,
    modified,
    sha256,
    signature: signature([key, filename, expires, modified, sha256], secret),
  });
  return `${encodeURIComponent(key)}/${encodeURIComponent(filename)}?${query}`;
}

/**
 * What a download's address stands for; null when anything in it was altered or its time has passed.
 * @param pathKey, filename decoded from the address's path.
 */
export function verifyDownload(pathKey: string, filename: string, query: URLSearchParams, secret: string, now: Date): Download | null {
  const expires = query.get('expires') ?? '';
  const modified = query.get('modified') ?? '';
  const sha256 = query.get('sha256') ?? '';
  // As text: several texts can stand for the same bytes, and only one of them was signed.
  const given = Buffer.from(query.get('signature') ?? '');
  const right = Buffer.from(signature([pathKey, filename, expires, modified, sha256], secret));
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  if (now.getTime() >= Number(expires) * 1000) return null;
  return { key: pathKey, filename, sha256, modified: Number(modified) * 1000 };
}

/** What a signed address, ours or a bucket's, is known by where it must not be written down itself: SHA-256 (hex) of its signature. */
export function hashOfAddress(address: string): string {
  const { searchParams } = new URL(address, 'http://site');
  return createHash('sha256')
    .update(searchParams.get('signature') ?? searchParams.get('X-Amz-Signature') ?? '')
    .digest('hex');
}

function seconds(milliseconds: number): string {
  return String(Math.floor(milliseconds / 1000));
}

/** HMAC-SHA256 (RFC 2104) over all parts, in a form in which no part can pass for a piece of another. */
function signature(parts: readonly string[], secret: string): string {
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex');
}
