import type { ArchiveItem, PlannedItem } from './item.ts';
import type { LicenseFile } from './manifest.ts';

const COLUMNS = 80;
/** Licences that ask for nothing in return. */
const FREE = new Set(['cc0', 'public-domain', 'pddl', 'cc-pdm']);

interface Archive {
  name: string;
  site: { name: string; url: string | null };
  /** What was asked for, as sentences. */
  askedFor: readonly string[];
  warnings: readonly string[];
  items: readonly PlannedItem[];
  licenses: readonly LicenseFile[];
}

/** README.txt: what is in the archive, for people. UTF-8, at most 80 columns wide where its words are. */
export function readme(archive: Archive): string {
  const { name, site, items, licenses } = archive;
  const from = site.url ? `${oneLine(site.name)} (${site.url})` : oneLine(site.name);
  const held = items.length === 1 ? 'one dataset' : `${items.length} datasets`;
  const parts = [
    heading(name, '='),
    wrap(`This archive holds ${held} from ${from}, exported with Geocrate. manifest.json says the same as this file, for programs.`),
    ...section('What was asked for', bullets(archive.askedFor)),
    ...section('What is in this archive', items.map((planned, index) => describeItem(planned, index + 1, licenses)).join('\n\n')),
    ...section('Also to be known', bullets(generalWarnings(archive))),
    ...section('Licence and attribution', items.map(({ item }) => describeLicense(item, site.name, licenses)).join('\n\n')),
    ...section('Checking the files', CHECKING),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Run as it stands by the tests. */
const CHECKING = `${wrap(
  'The SHA-256 checksum of each file is in manifest.json. Where jq is installed, this command, run in the folder with manifest.json, checks all of them:',
)}

  jq -r '[.files, .items[].files][][] | .sha256 + "  " + .path' \\
    manifest.json | sha256sum --check

${wrap('For a single file: "sha256sum FILE" on Linux, "shasum -a 256 FILE" on macOS, "certutil -hashfile FILE SHA256" on Windows.')}`;

function describeItem({ item, folder, files }: PlannedItem, number: number, licenses: readonly LicenseFile[]): string {
  const rows: [label: string, value: string][] = [
    ...(item.sharedFiles ? [['File', `${item.sharedFiles.join(', ')}, as one of its layers`] satisfies [string, string]] : []),
    ...(files.length > 0 ? [['Folder', `${folder}/`] satisfies [string, string]] : []),
    ['Source', `${item.type} ${item.id}, version ${item.versionId}, published ${day(item.publishedAt)}`],
    ...(item.url ? [['Address', item.url] satisfies [string, string]] : []),
    ['Format', item.formatName],
    ['CRS', crsText(item)],
    ...contentRows(item),
    ['Licence', licenseText(item, licenses)],
  ];
  const width = Math.max(...files.map(({ entry }) => entry.length - folder.length - 1), 0);
  const lists: [label: string, lines: string[]][] = [
    ['Files', files.map(({ entry, size }) => `     ${entry.slice(folder.length + 1).padEnd(width)}  ${grouped(size)} bytes`)],
    ['Fields that were renamed', item.fields.map(({ from, to, reason }) => wrap(`${from} -> ${to} (${reason})`, '     ', '       '))],
    ['What could not be held as it was', item.warnings.map((warning) => wrap(warning, '     - ', '       '))],
  ];
  const label = `${number}. `;
  return [
    wrap(item.title, label, ' '.repeat(label.length)),
    ...rows.map(([name, value]) => wrap(value, `   ${name.padEnd(10)}`, ' '.repeat(13))),
    ...lists.flatMap(([name, lines]) => (lines.length > 0 ? [`   ${name}`, ...lines] : [])),
  ].join('\n');
}

function contentRows({ content, type }: ArchiveItem): [label: string, value: string][] {
  if ('featureCount' in content) {
    const { featureCount, droppedCount } = content;
    return [
      [type === 'table' ? 'Rows' : 'Features', grouped(featureCount)],
      ...(droppedCount > 0 ? [['Left out', `${grouped(droppedCount)} that could not be held`] satisfies [string, string]] : []),
    ];
  }
  const { resolution, bands, images, tile } = content;
  const described = bands.map(({ type: pixel, description }) => (description ? `${pixel} (${description})` : pixel));
  return [
    ...(tile === null ? [] : [['Tile', tile] satisfies [string, string]]),
    ...(images === 1 ? [] : [['Images', grouped(images)] satisfies [string, string]]),
    ['Pixels', `${resolution.join(' by ')} in units of the CRS`],
    [bands.length === 1 ? 'Band' : 'Bands', described.join(', ')],
  ];
}

function crsText({ crs, type }: ArchiveItem): string {
  if (crs) return [crs.id, crs.name].filter((part) => part !== null && part !== '').join(', ');
  return type === 'table' ? 'none (a table has no geometry)' : 'none';
}

function licenseText({ license }: ArchiveItem, licenses: readonly LicenseFile[]): string {
  if (!license) return 'not given';
  const file = licenses.find(({ items }) => items.some((item) => item.license === license))?.file;
  return file ? `${license.title} (${file})` : license.title;
}

function describeLicense(item: ArchiveItem, siteName: string, licenses: readonly LicenseFile[]): string {
  const { license, title } = item;
  const named = [`"${title}"`, `version ${item.versionId} of ${day(item.publishedAt)}`, siteName, ...(item.url ? [item.url] : [])].join(
    ', ',
  );
  if (!license) {
    return [
      wrap(`"${title}": no licence was given. Ask ${siteName} what you may do with it before you pass it on. To cite it:`),
      wrap(`${named}.`, '  '),
    ].join('\n');
  }
  const page = license.url ? `, ${license.url}` : '';
  const terms = `"${title}": ${licenseText(item, licenses)}${page}.`;
  const duty = FREE.has(license.type)
    ? 'Nobody has to be named; to cite it all the same:'
    : 'What the licence asks for is in its text. Where that is attribution, this names the source:';
  return [wrap(`${terms} ${duty}`), wrap(`${named}. ${license.title}${page}.`, '  ')].join('\n');
}

/** Those that no item has told already; the export's own list has them with the item's title before them. */
function generalWarnings({ warnings, items }: Archive): string[] {
  const told = new Set(items.flatMap(({ item }) => item.warnings.flatMap((warning) => [warning, `${item.title}: ${warning}`])));
  return warnings.filter((warning) => !told.has(warning));
}

function section(title: string, body: string): string[] {
  return body === '' ? [] : [`\n${heading(title, '-')}`, body];
}

function heading(text: string, line: string): string {
  const words = oneLine(text);
  return `${words}\n${line.repeat(Math.min([...words].length, COLUMNS))}`;
}

function bullets(sentences: readonly string[]): string {
  return sentences.map((sentence) => wrap(sentence, '- ', '  ')).join('\n');
}

/** Breaks text between words; a word that is longer than a line, such as an address, stays whole. */
function wrap(text: string, first = '', indent = first): string {
  const lines: string[] = [];
  let line = first;
  let length = first.length;
  let empty = true;
  for (const word of oneLine(text).split(' ')) {
    const wordLength = [...word].length;
    if (!empty && length + 1 + wordLength > COLUMNS) {
      lines.push(line);
      line = indent;
      length = indent.length;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    length += wordLength + (empty ? 0 : 1);
    empty = false;
  }
  return [...lines, line].join('\n');
}

/** Titles and sentences come from publishers: no line breaks, and nothing that a terminal would obey. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
