import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { explain } from '../state/explain.js';
import { Button } from './buttons.js';
import type { IconName } from './icon.js';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** When it is left with another text than before. */
  readonly onLeave?: () => void;
  /** Which keys the phone offers. */
  readonly keys?: 'text' | 'url' | 'numeric';
  readonly secret?: boolean;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly longest?: number;
  /** Takes the focus when its sheet opens, with what is in it selected. */
  readonly first?: boolean;
  readonly suggestions?: readonly { readonly value: string; readonly name: string }[];
}

/** A line to write on, with its name above it. */
export function Field(props: FieldProps) {
  const { label, value, onInput, onLeave, keys = 'text', secret, suggestions = [], first } = props;
  const listId = useId();
  const common = {
    value,
    placeholder: props.placeholder,
    required: props.required,
    maxLength: props.longest ?? 2048,
    autofocus: first,
    onFocus: (event: { currentTarget: HTMLInputElement }) => first && event.currentTarget.select(),
    onInput: (event: { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value),
    onChange: onLeave,
  };
  const capitals = keys === 'text' ? ('sentences' as const) : ('off' as const);
  return (
    <>
      <label class="field">
        <span>{label}</span>
        {secret ? (
          <input type="password" autocomplete="new-password" {...common} />
        ) : (
          <input
            type="text"
            inputMode={keys}
            autocomplete="off"
            autocapitalize={capitals}
            list={suggestions.length > 0 ? listId : undefined}
            {...common}
          />
        )}
      </label>
      {suggestions.length > 0 && (
        <datalist id={listId}>
          {suggestions.map((suggestion) => (
            <option key={suggestion.value} value={suggestion.value}>
              {suggestion.name}
            </option>
          ))}
        </datalist>
      )}
    </>
  );
}

interface CheckProps {
  readonly label: string;
  readonly value: boolean;
  readonly onInput: (value: boolean) => void;
}

/** Something that holds or does not. */
export function Check({ label, value, onInput }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={(event) => onInput(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface ChoiceProps<T> {
  readonly legend: string;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly value: T;
  readonly onInput: (value: T) => void;
}

/** One of a few. */
export function Choice<T>({ legend, options, value, onInput }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class="choices pair">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.label}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onInput(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface SheetFormProps {
  readonly icon: IconName;
  /** What the button says. */
  readonly submit: string;
  readonly disabled?: boolean;
  /** Does it, and closes the sheet when it is done; what is wrong comes back in words. */
  readonly run: () => Promise<string | undefined>;
  readonly children: ComponentChildren;
  /** Beside the button. */
  readonly beside?: ComponentChildren;
}

/** A form that stays, with all that was typed, until the server has agreed; what was wrong is said above its button. */
export function SheetForm({ icon, submit, disabled, run, children, beside }: SheetFormProps) {
  const [problem, setProblem] = useState<string>();
  const busy = useRef(false);
  const said = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (problem === undefined) return undefined;
    // What was written is laid out a frame later: before that the button would be cut off by as much.
    const frame = requestAnimationFrame(() =>
      said.current?.closest('form')?.scrollIntoView({ block: 'end' }),
    );
    return () => cancelAnimationFrame(frame);
  }, [problem]);
  const go = async (): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    setProblem(undefined);
    setProblem(await run().catch(explain));
    busy.current = false;
  };
  return (
    <form
      onInput={() => setProblem(undefined)}
      onSubmit={(event) => {
        event.preventDefault();
        void go();
      }}
    >
      {children}
      <p ref={said} class="form-problem" role="alert">
        {problem}
      </p>
      <div class="play-buttons">
        <Button submit icon={icon} kind="primary" label={submit} {...(disabled ? { disabled } : {})} />
        {beside}
      </div>
    </form>
  );
}
