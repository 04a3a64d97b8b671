/** One setting of the form, with the control that its kind asks for. */
import { useState } from 'preact/hooks';
import { NumberField, Select, TextField, Toggle } from '../../components/field.tsx';
import { type Setting, titleOf } from './schema-form.ts';
import { readValue, writtenValue } from './settings-list.ts';

interface SettingFieldProps {
  readonly setting: Setting;
  /** What it was changed to; undefined: as in the preset. */
  readonly changed: unknown;
  readonly error: string | undefined;
  readonly onChange: (value: unknown) => void;
}

export function SettingField({ setting, changed, error, onChange }: SettingFieldProps) {
  const { name, description, entry, initial } = setting;
  const value = changed ?? initial;
  const shared = { label: titleOf(name), hint: description, error };
  if (entry.kind === 'switch' && typeof value === 'boolean' && typeof initial === 'boolean')
    return <Toggle {...shared} value={value} initial={initial} onInput={onChange} />;
  if (entry.kind === 'number' && typeof value === 'number' && typeof initial === 'number') {
    const { isInteger, min, max } = entry;
    const bounds = { isInteger, ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    return <NumberField {...shared} {...bounds} value={value} initial={initial} onInput={onChange} />;
  }
  if (entry.kind === 'choice' || entry.kind === 'switch') {
    const choices = entry.kind === 'choice' ? entry.choices : [true, false];
    return <Choice {...shared} choices={choices} value={value} initial={initial} onChange={onChange} />;
  }
  return <Written setting={setting} value={value} error={error} onChange={onChange} />;
}

const unset = '';

function Choice({
  choices,
  value,
  initial,
  onChange,
  ...shared
}: {
  readonly label: string;
  readonly hint: string | undefined;
  readonly error: string | undefined;
  readonly choices: readonly unknown[];
  readonly value: unknown;
  readonly initial: unknown;
  readonly onChange: (value: unknown) => void;
}) {
  const named = choices.map((choice) => ({ value: writtenValue(choice), label: writtenValue(choice) }));
  const key = (chosen: unknown) => (chosen === undefined ? unset : writtenValue(chosen));
  return (
    <Select
      {...shared}
      value={key(value)}
      initial={key(initial)}
      options={initial === undefined ? [{ value: unset, label: 'Default' }, ...named] : named}
      onInput={(chosen) => onChange(chosen === unset ? undefined : readValue(chosen))}
    />
  );
}

/** Texts, lists, and numbers that may be left to Sagan. A text that cannot be read is kept and marked until it is mended. */
function Written({ setting: { name, description, entry, initial }, value, error, onChange }: WrittenProps) {
  const [typed, setTyped] = useState<string>();
  const write = (given: unknown) => (given === undefined ? '' : writtenValue(given));
  const wrong = typed === undefined ? undefined : textProblem(typed, entry.kind);
  return (
    <TextField
      label={titleOf(name)}
      hint={description}
      error={wrong ?? error}
      value={typed ?? write(value)}
      initial={write(initial)}
      placeholder="Default"
      onInput={(text) => {
        const problem = textProblem(text, entry.kind);
        setTyped(problem === undefined ? undefined : text);
        if (problem === undefined) onChange(text === '' ? undefined : entry.kind === 'text' ? text : readValue(text));
      }}
    />
  );
}

type WrittenProps = Pick<SettingFieldProps, 'setting' | 'error' | 'onChange'> & { readonly value: unknown };

function textProblem(text: string, kind: Setting['entry']['kind']): string | undefined {
  if (text === '' || kind === 'text') return undefined;
  const value = readValue(text);
  if (kind === 'number') return typeof value === 'number' ? undefined : 'Expected a number.';
  return typeof value === 'string' && /^[[{"]/.test(text.trim()) ? 'Expected JSON, such as [8, 16].' : undefined;
}
