import { useEffect } from 'preact/hooks';
import { texts } from '../texts.ts';
import { Combobox } from '../ui/combobox.tsx';
import { FieldErrors } from '../ui/states.tsx';
import { errorsAt } from './check.ts';
import { type Crs, findCrs, learnName, nameOfCrs } from './crssearch.ts';
import { change, draft } from './draft.ts';
import { details } from './items.ts';
import { crsOf, needsCrs } from './request.ts';
import { Section } from './section.tsx';

const t = texts.crs;

/** The coordinate system that layers are written in. */
export function CrsSection() {
  const errors = errorsAt('crs');
  const needed = needsCrs(draft.value, details.value);
  const chosen = crsOf(draft.value, details.value);
  useEffect(() => {
    learnName(chosen).catch(() => undefined);
  }, [chosen]);
  return (
    <Section id="crs" number={4} title={t.title}>
      {needed ? (
        <>
          <Combobox<Crs>
            label={t.label}
            hint={t.hint}
            value={nameOfCrs(chosen)}
            find={findCrs}
            keyOf={({ id }) => id}
            show={({ id, name, note }) => (
              <>
                <bdi>{name}</bdi> <span class="meta">{[id, note].filter(Boolean).join(' · ')}</span>
              </>
            )}
            choose={({ id }) => change({ crs: id })}
            take={(text) => change({ crs: /^\d+$/.test(text) ? `EPSG:${text}` : text.toUpperCase() })}
            nothing={t.nothing}
            errorsId="crs-errors"
            invalid={errors.length > 0}
          />
          <FieldErrors id="crs-errors" sentences={errors} />
        </>
      ) : (
        <p class="hint">{t.notNeeded}</p>
      )}
    </Section>
  );
}
