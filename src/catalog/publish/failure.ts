/** Why a source cannot be published, as one sentence for the publisher. */
export class PublishError extends Error {}

/** What GDAL said, without the passwords that a connection string may hold. */
export function withoutPasswords(text: string): string {
  return text.replace(/(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s']+)/gi, '$1…').replace(/(:\/\/[^:/\s@]+:)[^@\s]+@/g, '$1…@');
}
