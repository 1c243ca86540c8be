import type { ArchiveItem } from './item.ts';
import { slugify, uniqueNames } from './names.ts';
import type { ZipEntry } from './zip.ts';

/** Raised when a reader of the manifest has to know. */
const FORMAT_VERSION = 1;

/** An item with what the archive holds of it. */
export interface ArchivedItem {
  item: ArchiveItem;
  folder: string;
  /** Where its licence's text is. */
  license: string | null;
  files: ZipEntry[];
}

/** A licence's text and the items that it is for. */
export interface LicenseFile {
  file: string;
  text: string;
  items: ArchiveItem[];
}

/**
 * manifest.json: what was asked for and what is in the archive, for programs. Paths are those in the archive, sizes in bytes,
 * checksums in lower-case hexadecimal, times in UTC.
 */
export function manifest(content: {
  name: string;
  site: { name: string; url: string | null };
  request: unknown;
  items: readonly ArchivedItem[];
  /** Those of no single item. */
  files: readonly ZipEntry[];
  warnings: readonly string[];
}): string {
  const described = {
    format_version: FORMAT_VERSION,
    name: content.name,
    site: { name: content.site.name, url: content.site.url },
    request: content.request,
    items: content.items.map(({ item, folder, license, files }) => ({
      type: item.type,
      id: item.id,
      version: item.versionId,
      url: item.url,
      title: item.title,
      published_at: item.publishedAt.toISOString(),
      folder: `${folder}/`,
      format: { name: item.formatName, mimetype: item.mimetype },
      crs: item.crs && { id: item.crs.id, name: item.crs.name },
      ...contentOf(item),
      license: item.license && {
        type: item.license.type,
        version: item.license.version,
        title: item.license.title,
        url: item.license.url,
        file: license,
      },
      renamed_fields: item.fields.map(({ from, to, reason }) => ({ from, to, reason })),
      warnings: item.warnings,
      files: files.map(listed),
      ...(item.sharedFiles ? { shared_files: item.sharedFiles } : {}),
    })),
    files: content.files.map(listed),
    warnings: content.warnings,
  };
  return `${JSON.stringify(described, null, 2)}\n`;
}

function contentOf({ content }: ArchiveItem) {
  if ('featureCount' in content) return { feature_count: content.featureCount, dropped_count: content.droppedCount };
  const { resolution, bands, images, tile } = content;
  return { feature_count: null, tile_id: tile, raster_resolution: resolution, bands, image_count: images };
}

function listed({ name, size, sha256 }: ZipEntry) {
  return { path: name, size, sha256 };
}

/** `LICENSE-<type>.txt` for each licence among the items; where texts of one type differ, the version is in the name too. */
export function licenseFiles(items: readonly ArchiveItem[]): LicenseFile[] {
  const texts: { type: string; version: string; text: string; items: ArchiveItem[] }[] = [];
  for (const item of items) {
    if (!item.license) continue;
    const { type, version, text } = item.license;
    const known = texts.find((other) => other.type === type && other.text === text);
    if (known) known.items.push(item);
    else texts.push({ type, version, text, items: [item] });
  }
  const names = texts.map(({ type, version }) => {
    const alone = texts.filter((other) => other.type === type).length === 1;
    return slugify(alone ? type : `${type} ${version}`, 'other');
  });
  return uniqueNames(names).map((name, index) => {
    const { text = '', items = [] } = texts[index] ?? {};
    return { file: `LICENSE-${name}.txt`, text: text.endsWith('\n') ? text : `${text}\n`, items };
  });
}
