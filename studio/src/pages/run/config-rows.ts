/** A config as rows, and as the command that would train the same. */

export interface ConfigRow {
  /** `generator.learningRate` */
  readonly key: string;
  /** As JSON. */
  readonly value: string;
}

/** Every setting of a config by its dotted key; lists are one value. */
export function configRows(config: object, prefix = ''): readonly ConfigRow[] {
  return Object.entries(config).flatMap(([name, value]) => {
    const key = `${prefix}${name}`;
    return isGroup(value) ? configRows(value, `${key}.`) : [{ key, value: JSON.stringify(value) }];
  });
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

/** The rows that have all words of the search, in their keys or values, whatever the case. */
export function searchedRows(rows: readonly ConfigRow[], search: string): readonly ConfigRow[] {
  const words = search.toLowerCase().split(/\s+/);
  return rows.filter(({ key, value }) => words.every((word) => `${key} ${value}`.toLowerCase().includes(word)));
}

/** What the trainer finds out or writes itself, and no command sets. */
const derived = /^(formatVersion|preset|images\.)/;

/**
 * The command that begins the same training anew in the folder `out`. `presetConfig` is what the run's preset stands for; what
 * it already says is left out. Without it the command says every setting.
 */
export function trainCommand(config: object, presetConfig: object | undefined, out: string): string {
  const preset = new Map(configRows(config).map(({ key, value }) => [key, value])).get('preset');
  const usual = new Map(configRows(presetConfig ?? {}).map(({ key, value }) => [key, value]));
  const changed = configRows(config).filter(({ key, value }) => !derived.test(key) && usual.get(key) !== value);
  const options = changed.map(({ key, value }) => {
    if (key === 'data.source') return `--data ${shellWord(String(JSON.parse(value)))}`;
    if (key === 'steps' || key === 'seed' || key === 'batch') return `--${key} ${value}`;
    return `--set ${shellWord(`${key}=${plain(value)}`)}`;
  });
  // A preset without a known meaning would bring in settings that are not those of the run.
  const recipe = preset === undefined || presetConfig === undefined ? [] : [`--preset ${shellWord(plain(preset))}`];
  return ['sagan train', ...recipe, ...options, `--out ${shellWord(out)}`].join(' ');
}

/** Text without its quotes, unless it would then be read as something else. */
function plain(json: string): string {
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' && !/^(true|false|null|-?\d.*|[[{"].*)$/.test(value) ? value : json;
}

const shellWord = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
