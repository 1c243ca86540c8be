import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SiteAddress } from '../exports/addresses.ts';
import { HttpError } from './errors.ts';

export interface Paging {
  /** From 1. */
  page: number;
  size: number;
  offset: number;
  limit: number;
}

const DEFAULT_SIZE = 20;
const MAX_SIZE = 100;

/** Reads `page` and `page_size`. */
export function readPaging(request: FastifyRequest): Paging {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '');
  const page = whole(query.get('page'), 'page', 1, 1, 1_000_000);
  const size = whole(query.get('page_size'), 'page_size', DEFAULT_SIZE, 1, MAX_SIZE);
  return { page, size, offset: (page - 1) * size, limit: size };
}

function whole(text: string | null, name: string, unlessTold: number, from: number, to: number): number {
  if (text === null || text === '') return unlessTold;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < from || value > to) throw new HttpError(400, `${name} must be a whole number from ${from} to ${to}.`);
  return value;
}

/** Answers one page of a list with the headers that clients page by (API.md, "Ground rules"). */
export function sendPage(request: FastifyRequest, reply: FastifyReply, site: SiteAddress, paging: Paging, total: number, page: unknown[]) {
  const last = Math.max(1, Math.ceil(total / paging.size));
  if (paging.page > last) throw new HttpError(404, `There is no page ${paging.page}; the last is ${last}.`);
  const [path = '', queryText] = request.url.split('?');
  const address = (number: number) => {
    const query = new URLSearchParams(queryText);
    query.set('page', String(number));
    return `<${new URL(site.origin).origin}${path}?${query}>`;
  };
  const links: string[] = [];
  const link = (number: number, ...rels: string[]) => links.push(...rels.map((rel) => `${address(number)}; rel="${rel}"`));
  if (paging.page < last) link(paging.page + 1, 'page-next', 'next');
  if (paging.page > 1) link(paging.page - 1, 'page-previous', 'prev');
  link(last, 'page-last', 'last');
  return reply
    .header('X-Paginate-By', String(paging.size))
    .header('X-Resource-Range', `${paging.offset}-${paging.offset + page.length}/${total}`)
    .header('Link', links.join(', '))
    .send(page);
}
