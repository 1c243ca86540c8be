import { slugify } from '../archive/names.ts';

/**
 * The name of an export and of its archive (API.md, "Request semantics", `name`).
 * With a name asked for: its slug behind the site's prefix. Else `<item>-<FORMAT>` for one item, and
 * `<site>-<n>layers-<FORMATS>` for several, formats in alphabetical order.
 */
export function exportName(
  asked: string | undefined,
  items: readonly { slug: string; format: string }[],
  site: { siteName: string; namePrefix: string },
): string {
  if (asked !== undefined && asked.trim() !== '') {
    const slug = slugify(asked, 'export');
    return site.namePrefix ? `${site.namePrefix}-${slug}` : slug;
  }
  const formats = [...new Set(items.map((item) => item.format))].sort().join('-');
  const [first] = items;
  if (items.length === 1 && first) return `${first.slug}-${formats}`;
  return `${slugify(site.siteName, 'geocrate')}-${items.length}layers-${formats}`;
}
