/** Controls with labels. A control whose `initial` is given can be set back to it; the button is grey while it stands there. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useState } from 'preact/hooks';
import { IconButton } from './button.tsx';
import './field.css';

interface FieldProps {
  readonly label: string;
  /** A line below: what it is, in which unit. */
  readonly hint?: string | undefined;
  /** What is wrong with the value. */
  readonly error?: string | undefined;
  /** What the reset button does; without it there is none. */
  readonly onReset?: (() => void) | undefined;
  readonly isInitial?: boolean;
}

interface Ids {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

/** A label, a control, a hint and what is wrong. The control takes the ids that it is given. */
export function Field({
  label,
  hint,
  error,
  onReset,
  isInitial = false,
  children,
}: FieldProps & { readonly children: (ids: Ids) => ComponentChildren }) {
  const id = useId();
  const describes = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(
    (part) => part !== false,
  );
  return (
    <div class={`field ${onReset !== undefined && !isInitial ? 'changed' : ''}`}>
      <div class="field-head">
        <label for={id}>{label}</label>
        {onReset !== undefined && (
          <IconButton icon="reset" label={`Reset ${label}`} isDisabled={isInitial} onClick={onReset} />
        )}
      </div>
      {children({
        id,
        'aria-describedby': describes.length === 0 ? undefined : describes.join(' '),
        'aria-invalid': error !== undefined,
      })}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface ValueProps<Value> extends Omit<FieldProps, 'onReset' | 'isInitial'> {
  readonly value: Value;
  readonly initial?: Value | undefined;
  /** Called with every value that can be read. */
  readonly onInput: (value: Value) => void;
  readonly isDisabled?: boolean;
}

function resetOf<Value>({ value, initial, onInput }: ValueProps<Value>) {
  return initial === undefined ? {} : { isInitial: value === initial, onReset: () => onInput(initial) };
}

/** A line of text. `suggestions` are offered while one types. */
export function TextField(
  props: ValueProps<string> & { readonly placeholder?: string; readonly suggestions?: readonly string[] },
) {
  const { value, onInput, placeholder, suggestions, isDisabled } = props;
  return (
    <Field {...props} {...resetOf(props)}>
      {(ids) => (
        <>
          <input
            {...ids}
            type="text"
            value={value}
            placeholder={placeholder}
            disabled={isDisabled}
            list={suggestions === undefined ? undefined : `${ids.id}-list`}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => onInput(currentTarget.value)}
          />
          {suggestions !== undefined && (
            <datalist id={`${ids.id}-list`}>
              {suggestions.map((suggestion) => (
                <option key={suggestion} value={suggestion} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

interface NumberProps extends ValueProps<number> {
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly isInteger?: boolean;
}

/** A number; a text that is none is kept and marked until it is mended, or the value is set from elsewhere. */
export function NumberField(props: NumberProps) {
  const { value, initial, onInput, min, max, step, isInteger = false, isDisabled, error } = props;
  const [typed, setTyped] = useState<string>();
  const wrong = typed === undefined ? undefined : numberProblem(typed, props);
  useLayoutEffect(() => {
    if (wrong !== undefined) setTyped(undefined);
  }, [value]);
  const reset = {
    isInitial: value === initial && wrong === undefined,
    onReset() {
      setTyped(undefined);
      if (initial !== undefined) onInput(initial);
    },
  };
  return (
    <Field {...props} {...(initial !== undefined && reset)} error={wrong ?? error}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          inputMode={isInteger ? 'numeric' : 'decimal'}
          value={typed ?? String(value)}
          min={min}
          max={max}
          step={step ?? (isInteger ? 1 : 'any')}
          disabled={isDisabled}
          onInput={({ currentTarget }) => {
            setTyped(currentTarget.value);
            if (numberProblem(currentTarget.value, props) === undefined) onInput(Number(currentTarget.value));
          }}
          onBlur={() => {
            if (wrong === undefined) setTyped(undefined);
          }}
        />
      )}
    </Field>
  );
}

/** What is wrong with a text that should be a number, if anything. */
function numberProblem(
  text: string,
  { min, max, isInteger = false }: Pick<NumberProps, 'min' | 'max' | 'isInteger'>,
): string | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const kind = isInteger ? 'a whole number' : 'a number';
  const range = [min !== undefined && `from ${min}`, max !== undefined && `up to ${max}`].filter(
    (part) => part !== false,
  );
  const expected = `Expected ${[kind, ...range].join(' ')}.`;
  if (!Number.isFinite(value) || (isInteger && !Number.isInteger(value))) return expected;
  return (min !== undefined && value < min) || (max !== undefined && value > max) ? expected : undefined;
}

/** A number from `min` to `max`, dragged. `onInput` follows the pointer, `onChange` comes at the end of a movement. */
export function Slider(
  props: ValueProps<number> & {
    readonly min: number;
    readonly max: number;
    readonly step: number;
    readonly onChange?: (value: number) => void;
    /** How the number is written; default: as it is. */
    readonly format?: (value: number) => string;
  },
) {
  const { value, onInput, onChange, min, max, step, format = String, isDisabled } = props;
  const written = format(value);
  return (
    <Field {...props} {...resetOf(props)}>
      {(ids) => (
        <div class="slider">
          <input
            {...ids}
            type="range"
            min={min}
            max={max}
            step={step}
            value={value}
            disabled={isDisabled}
            aria-valuetext={written}
            onInput={({ currentTarget }) => onInput(currentTarget.valueAsNumber)}
            onChange={({ currentTarget }) => onChange?.(currentTarget.valueAsNumber)}
          />
          <output for={ids.id}>{written}</output>
        </div>
      )}
    </Field>
  );
}

export interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

/** One of some words. */
export function Select<Value extends string>(
  props: ValueProps<Value> & { readonly options: readonly (Value | Option<Value>)[] },
) {
  const { value, onInput, isDisabled } = props;
  const options = props.options.map((option) =>
    typeof option === 'string' ? { value: option, label: option } : option,
  );
  return (
    <Field {...props} {...resetOf<Value>(props)}>
      {(ids) => (
        <select
          {...ids}
          value={value}
          disabled={isDisabled}
          onChange={({ currentTarget }) => {
            const chosen = options[currentTarget.selectedIndex];
            if (chosen !== undefined) onInput(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** On or off, beside its label. */
export function Toggle({ label, value, initial, onInput, hint, error, isDisabled }: ValueProps<boolean>) {
  const id = useId();
  return (
    <div class={`toggle ${initial !== undefined && value !== initial ? 'changed' : ''}`}>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={value}
        aria-checked={value}
        disabled={isDisabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={({ currentTarget }) => onInput(currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {initial !== undefined && (
        <IconButton
          icon="reset"
          label={`Reset ${label}`}
          isDisabled={value === initial}
          onClick={() => onInput(initial)}
        />
      )}
      {error !== undefined && <p class="field-error">{error}</p>}
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
