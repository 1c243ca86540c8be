import { lookup } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Until an address that does not answer in time is given up. */
const TIMEOUT_MS = 10_000;
/** What is read of an answer's body, which nobody looks at, before the connection is cut. */
const MOST_READ = 64 << 10;

/**
 * Posts a body to an address that a stranger has chosen, and gives the status of the answer; redirects are not followed.
 * @param toPrivate whether addresses of this machine and of private networks are allowed.
 * @throws {PrivateAddress} where it is one, and is not allowed; what went wrong on the way.
 */
export function post(url: string, headers: Record<string, string>, body: string, toPrivate: boolean): Promise<number> {
  const { protocol, hostname } = new URL(url);
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (!toPrivate && isIP(literal) && isPrivate(literal)) return Promise.reject(new PrivateAddress());
  const request = protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    // Each has a connection of its own, to an address that was looked at for it.
    const how = { method: 'POST', agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const options = { ...how, headers, ...(toPrivate ? {} : { lookup: publicOnly }) };
    const sent = request(url, options, (response) => {
      readSome(response);
      resolve(response.statusCode ?? 0);
    });
    sent
      .on('upgrade', (_response, socket) => {
        socket.destroy();
        reject(new Error('it answered 101'));
      })
      .on('error', reject)
      // However it ended, it has ended: whoever waits for all of them waits for this one too.
      .on('close', () => reject(new Error('it gave no answer')))
      .end(body);
  });
}

function readSome(response: IncomingMessage): void {
  let read = 0;
  response
    .on('data', (bytes: Buffer) => {
      read += bytes.length;
      if (read > MOST_READ) response.destroy();
    })
    .on('error', () => {});
}

/** A stranger's address must not reach what only this machine can. */
export class PrivateAddress extends Error {
  constructor() {
    super('the address is private');
  }
}

/** Looks a name up and refuses it when any of its addresses is private; what is connected to is what was looked at. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    if (addresses.some(({ address }) => isPrivate(address))) return callback(new PrivateAddress(), []);
    const [first] = addresses;
    if (options.all || !first) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

/** This machine, private networks and what else is not the open internet (IANA's registries of special addresses, RFC 6890). */
const PRIVATE_V4 = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Azure's own service for its machines.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  PRIVATE_V4.addSubnet(net, prefix, 'ipv4');
/** Apart, since an IPv4 address counts as one of `::ffff:0:0/96` where a list has both. */
const PRIVATE_V6 = new BlockList();
for (const [net, prefix] of [
  // All but 2000::/3, which alone is given out for the open internet: also IPv4 addresses in whatever form, as translators have them.
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  // Teredo (RFC 4380) and other protocols' own, documentation, 6to4 (RFC 3056).
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  PRIVATE_V6.addSubnet(net, prefix, 'ipv6');

function isPrivate(address: string): boolean {
  return isIP(address) === 6 ? PRIVATE_V6.check(address, 'ipv6') : PRIVATE_V4.check(address, 'ipv4');
}
