/** What NFKD does not take apart into a Latin letter and its marks. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ŋ: 'ng',
  ŧ: 't',
  ə: 'e',
  ĸ: 'k',
};
const SPELLED = new RegExp(`[${Object.keys(SPELLINGS).join('')}]`, 'g');

/** Names that Windows keeps for devices, with any extension (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

const LONGEST_SLUG = 80;

/**
 * The name of a file or folder for a title: `a`-`z`, `0`-`9` and single `-` between them, at most 80 characters, good on every system.
 * @param fallback what it is called when nothing of the title can be spelt so; a slug itself.
 */
export function slugify(text: string, fallback: string): string {
  const slug = text
    .normalize('NFKD')
    .toLowerCase()
    // Marks, and the apostrophes that are letters (Oʻahu, Hawaiʻi).
    .replace(/[\p{M}\u02b9-\u02bf]/gu, '')
    .replace(SPELLED, (letter) => SPELLINGS[letter] ?? '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, LONGEST_SLUG)
    .replace(/-$/, '');
  if (slug === '') return fallback;
  return DEVICE.test(slug) ? `${fallback}-${slug}` : slug;
}

/**
 * The names in the same order, those that clash with an earlier one with `-2`, `-3` … behind them. Upper and lower case clash,
 * as they do on Windows and macOS.
 */
export function uniqueNames(names: readonly string[]): string[] {
  const asked = new Set(names.map((name) => name.toLowerCase()));
  const given = new Set<string>();
  const next = new Map<string, number>();
  return names.map((name) => {
    const key = name.toLowerCase();
    let unique = name;
    if (given.has(key)) {
      let number = next.get(key) ?? 2;
      while (asked.has(`${key}-${number}`) || given.has(`${key}-${number}`)) number++;
      next.set(key, number + 1);
      unique = `${name}-${number}`;
    }
    given.add(unique.toLowerCase());
    return unique;
  });
}
