import { useRef } from 'preact/hooks';
import { KINDS } from '../api/resources.ts';
import { texts } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { problems, verdict } from './check.ts';
import { draft } from './draft.ts';
import { titleOf } from './items.ts';

const t = texts.start;

/** What the check says of the request, in one line; it opens to all of it. Each sentence on what is wrong leads to its field, where it stands as well. */
export function Findings() {
  const list = useRef<HTMLDetailsElement>(null);
  const wrong = problems();
  const notes = verdict.value?.warnings ?? [];
  if (wrong.length + notes.length === 0) return null;
  function close(): void {
    if (list.current) list.current.open = false;
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !list.current?.open) return;
    close();
    list.current.querySelector('summary')?.focus();
  }
  function onFocusOut({ relatedTarget }: FocusEvent): void {
    if (relatedTarget instanceof Node && !list.current?.contains(relatedTarget)) close();
  }
  return (
    <details ref={list} class="findings" onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <summary class={wrong.length > 0 ? 'state-error' : 'state-warning'}>
        <Icon name={wrong.length > 0 ? 'error' : 'warning'} size={18} />
        <span>{t.findings(wrong.length, notes.length)}</span>
      </summary>
      <div class="findings-list" role="group" aria-label={t.findingsLabel} tabIndex={0}>
        {wrong.length > 0 && (
          <>
            <h2 class="state-error">{t.toCorrect}</h2>
            <ul>
              {wrong.map(({ at, sentence }) => (
                <li key={`${at} ${sentence}`}>
                  <button
                    type="button"
                    class="link-button"
                    onClick={() => {
                      close();
                      showField(at);
                    }}
                  >
                    <strong>{fieldName(at)}</strong> {sentence}
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
        {notes.length > 0 && (
          <>
            <h2 class="state-warning">{t.toKnow}</h2>
            <ul>
              {notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          </>
        )}
      </div>
    </details>
  );
}

/** What the reader knows a field as: `items[2].color` → the item's title. */
function fieldName(at: string): string {
  const { section, item, name } = partsOf(at);
  const chosen = item === undefined ? undefined : draft.value.items[item];
  if (chosen) return titleOf(chosen);
  const kind = KINDS.find((one) => one === name);
  if (section === 'formats' && kind) return texts.export.formatOf(texts.kinds[kind]);
  if (section === 'options' && name !== undefined) return texts.options.labels[name] ?? name;
  return t.fields[section] ?? '';
}

/** Goes to the field that has the first thing wrong. */
export function showFirstProblem(): void {
  const [first] = problems();
  if (first) showField(first.at);
}

/** Goes to a field and to what is said beside it; a field that has no place of its own is in its section. */
function showField(at: string): void {
  const said = document.getElementById(placeOf(at));
  const field = said && document.querySelector<HTMLElement>(`[aria-describedby~="${said.id}"]`);
  (field ?? said?.parentElement?.querySelector<HTMLElement>('a, button, input, select'))?.focus({ preventScroll: true });
  said?.scrollIntoView({ block: 'center' });
}

/** The element that has the sentences on a field: `items[2].color` → `item-2-errors`. */
function placeOf(at: string): string {
  const { section, item, name } = partsOf(at);
  if (section === 'items' && item !== undefined) return `item-${item}-errors`;
  if (section === 'formats' && name !== undefined) return `format-${name}-errors`;
  if (section === 'options' && name !== undefined) return `option-${name}-errors`;
  return section === 'extent' ? 'area-errors' : `${section}-errors`;
}

/** A field's path: `items[2].color`, `formats.vector`, `crs`. */
function partsOf(at: string): { section: string; item: number | undefined; name: string | undefined } {
  const [, section = '', item, name] = /^(\w+)(?:\[(\d+)\])?(?:\.(\w+))?/.exec(at) ?? [];
  return { section, item: item === undefined ? undefined : Number(item), name };
}
