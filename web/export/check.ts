import { computed, effect, signal } from '@preact/signals';
import { API, ApiError, api, dataOf, session } from '../api/client.ts';
import type { Verdict } from '../api/resources.ts';
import { texts } from '../texts.ts';
import { isTooComplex, shapeVertices } from './areageometry.ts';
import { draft } from './draft.ts';
import { details, isSettled, unavailable } from './items.ts';
import { itemKey, requestOf } from './request.ts';

const PAUSE_MS = 300;

/** A shape of more is not sent to be told that it has too many: the server takes no body that large. */
const MOST_SENT_VERTICES = 20_000;
const TOO_COMPLEX: Verdict = {
  items: [],
  size_estimate_zipped: 0,
  seconds_estimate: 1,
  is_valid: false,
  invalid_reasons: ['extent-too-complex'],
  errors: { extent: [texts.area.simplifyFirst] },
  warnings: [],
};

/** What the server says of the draft as it is; null while nothing is chosen or known. */
export const verdict = signal<Verdict | null>(null);
/** Whether the verdict is of a draft that has changed since. */
export const checking = signal(false);
export const checkFailed = signal<ApiError | null>(null);

/** The request that the draft makes, with addresses as paths; null until of each item is known what it is, or that it cannot be had. */
export const request = computed(() => {
  const { items } = draft.value;
  return items.length > 0 && items.every(isSettled) ? requestOf(draft.value, details.value, API) : null;
});

/** Has the server look at the draft a moment after each change, for as long as it is shown. */
export function checkWhileShown(): () => void {
  return effect(() => {
    const body = request.value;
    if (!body || !session.value?.user) {
      verdict.value = null;
      checking.value = false;
      return;
    }
    checking.value = true;
    const controller = new AbortController();
    const timer = setTimeout(() => check(body, controller.signal), verdict.peek() === null ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  });
}

/** Asks the server now. */
export async function check(body: NonNullable<typeof request.value>, signal: AbortSignal): Promise<void> {
  if (isTooComplex.value && shapeVertices.value > MOST_SENT_VERTICES) {
    checkFailed.value = null;
    verdict.value = TOO_COMPLEX;
    checking.value = false;
    return;
  }
  try {
    verdict.value = await dataOf(api.POST('/services/api/v1/exports/validate/', { body, signal }));
    checkFailed.value = null;
  } catch (error) {
    if (signal.aborted) return;
    verdict.value = null;
    checkFailed.value = error instanceof ApiError ? error : null;
  }
  checking.value = false;
}

/** Asks the server once more about the draft as it is, where it did not answer. */
export async function checkAgain(): Promise<void> {
  const body = request.value;
  if (!body) return;
  checking.value = true;
  await check(body, new AbortController().signal);
}

/** Sentences on what is wrong by field path, in the order of the fields. */
const errors = computed(() => {
  const missing = draft.value.items.flatMap((item, index): [string, string[]][] => {
    const why = details.value.has(itemKey(item)) ? undefined : unavailable.value.get(itemKey(item));
    return why ? [[`items[${index}]`, [why.message]]] : [];
  });
  // What the check says of these is of addresses, which nobody typed here.
  const others = Object.entries(verdict.value?.errors ?? {}).filter(([at]) => !missing.some(([item]) => at.startsWith(item)));
  return [...missing, ...others].sort(([a], [b]) => placeOf(a) - placeOf(b));
});

/** Sections of the dialogue by the word that their fields' paths begin with, from top to bottom. */
const SECTIONS = ['items', 'extent', 'formats', 'crs', 'options', 'name'];
const placeOf = (at: string) => SECTIONS.indexOf(/^\w+/.exec(at)?.[0] ?? '');

/** The sentences about a field or what is in it: `crs`, `items[0]`, `formats.vector`. */
export function errorsAt(path: string): string[] {
  return errors.value.flatMap(([at, sentences]) =>
    at === path || at.startsWith(`${path}.`) || at.startsWith(`${path}[`) ? sentences : [],
  );
}

/** All that has to be corrected, each with the field that it is about. */
export function problems(): { at: string; sentence: string }[] {
  return errors.value.flatMap(([at, sentences]) => sentences.map((sentence) => ({ at, sentence })));
}
