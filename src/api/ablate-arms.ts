/** The arms of an ablation: combinations of settings, each with a name that its folder can have. */

import { z } from 'zod';
import { suggest, UserError } from '../base/errors.ts';
import type { ModelEntry } from '../gan/index.ts';
import { configJsonSchema } from '../train/index.ts';

export interface Arm {
  /** `attentionAt-16`, or the name that it was given. */
  readonly name: string;
  /** `model.attentionAt=[16]` …, as `applySetting` reads them. */
  readonly settings: readonly string[];
}

export interface ArmOptions {
  /** Each `key=value,value,…`; the arms are all combinations of one value a key. */
  readonly grid?: readonly string[] | undefined;
  /** Each `key=value key=value …`, or `NAME: key=value …`: one arm. They stand after those of the grid. */
  readonly arms?: readonly string[] | undefined;
}

/** One `key=value` of an arm. */
interface Choice {
  /** As it was written. */
  readonly key: string;
  readonly value: string;
  readonly setting: string;
}

/**
 * Reads the arms. A key is looked up among the options of the model first (`attentionAt` is `model.attentionAt`), then
 * taken for a path into the config (`generator.learningRate`). Where it holds a list, `none` is the empty one, and a value
 * alone stands for a list of one.
 *
 * Throws UserError for a key that does not exist, with the one nearest to it, for arms that are equal, and for none.
 */
export function readArms(model: ModelEntry, { grid = [], arms = [] }: ArmOptions): Arm[] {
  const single = arms.map((text) => readArm(model, text));
  const axes = grid.map((text) => readAxis(model, text));
  const combined = axes.reduce<Choice[][]>(
    (before, axis) => before.flatMap((choices) => axis.map((choice) => [...choices, choice])),
    [[]],
  );
  const all = [...(axes.length === 0 ? [] : combined.map((choices) => armOf(choices))), ...single];
  if (all.length < 2) {
    throw new UserError(
      `ablate: ${all.length === 0 ? 'no arm is named' : `there is one arm, ${all[0]?.name}`}; expected two or more to ` +
        'compare. Pass --grid attentionAt=none,16, or several --arm.',
    );
  }
  for (const [i, arm] of all.entries()) {
    const twin = all
      .slice(0, i)
      .find(({ name, settings }) => name === arm.name || sameSettings(settings, arm.settings));
    if (twin === undefined) continue;
    throw new UserError(
      `ablate: the arms ${twin.name} and ${arm.name} are ${twin.name === arm.name ? 'named alike' : 'the same'}; expected ` +
        'arms that differ. Leave one of them out, or name them: --arm "NAME: key=value".',
    );
  }
  return all;
}

function sameSettings(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join('\n') === b.toSorted().join('\n');
}

function readArm(model: ModelEntry, text: string): Arm {
  const [, name, settings = ''] = /^\s*(?:([\w.-]+):)?\s*(.*?)\s*$/.exec(text) ?? [];
  const choices = settings.split(/\s+/).map((word) => {
    const { key, values } = split('--arm', word);
    return choose(model, '--arm', key, values);
  });
  return armOf(choices, name);
}

function readAxis(model: ModelEntry, text: string): Choice[] {
  const { key, values } = split('--grid', text);
  // Commas within brackets belong to a list.
  return values.split(/,(?![^[]*\])/).map((value) => choose(model, '--grid', key, value.trim()));
}

function split(option: string, text: string): { readonly key: string; readonly values: string } {
  const [, key, values] = /^\s*([^=\s]+)=(.+)$/s.exec(text) ?? [];
  if (key !== undefined && values !== undefined) return { key, values };
  throw new UserError(`ablate ${option} ${text}: expected key=value, for example ${option} attentionAt=16.`);
}

function armOf(choices: readonly Choice[], name?: string): Arm {
  const named = choices.map(({ key, value }) => `${key}-${value}`.replaceAll(/[^\w.+-]+/g, '_').replace(/_+$/, ''));
  return { name: name ?? named.join('_'), settings: choices.map(({ setting }) => setting) };
}

function choose(model: ModelEntry, option: string, key: string, value: string): Choice {
  const path = Object.hasOwn(model.options.shape, key) ? `model.${key}` : key;
  const schema = schemaOf(model, option, path);
  if (schema.type !== 'array' || value.startsWith('[')) return { key, value, setting: `${path}=${value}` };
  const list = value === 'none' ? '[]' : `[${/^-?[\d.]+$/.test(value) ? value : JSON.stringify(value)}]`;
  return { key, value, setting: `${path}=${list}` };
}

const objectSchema = z.object({
  type: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

/** The JSON Schema of what a path of the config holds. Throws UserError with suggestions where there is no such path. */
function schemaOf(model: ModelEntry, option: string, path: string) {
  const ofModel = z.toJSONSchema(model.options, { io: 'input' });
  const config = objectSchema.parse(configJsonSchema());
  let schema = objectSchema.parse({ ...config, properties: { ...config.properties, model: ofModel } });
  const seen: string[] = [];
  for (const key of path.split('.')) {
    const known = Object.keys(schema.properties ?? {});
    if (!known.includes(key)) {
      const near = seen.length === 0 ? [...Object.keys(model.options.shape), ...known] : known;
      throw new UserError(
        `ablate ${option}: ${[...seen, key].join('.')} is no setting of a run of ${model.name}; expected an option of the ` +
          `model or a path into the config, as "sagan schema" lists them. ${suggest(key, near)}`,
      );
    }
    schema = objectSchema.parse(schema.properties?.[key]);
    seen.push(key);
  }
  return schema;
}
