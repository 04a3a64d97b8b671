/** Changes to a preset as the list that `--set` takes: `ema.decay=0.99`. What is as in the preset is not in it. */

export type Settings = readonly string[];

/** What a setting was changed to; undefined if it was not. */
export function settingOf(settings: Settings, path: string): unknown {
  const found = settings.find((setting) => setting.startsWith(`${path}=`));
  return found === undefined ? undefined : readValue(found.slice(path.length + 1));
}

/** With one setting changed, or taken out if it is `initial` again or undefined. */
export function withSetting(settings: Settings, path: string, value: unknown, initial: unknown): Settings {
  const others = settings.filter((setting) => !setting.startsWith(`${path}=`));
  return value === undefined || isSame(value, initial) ? others : [...others, `${path}=${writtenValue(value)}`];
}

/** How many settings below a path were changed. */
export function changesBelow(settings: Settings, path: string): number {
  return path === '' ? settings.length : settings.filter((setting) => setting.startsWith(`${path}.`)).length;
}

/** JSON where the text is JSON, else the text: as the command line reads it. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The shortest text that is read as this value again. */
export function writtenValue(value: unknown): string {
  return typeof value === 'string' && readValue(value) === value && value.trim() === value
    ? value
    : JSON.stringify(value);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
