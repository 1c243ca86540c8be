import type { ComponentChildren } from 'preact';
import { api, dataOf } from '../api/client.ts';
import { KINDS } from '../api/resources.ts';
import { useLoading } from '../loading.ts';
import { count } from '../locale.ts';
import { texts } from '../texts.ts';
import type { Query } from './query.ts';

const t = texts.catalogue;

/** What the catalogue is filtered by: only what there is, with how many. */
export function Filters(props: { query: Query; change: (changes: Partial<Query>) => void; children: ComponentChildren }) {
  const { query, change, children } = props;
  const facets = useLoading((signal) => dataOf(api.GET('/site/facets/', { signal })), []);
  const found = facets.state === 'done' ? facets.value : null;
  const kinds = KINDS.filter((kind) => !found || kind === query.kind || found.kinds.some((one) => one.kind === kind));
  const licenses = found?.licenses.map((one) => ({ value: one.type, count: one.count, text: t.licenses[one.type] ?? one.type })) ?? [];
  const geometries =
    found?.geometry_types.map((one) => ({
      value: one.geometry_type,
      count: one.count,
      text: texts.geometries[one.geometry_type] ?? one.geometry_type,
    })) ?? [];
  return (
    <div class="filters" role="group" aria-label={t.filters}>
      <fieldset class="chips">
        <legend class="hidden">{t.kind}</legend>
        {(['', ...kinds] as const).map((kind) => (
          <label key={kind} class="chip">
            <input type="radio" name="kind" checked={query.kind === kind} onChange={() => change({ kind })} />
            <span>{kind === '' ? t.allKinds : texts.kinds[kind]}</span>
          </label>
        ))}
      </fieldset>
      <Choice label={t.license} value={query.license} choices={licenses} change={(license) => change({ license })} />
      <Choice label={t.geometry} value={query.geometry} choices={geometries} change={(geometry) => change({ geometry })} />
      {children}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: readonly { value: string; text: string; count: number }[];
  change: (value: string) => void;
}

function Choice({ label, value, choices, change }: ChoiceProps) {
  const known = value === '' || choices.some((choice) => choice.value === value);
  return (
    <label class="choice">
      <span class="hidden">{label}</span>
      <select value={value} data-set={value !== ''} onChange={(event) => change(event.currentTarget.value)}>
        <option value="">{label}</option>
        {!known && <option value={value}>{value}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text} ({count(choice.count)})
          </option>
        ))}
      </select>
    </label>
  );
}
