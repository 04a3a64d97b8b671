/** A form made of the config's JSON Schema and the values of a preset: what can be set, between which bounds, and what is set. */

/** The parts of JSON Schema that the config's uses. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** How a setting is entered. */
export type Entry =
  | { readonly kind: 'switch' }
  | {
      readonly kind: 'number';
      readonly isInteger: boolean;
      readonly min: number | undefined;
      readonly max: number | undefined;
    }
  /** One of some values. */
  | { readonly kind: 'choice'; readonly choices: readonly unknown[] }
  | { readonly kind: 'text' }
  /** Lists and other things, as JSON. */
  | { readonly kind: 'json' };

export interface Setting {
  /** As `--set` takes it: `ema.decay`. */
  readonly path: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly entry: Entry;
  /** The preset's; undefined where it leaves the choice to Sagan. */
  readonly initial: unknown;
}

export interface SettingGroup {
  readonly path: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly settings: readonly Setting[];
  readonly groups: readonly SettingGroup[];
}

/** Not for a person to set, or set elsewhere on the page. */
const leftOut: ReadonlySet<string> = new Set(['$schema', 'formatVersion', 'preset', 'images', 'data.source']);

/** The form of a config's schema for a preset whose config is given. */
export function formOf(schema: object, config: object): SettingGroup {
  return groupOf({ schema, value: config, path: '', name: '' });
}

function groupOf({ schema, value, path, name }: GroupInput): SettingGroup {
  const settings: Setting[] = [];
  const groups: SettingGroup[] = [];
  // Of an optional part that the preset leaves out, the defaults hold only once it is there.
  const isThere = value !== undefined || path === '' || schema.default !== undefined;
  for (const [key, declared] of Object.entries(schema.properties ?? {})) {
    const inner = path === '' ? key : `${path}.${key}`;
    const given = memberOf(value, key);
    const chosen = variantOf(declared, given);
    if (leftOut.has(inner) || chosen.const !== undefined) continue;
    if (chosen.properties !== undefined) groups.push(groupOf({ schema: chosen, value: given, path: inner, name: key }));
    else
      settings.push({
        path: inner,
        name: key,
        description: chosen.description,
        entry: entryOf(chosen),
        initial: given ?? (isThere ? chosen.default : undefined),
      });
  }
  return { path, name, description: schema.description, settings, groups };
}

interface GroupInput {
  readonly schema: Schema;
  readonly value: unknown;
  readonly path: string;
  readonly name: string;
}

/** Of alternatives told apart by their `name` the one that the value is of. */
function variantOf(schema: Schema, value: unknown): Schema {
  const variant = schema.oneOf?.find(({ properties }) => properties?.name?.const === memberOf(value, 'name'));
  return variant === undefined ? schema : { description: schema.description ?? '', ...variant };
}

function entryOf(schema: Schema): Entry {
  const { type, anyOf } = schema;
  if (type === 'boolean') return { kind: 'switch' };
  if (schema.enum !== undefined) return { kind: 'choice', choices: schema.enum };
  if (anyOf?.every((one) => one.const !== undefined) === true)
    return { kind: 'choice', choices: anyOf.map((one) => one.const) };
  if (type === 'number' || type === 'integer') {
    const isInteger = type === 'integer';
    return { kind: 'number', isInteger, min: leastOf(schema), max: mostOf(schema) };
  }
  return { kind: type === 'string' ? 'text' : 'json' };
}

/** Bounds that a person may want to know; an open bound of real numbers is left to the server. */
function leastOf({ type, minimum, exclusiveMinimum }: Schema): number | undefined {
  return minimum ?? (type === 'integer' && exclusiveMinimum !== undefined ? exclusiveMinimum + 1 : exclusiveMinimum);
}

function mostOf({ maximum, exclusiveMaximum }: Schema): number | undefined {
  return maximum === Number.MAX_SAFE_INTEGER ? undefined : (maximum ?? exclusiveMaximum);
}

/** A member of an object, whatever the value is. */
export function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(key)
    : undefined;
}

/** The settings in which each word of a search occurs: in their path or their description. Empty groups are left out. */
export function searchForm(group: SettingGroup, search: string): SettingGroup {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return group;
  const settings = group.settings.filter(({ path, description }) => {
    const text = `${path} ${spaced(path)} ${description ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const groups = group.groups.map((inner) => searchForm(inner, search)).filter((inner) => sizeOf(inner) > 0);
  return { ...group, settings, groups };
}

/** How many settings a group and the groups in it have. */
export function sizeOf({ settings, groups }: SettingGroup): number {
  return groups.reduce((sum, group) => sum + sizeOf(group), settings.length);
}

/** `checkpointEverySteps` as words: "Checkpoint every steps". */
export function titleOf(name: string): string {
  const words = spaced(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function spaced(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);
}
