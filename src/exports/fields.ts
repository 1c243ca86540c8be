import type { Findings } from './findings.ts';
import { checkOption, OPTION_RULES } from './options.ts';

/** Characters of a name. */
export const MAX_NAME = 200;
/** Characters of a webhook's address. */
export const MAX_URL = 2000;

/** A text of the client's, short enough to stand in a sentence. */
export function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Absent and null mean the same in every optional field. */
export function absent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function checkName(value: unknown, findings: Findings): string | undefined {
  if (absent(value)) return undefined;
  if (typeof value === 'string' && value.length <= MAX_NAME) return value;
  findings.add('option-invalid', 'name', `Must be a text of at most ${MAX_NAME} characters.`);
  return undefined;
}

export function checkDelivery(value: unknown, findings: Findings): void {
  if (absent(value)) return;
  if (isObject(value) && value.method === 'download' && Object.keys(value).length === 1) return;
  findings.add('option-invalid', 'delivery', 'Must be {"method": "download"}: archives are downloaded.');
}

export function checkNotify(value: unknown, findings: Findings): string | null {
  if (absent(value)) return null;
  const url = isObject(value) && Object.keys(value).length === 1 && typeof value.url === 'string' ? URL.parse(value.url) : null;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && url.href.length <= MAX_URL) return url.href;
  findings.add('option-invalid', 'notify', 'Must be {"url": "https://…"}: the address that is told when the export has ended.');
  return null;
}

export function checkOptions(value: unknown, findings: Findings): Record<string, unknown> {
  if (absent(value)) return {};
  if (!isObject(value)) {
    findings.add('option-invalid', 'options', 'Must be an object.');
    return {};
  }
  for (const [key, option] of Object.entries(value)) {
    const rule = OPTION_RULES.find((known) => known.name === key);
    const path = `options.${shown(key)}`;
    if (!rule) {
      findings.add(
        'unknown-field',
        path,
        `There is no option "${shown(key)}". Known are ${OPTION_RULES.map((known) => known.name).join(', ')}.`,
      );
      continue;
    }
    const wrong = checkOption(rule, option);
    if (wrong) findings.add('option-invalid', path, wrong);
  }
  return value;
}
