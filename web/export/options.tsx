import { useEffect, useState } from 'preact/hooks';
import { API } from '../api/client.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { FieldErrors } from '../ui/states.tsx';
import { errorsAt } from './check.ts';
import { change, draft } from './draft.ts';
import { details } from './items.ts';
import { optionsThatApply } from './request.ts';
import { Section } from './section.tsx';

const t = texts.options;

/** An option as `OPTIONS /exports/` describes it. */
interface Rule {
  name: string;
  type: 'choice' | 'boolean' | 'integer';
  default: string | number | boolean;
  choices: string[];
  minimum: number;
  maximum: number;
}

/** Options that the chosen formats heed, and the name. */
export function OptionsSection() {
  const applies = optionsThatApply(draft.value, details.value);
  const rules = useRules().filter(({ name }) => (name === 'raster_resolution_multiplier' ? applies.raster : applies.pdf));
  const errors = errorsAt('name');
  return (
    <Section id="options" number={5} title={t.title}>
      {rules.map((rule) => (
        <OptionField key={rule.name} rule={rule} />
      ))}
      <div>
        <label class="field">
          <span class="label">{t.name}</span>
          <input
            type="text"
            dir="auto"
            value={draft.value.name}
            placeholder={t.nameHint}
            maxLength={200}
            aria-describedby="name-errors"
            aria-invalid={errors.length > 0}
            onInput={(event) => change({ name: event.currentTarget.value })}
          />
        </label>
        <FieldErrors id="name-errors" sentences={errors} />
      </div>
    </Section>
  );
}

function OptionField({ rule }: { rule: Rule }) {
  const id = `option-${rule.name}`;
  const value = draft.value.options[rule.name] ?? rule.default;
  const errors = errorsAt(`options.${rule.name}`);
  const set = (next: string | number | boolean) => change({ options: { ...draft.value.options, [rule.name]: next } });
  const label = t.labels[rule.name] ?? rule.name;
  const described = { id, 'aria-describedby': `${id}-hint ${id}-errors`, 'aria-invalid': errors.length > 0 };
  return (
    <div class={rule.type === 'boolean' ? 'field-check' : 'field'}>
      {rule.type === 'boolean' && (
        <input type="checkbox" {...described} checked={value === true} onChange={(event) => set(event.currentTarget.checked)} />
      )}
      <label class="label" for={id}>
        {label}
      </label>
      {rule.type === 'choice' && (
        <select {...described} value={String(value)} onChange={(event) => set(event.currentTarget.value)}>
          {rule.choices.map((choice) => (
            <option key={choice} value={choice}>
              {t.choices[choice] ?? choice}
            </option>
          ))}
        </select>
      )}
      {rule.type === 'integer' && (
        <input
          type="number"
          {...described}
          min={rule.minimum}
          max={rule.maximum}
          step={1}
          value={String(value)}
          onInput={(event) => set(Number(event.currentTarget.value))}
        />
      )}
      {t.hints[rule.name] && (
        <p id={`${id}-hint`} class="hint">
          {t.hints[rule.name]}
        </p>
      )}
      <FieldErrors id={`${id}-errors`} sentences={errors} />
    </div>
  );
}

/** The options that this site knows, from its own description of them. */
function useRules(): Rule[] {
  const [rules, setRules] = useState<Rule[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    fetch(to(`${API}/exports/`), { method: 'OPTIONS', signal: controller.signal })
      .then((response) => response.json())
      .then((form: unknown) => setRules(readRules(form)))
      .catch(() => undefined);
    return () => controller.abort();
  }, []);
  return rules;
}

function readRules(form: unknown): Rule[] {
  const children: Record<string, unknown> = Object(Object(form).actions?.POST?.options?.children);
  return Object.entries(children).flatMap(([name, field]) => {
    const { type, default: usual, choices, minimum, maximum }: Record<string, unknown> = Object(field);
    if (type !== 'choice' && type !== 'boolean' && type !== 'integer') return [];
    if (typeof usual !== 'string' && typeof usual !== 'number' && typeof usual !== 'boolean') return [];
    const values = Array.isArray(choices) ? choices.map((one: unknown) => String(Object(one).value)) : [];
    return [{ name, type, default: usual, choices: values, minimum: Number(minimum ?? 0), maximum: Number(maximum ?? 0) }];
  });
}
