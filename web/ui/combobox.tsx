import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { texts } from '../texts.ts';

interface Props<T> {
  label: string;
  hint?: string;
  /** What the field shows while nothing is typed. */
  value: string;
  /** Asked for when the field is opened, with '', and a moment after each letter. */
  find: (text: string, signal: AbortSignal) => Promise<readonly T[]>;
  keyOf: (option: T) => string;
  show: (option: T) => ComponentChildren;
  choose: (option: T) => void;
  /** What Enter does with a text that no option was chosen for. */
  take?: (text: string) => void;
  nothing: string;
  errorsId?: string;
  invalid?: boolean;
}

const PAUSE_MS = 200;

/** A text field with options (WAI-ARIA Authoring Practices, "Combobox"): arrows move, Enter chooses, Escape closes. */
export function Combobox<T>(props: Props<T>) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const [options, setOptions] = useState<readonly T[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [active, setActive] = useState(-1);
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (!open) return;
    const controller = new AbortController();
    const wanted = (text ?? '').trim();
    const timer = setTimeout(
      () =>
        props.find(wanted, controller.signal).then(
          (found) => {
            if (controller.signal.aborted) return;
            setOptions(found);
            setProblem(null);
            setActive(wanted !== '' && found.length > 0 ? 0 : -1);
          },
          (error: unknown) => {
            if (!controller.signal.aborted) setProblem(error instanceof ApiError ? error.message : texts.errors.unknown);
          },
        ),
      wanted === '' ? 0 : PAUSE_MS,
    );
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [open, text]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  function close(): void {
    setOpen(false);
    setText(null);
    setOptions(null);
    setProblem(null);
    setActive(-1);
  }
  function choose(option: T): void {
    props.choose(option);
    close();
  }
  function onKeyDown(event: KeyboardEvent): void {
    const found = options ?? [];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) setOpen(true);
      else if (found.length > 0) {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setActive(active < 0 ? (step > 0 ? 0 : found.length - 1) : (active + step + found.length) % found.length);
      }
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      const option = found[active];
      if (option !== undefined) choose(option);
      else if (props.take && text !== null && text.trim() !== '') {
        props.take(text.trim());
        close();
      }
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  }
  const described = [props.hint ? `${id}-hint` : '', props.errorsId ?? ''].filter(Boolean).join(' ');
  return (
    <div class="combobox">
      <label class="label" for={id}>
        {props.label}
      </label>
      <div class="combobox-field">
        <input
          id={id}
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          {...(open && active >= 0 ? { 'aria-activedescendant': `${id}-${active}` } : {})}
          {...(described === '' ? {} : { 'aria-describedby': described })}
          aria-invalid={props.invalid ?? false}
          value={text ?? props.value}
          onFocus={(event) => event.currentTarget.select()}
          onClick={() => setOpen(true)}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setOpen(true);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => close()}
        />
        <div class="combobox-popup" hidden={!open}>
          <ul id={`${id}-list`} ref={list} role="listbox" aria-label={props.label}>
            {(options ?? []).map((option, index) => (
              <li
                key={props.keyOf(option)}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(option)}
              >
                {props.show(option)}
              </li>
            ))}
          </ul>
          <p class="combobox-state" role="status">
            {problem ?? (options === null ? texts.loading : options.length === 0 ? props.nothing : texts.optionCount(options.length))}
          </p>
        </div>
      </div>
      {props.hint && (
        <p id={`${id}-hint`} class="hint">
          {props.hint}
        </p>
      )}
    </div>
  );
}
