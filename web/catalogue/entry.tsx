import type { Data } from '../api/resources.ts';
import { addItem, isChosen, removeItem } from '../export/draft.ts';
import { ago, dateTime } from '../locale.ts';
import { to } from '../sitepath.ts';
import { texts } from '../texts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';

const t = texts.catalogue;

/** A layer or table in the list. */
export function Entry({ entry }: { entry: Data }) {
  const { type, id, title, kind, published_at: published } = entry;
  return (
    <li class="entry">
      <span class={`kind-mark kind-${kind}`}>
        <Icon name={kindIcon(kind)} size={22} />
      </span>
      <div class="entry-text">
        <h3>
          <a href={itemAddress(entry)}>{title}</a>
        </h3>
        <p class="meta">
          <span>{texts.kinds[kind]}</span>
          <time datetime={published} title={dateTime(published)}>
            {t.updated(ago(published))}
          </time>
        </p>
      </div>
      <ChooseButton type={type} id={id} title={title} />
    </li>
  );
}

export function itemAddress({ type, id }: Pick<Data, 'type' | 'id'>): string {
  return to(`/${type}s/${id}/`);
}

export function kindIcon(kind: Data['kind']): IconName {
  return kind;
}

/** Puts a layer or table into the crate, and takes it out again. */
export function ChooseButton({ type, id, title, large = false }: { type: Data['type']; id: number; title: string; large?: boolean }) {
  const chosen = isChosen(type, id);
  return (
    <button
      type="button"
      class={`button choose ${large ? '' : 'button-small'}`}
      aria-pressed={chosen}
      aria-label={t.chooseLabel(title)}
      onClick={() => (chosen ? removeItem(type, id) : addItem(type, id))}
    >
      <Icon name={chosen ? 'check' : 'plus'} size={18} />
      <span>{chosen ? t.chosen : t.choose}</span>
    </button>
  );
}
