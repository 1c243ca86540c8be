import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.ts';

/** Objects and lists in one another: a body has 8 at the most, and no answer that repeats a part of one may run out of stack. */
const MAX_DEPTH = 64;

/** Reads bodies as JSON (RFC 8259), and no other way. No body at all is undefined: clients send `Content-Type` with every request. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: string | Buffer) => parseJson(body));
}

/** @throws {HttpError} when it is not JSON in UTF-8. */
function parseJson(body: string | Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (depthOf(text) <= MAX_DEPTH) return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'The body is not valid JSON in UTF-8.');
  }
  throw new HttpError(400, `The body has lists or objects more than ${MAX_DEPTH} deep in one another.`);
}

/** How deep the brackets of a JSON text go; those in its strings do not count. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === BACKSLASH) index++;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === BRACKET || character === BRACE) deepest = Math.max(deepest, ++depth);
    else if (character === BRACKET_END || character === BRACE_END) depth--;
  }
  return deepest;
}

const [QUOTE, BACKSLASH, BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];
