import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Page, Sort } from '../catalog/datasets.ts';
import type { SiteAddress } from '../exports/addresses.ts';
import { HttpError } from './errors.ts';

const DEFAULT_SIZE = 20;
const MAX_SIZE = 100;

/** What every list takes. */
export const PAGING = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: `From 1; 1 unless told.` })),
  page_size: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_SIZE, description: `${DEFAULT_SIZE} unless told, at most ${MAX_SIZE}.` }),
  ),
};
const Paging = Type.Object(PAGING);

/** The parameter `sort`: one of some fields, with `-` before it for the other way round. */
export function sortBy(fields: readonly string[]) {
  return Type.Optional(Type.Enum([...fields, ...fields.map((field) => `-${field}`)], { description: 'With `-` before it: descending.' }));
}

export function readSort<Field extends string>(sort: string | undefined, fields: readonly Field[], unlessTold: Sort<Field>): Sort<Field> {
  const field = fields.find((one) => one === sort?.replace(/^-/, ''));
  return field === undefined ? unlessTold : { field, descending: sort?.startsWith('-') ?? false };
}

export function readPage({ page = 1, page_size: size = DEFAULT_SIZE }: Static<typeof Paging>): Page {
  return { offset: (page - 1) * size, limit: size };
}

/** A time that a list is filtered by: a day or a moment (ISO 8601); UTC where it says no zone. */
export const TimeFilter = Type.Optional(
  Type.String({ description: 'A day or a moment, ISO 8601.', examples: ['2026-01-31', '2026-01-31T12:00:00Z'] }),
);

export function readTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined || text === '') return undefined;
  // A `+` that was not encoded reads as a space.
  const [, day, time, fraction = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+ -]\d\d:?\d\d)?)?$/i.exec(text) ?? [];
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3).replace(' ', '+')}:${zone.slice(-2)}`;
  const date = new Date(time ? `${day}T${time.length === 5 ? `${time}:00` : time}${fraction.slice(0, 4)}${offset}` : `${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()))
    throw new HttpError(400, `${name} must be a day or a moment such as 2026-01-31 or 2026-01-31T12:00:00Z.`);
  return date;
}

/** Answers one page of a list with the headers that clients page by (API.md, "Ground rules"). */
export function sendPage(request: FastifyRequest, reply: FastifyReply, site: SiteAddress, page: Page, total: number, rows: unknown[]) {
  const { limit: size, offset } = page;
  const number = offset / size + 1;
  const last = Math.max(1, Math.ceil(total / size));
  if (number > last) throw new HttpError(404, `There is no page ${number}; the last is ${last}.`);
  const [path = ''] = request.url.split('?', 1);
  const address = (to: number) => {
    const query = new URLSearchParams(request.url.slice(path.length));
    query.set('page', String(to));
    return `<${site.origin}${path}?${query}>`;
  };
  const links: string[] = [];
  const link = (to: number, ...rels: string[]) => links.push(...rels.map((rel) => `${address(to)}; rel="${rel}"`));
  if (number < last) link(number + 1, 'page-next', 'next');
  if (number > 1) link(number - 1, 'page-previous', 'prev');
  link(last, 'page-last', 'last');
  return reply
    .header('X-Paginate-By', String(size))
    .header('X-Resource-Range', `${offset}-${offset + rows.length}/${total}`)
    .header('Link', links.join(', '))
    .send(rows);
}
