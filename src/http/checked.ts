import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { HttpError } from './errors.ts';

/**
 * A body that fits a schema.
 * @throws {HttpError} 400 with a sentence that names the first field that does not.
 */
export function checked<Schema extends TSchema>(schema: Schema, body: unknown): Static<Schema> {
  if (Value.Check(schema, body)) return body;
  const [first] = Value.Errors(schema, body);
  const field = first?.instancePath.slice(1).replaceAll('/', '.');
  const rule = RULES[first?.keyword ?? ''] ?? first?.message ?? 'is not valid';
  throw new HttpError(400, `${field || 'The body'} ${rule}.`);
}

/** In words of our own, where a schema's are none. */
const RULES: Readonly<Record<string, string>> = {
  additionalProperties: 'has a field that is not known here',
  pattern: 'must not hold control characters',
};
