/** Where the site stands below its host, without a slash at its end: '' for most. The server says so in the document. */
export const base = (document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? '/').replace(/\/+$/, '');

/** The address of a path of this site. */
export function to(path: string): string {
  return base + path;
}
