import { api, dataOf } from '../api/client.ts';
import type { DataDetail } from '../api/resources.ts';
import { itemAddress, kindIcon } from '../catalogue/entry.tsx';
import { useLoading } from '../loading.ts';
import { size } from '../locale.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { FieldErrors } from '../ui/states.tsx';
import { errorsAt, verdict } from './check.ts';
import { change, draft, removeItem } from './draft.ts';
import { details, titleOf } from './items.ts';
import { carriesColor, itemKey } from './request.ts';
import { Section } from './section.tsx';
import type { DraftItem } from './settings.ts';

const t = texts.export;

/** The layers and tables that were chosen. */
export function ItemsSection() {
  return (
    <Section id="items" number={1} title={t.items}>
      <ul class="chosen">
        {draft.value.items.map((item, index) => (
          <Chosen key={`${itemKey(item)}${item.tile ?? ''}`} item={item} index={index} />
        ))}
      </ul>
      <FieldErrors id="items-errors" sentences={verdict.value?.errors.items ?? []} />
      <a class="button button-small" href={to('/')}>
        <Icon name="plus" size={18} /> {t.addMore}
      </a>
    </Section>
  );
}

function Chosen({ item, index }: { item: DraftItem; index: number }) {
  const detail = details.value.get(itemKey(item));
  const errors = errorsAt(`items[${index}]`);
  // Nothing is estimated of some items while there is something to correct.
  const estimate = verdict.value?.items[index]?.size_estimate_zipped ?? 0;
  const title = titleOf(item);
  const changeItem = (changes: Partial<DraftItem>) =>
    change({ items: draft.value.items.map((one, at) => (at === index ? { ...one, ...changes } : one)) });
  function remove(event: Event): void {
    // The focus goes to what stands in its place.
    const row = event.currentTarget instanceof Element ? event.currentTarget.closest('li') : null;
    const next = (row?.nextElementSibling ?? row?.previousElementSibling)?.querySelector<HTMLElement>('.remove');
    removeItem(item.type, item.id);
    (next ?? document.querySelector<HTMLElement>('h1'))?.focus();
  }
  return (
    <li class={`chosen-item ${errors.length > 0 ? 'has-error' : ''}`}>
      <div class="chosen-row">
        <span class={`kind-mark kind-${detail?.kind ?? 'vector'}`}>
          <Icon name={detail ? kindIcon(detail.kind) : 'file'} />
        </span>
        <div class="entry-text">
          <a href={itemAddress(item)}>
            <bdi>{title}</bdi>
          </a>
          <p class="meta">
            {detail && <span>{texts.kinds[detail.kind]}</span>}
            {item.version !== null && <span>{t.version(item.version)}</span>}
            {estimate > 0 && errors.length === 0 && <span>{t.about(size(estimate))}</span>}
          </p>
        </div>
        {detail && carriesColor(draft.value, detail.kind) && (
          <label class="color-field">
            <span class="hidden">{t.color(title)}</span>
            <input type="color" value={item.color ?? '#3399dd'} onChange={(event) => changeItem({ color: event.currentTarget.value })} />
          </label>
        )}
        <button type="button" class="icon-button remove" aria-label={t.remove(title)} onClick={remove}>
          <Icon name="close" size={18} />
        </button>
      </div>
      {detail?.tiles !== undefined && <TileChoice detail={detail} value={item.tile} choose={(tile) => changeItem({ tile })} />}
      <FieldErrors id={`item-${index}-errors`} sentences={errors} />
    </li>
  );
}

const MOST_TILES = 100;

/** One tile of a tiled layer, or all. */
function TileChoice({ detail, value, choose }: { detail: DataDetail; value: string | null; choose: (tile: string | null) => void }) {
  const tiles = useLoading(
    (signal) =>
      dataOf(
        api.GET('/services/api/v1/layers/{id}/tiles/', { params: { path: { id: detail.id }, query: { page_size: MOST_TILES } }, signal }),
      ),
    [detail.id],
  );
  if (tiles.state !== 'done') return null;
  return (
    <label class="field field-inline">
      <span class="label">{t.tile}</span>
      <select value={value ?? ''} onChange={(event) => choose(event.currentTarget.value || null)}>
        <option value="">{t.allTiles}</option>
        {tiles.value.map(({ id, name }) => (
          <option key={id} value={id}>
            {id === name ? id : `${id} (${name})`}
          </option>
        ))}
      </select>
    </label>
  );
}
