import type { Kind } from '../api/resources.ts';
import { texts } from '../texts.ts';
import { FieldErrors } from '../ui/states.tsx';
import { errorsAt } from './check.ts';
import { change, draft } from './draft.ts';
import { formatAbout } from './formats.ts';
import { details } from './items.ts';
import { formatOf, itemKey, kindsOf } from './request.ts';
import { Section } from './section.tsx';

const t = texts.export;

/** A format for each kind of data among the items. */
export function FormatsSection() {
  const kinds = kindsOf(draft.value, details.value);
  return (
    <Section id="formats" number={3} title={kinds.length > 1 ? t.formats : t.format}>
      {kinds.map((kind) => (
        <FormatChoice key={kind} kind={kind} alone={kinds.length === 1} />
      ))}
    </Section>
  );
}

function FormatChoice({ kind, alone }: { kind: Kind; alone: boolean }) {
  const item = draft.value.items.find((one) => details.value.get(itemKey(one))?.kind === kind);
  const choices = (item && details.value.get(itemKey(item))?.data.export_formats) ?? [];
  const chosen = formatOf(draft.value, kind);
  const about = formatAbout(chosen, kind);
  const errors = errorsAt(`formats.${kind}`);
  const id = `format-${kind}`;
  return (
    <div class="format-choice">
      <label class="label" for={id}>
        {alone ? t.formatFor : t.formatOf(texts.kinds[kind])}
      </label>
      <select
        id={id}
        value={chosen}
        aria-describedby={`${id}-about ${id}-errors`}
        aria-invalid={errors.length > 0}
        onChange={(event) => change({ formats: { ...draft.value.formats, [kind]: event.currentTarget.value } })}
      >
        {choices.map(({ name, mimetype }) => (
          <option key={mimetype} value={mimetype}>
            {name}
          </option>
        ))}
      </select>
      <p id={`${id}-about`} class="format-about">
        {about.good && (
          <span>
            <strong>{t.good}</strong> {about.good}
          </span>
        )}
        {about.loses && (
          <span>
            <strong>{t.loses}</strong> {about.loses}
          </span>
        )}
      </p>
      <FieldErrors id={`${id}-errors`} sentences={errors} />
    </div>
  );
}
