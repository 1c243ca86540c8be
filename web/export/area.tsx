import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count } from '../locale.ts';
import { texts } from '../texts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { FieldErrors } from '../ui/states.tsx';
import { isTooComplex, mostVertices, shapeVertices } from './areageometry.ts';
import { errorsAt } from './check.ts';
import { CoordinatesForm } from './coordinates.tsx';
import { change, draft } from './draft.ts';
import { boxOf } from './geometry.ts';
import { PasteArea } from './paste.tsx';
import { PlaceSearch } from './place.tsx';
import { Section } from './section.tsx';
import { simplifyToFit } from './simplify.ts';

const t = texts.area;
const WAYS = ['place', 'file', 'coordinates'] as const;
type Way = (typeof WAYS)[number];
const ICONS: Readonly<Record<Way, IconName>> = { place: 'place', file: 'paste', coordinates: 'coordinates' };

/** What the layers are cropped to. Drawing is on the map, which stands beside this. */
export function AreaSection() {
  const way = useSignal<Way | null>(null);
  const { area } = draft.value;
  useEffect(() => {
    if (area?.kind === 'feature' && way.peek() === null) way.value = 'place';
  }, []);
  return (
    <Section id="area" number={2} title={t.title}>
      <AreaState />
      <FieldErrors id="area-errors" sentences={errorsAt('extent')} />
      <p class="hint">{t.hint}</p>
      <div class="ways" role="group" aria-label={t.ways}>
        {WAYS.map((one) => (
          <button
            key={one}
            type="button"
            class="button button-small"
            aria-expanded={way.value === one}
            aria-controls="area-way"
            onClick={() => {
              way.value = way.value === one ? null : one;
            }}
          >
            <Icon name={ICONS[one]} size={18} /> {t.way[one]}
          </button>
        ))}
      </div>
      <div id="area-way" class="way">
        {way.value === 'place' && <PlaceSearch value={area?.kind === 'feature' ? area.name : ''} />}
        {way.value === 'file' && <PasteArea />}
        {way.value === 'coordinates' && <CoordinatesForm />}
      </div>
    </Section>
  );
}

function AreaState() {
  const { area } = draft.value;
  const limit = mostVertices.value;
  if (!area) {
    return (
      <p class="area-state">
        <Icon name="layers" /> {t.everything}
      </p>
    );
  }
  const tooMany = isTooComplex.value;
  const name = area.kind === 'feature' ? area.name || t.aPlace : boxOf(area.geometry) ? t.box : t.shape;
  return (
    <div class={`area-state area-set ${tooMany ? 'area-too-many' : ''}`}>
      <Icon name={area.kind === 'feature' ? 'place' : 'polygon'} />
      <div role="status">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        {area.kind === 'shape' && <span class="meta">{t.vertices(count(shapeVertices.value), count(limit))}</span>}
      </div>
      {tooMany && area.kind === 'shape' && (
        <button
          type="button"
          class="button button-small button-primary"
          onClick={() => change({ area: { kind: 'shape', geometry: simplifyToFit(area.geometry, limit) } })}
        >
          {t.simplify(count(limit))}
        </button>
      )}
      <button type="button" class="button button-small" onClick={() => change({ area: null })}>
        <Icon name="close" size={16} /> {t.clear}
      </button>
    </div>
  );
}
