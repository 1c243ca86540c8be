import type { NameRules } from './rules.ts';

export interface RenamedField {
  from: string;
  to: string;
  reason: string;
}

/**
 * Fits field names to a format's rules, the same way every time: names that fit stay as they are, the others are cut and
 * numbered (`_1`, `_2`, …) until none clash.
 * @returns the names in the order given, and what was changed and why.
 */
export function fitNames(names: readonly string[], rules: NameRules): { names: string[]; renamed: RenamedField[] } {
  const key = (name: string) => (rules.caseInsensitive ? name.normalize('NFC').toLowerCase() : name);
  const taken = new Set(rules.reserved);
  const clean = names.map((name) => cleanName(name, rules));
  const final = new Map<number, string>();
  // Names that need no change come first, so that a cut one never takes their place.
  names.forEach((name, index) => {
    if (clean[index]?.name !== name || taken.has(key(name))) return;
    taken.add(key(name));
    final.set(index, name);
  });
  const renamed: RenamedField[] = [];
  names.forEach((from, index) => {
    const cleaned = clean[index];
    if (final.has(index) || !cleaned) return;
    let to = cleaned.name;
    const clashes = taken.has(key(to));
    for (let n = 1; taken.has(key(to)); n++) to = cut(cleaned.name, rules.max, `_${n}`);
    taken.add(key(to));
    final.set(index, to);
    const reason =
      cleaned.reason ?? (rules.reserved.includes(key(from)) ? 'the format uses this name itself' : 'another field has this name');
    renamed.push({ from, to, reason: clashes && cleaned.reason ? `${reason}, and the cut name was taken` : reason });
  });
  return { names: names.map((name, index) => final.get(index) ?? name), renamed };
}

function cleanName(original: string, rules: NameRules): { name: string; reason: string | null } {
  let name = original;
  let reason: string | null = null;
  if (rules.forbidden) {
    const pattern = new RegExp(rules.forbidden.source, 'gu');
    // ō is o with a mark; where only plain letters may stand, the letter without its mark says more than `_`.
    const replaced = pattern.test(name) ? stripMarks(name, pattern) : name;
    if (replaced !== name) reason = 'the format does not allow some of its characters';
    name = replaced;
  }
  if (name === '') {
    name = 'field';
    reason = 'it was empty';
  }
  if (!rules.mayStartWithDigit && /^[0-9]/.test(name)) {
    name = `_${name}`;
    reason ??= 'the format does not allow a digit first';
  }
  const short = cut(name, rules.max, '');
  if (short !== name) reason = `names have at most ${rules.max?.count} ${rules.max?.unit} in this format`;
  return { name: short, reason };
}

function stripMarks(name: string, forbidden: RegExp): string {
  let result = '';
  for (const character of name.normalize('NFC')) {
    const test = () => {
      forbidden.lastIndex = 0;
      return forbidden;
    };
    if (!test().test(character)) result += character;
    else {
      const base = character.normalize('NFD').charAt(0);
      result += base !== character && !test().test(base) ? base : '_';
    }
  }
  return result;
}

/** The name with a suffix, cut at a character so that both fit. */
function cut(name: string, max: NameRules['max'], suffix: string): string {
  if (!max) return name + suffix;
  return cutText(name, { unit: max.unit, count: max.count - suffix.length }) + suffix;
}

/** A text of at most so many UTF-8 bytes or characters (UTF-16 units), never half a character. */
export function cutText(text: string, max: { unit: 'bytes' | 'characters'; count: number }): string {
  if (max.unit === 'characters') {
    if (text.length <= max.count) return text;
    const end = isHighSurrogate(text.charCodeAt(max.count - 1)) ? max.count - 1 : max.count;
    return text.slice(0, end);
  }
  // No UTF-16 unit takes more than 3 bytes.
  if (text.length * 3 <= max.count || Buffer.byteLength(text) <= max.count) return text;
  const bytes = Buffer.from(text);
  let end = max.count;
  // Bytes 10xxxxxx continue a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
