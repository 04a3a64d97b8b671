/** The programs whose weights can be read, and which of them made a file. */

import { suggest, UserError } from '../base/errors.ts';
import { bigganPytorch } from './biggan-pytorch.ts';
import { heykeetae } from './heykeetae.ts';
import { mimicry } from './mimicry.ts';
import { agreement, type ModuleRule, type NetworkName, type WeightSource } from './name-map.ts';
import { partsOf, type TensorDictionary } from './weight-file.ts';

export const sources: readonly WeightSource[] = [bigganPytorch, mimicry, heykeetae];

/** Throws UserError that lists the programs if there is none of that name. */
export function findSource(name: string): WeightSource {
  const found = sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const names = sources.map((source) => source.name);
  throw new UserError(`weights of "${name}" cannot be read. ${suggest(name, names)}`);
}

/** A network that was found in a file. */
export interface FoundNetwork {
  readonly source: WeightSource;
  readonly network: NetworkName;
  readonly dictionary: TensorDictionary;
  /** A moving average of the weights, to judge by what it or its file is called. */
  readonly averaged: boolean;
  readonly rules: readonly ModuleRule[];
}

/** More than chance can do: a share of names and of rules that must fit each other. */
const least = { names: 0.5, rules: 0.2 };

/**
 * The networks in the dictionaries of files, of one source or of whichever fits best. Where a dictionary is none, it is
 * looked for in its parts.
 */
export function findNetworks(dictionaries: readonly TensorDictionary[], from?: WeightSource): readonly FoundNetwork[] {
  return dictionaries.flatMap((dictionary) => {
    const whole = recognise(dictionary, from);
    const found = whole === undefined ? partsOf(dictionary).map((part) => recognise(part, from)) : [whole];
    return found.filter((network) => network !== undefined);
  });
}

function recognise(dictionary: TensorDictionary, from: WeightSource | undefined): FoundNetwork | undefined {
  const names = [...dictionary.tensors.keys()];
  const candidates = (from === undefined ? sources : [from]).flatMap((source) =>
    (['generator', 'discriminator'] as const).map((network) => {
      const rules = source.networks[network];
      return { source, network, rules, fit: agreement(names, rules) };
    }),
  );
  // A discriminator may have no name that a generator lacks: then the one with fewer rules to spare fits better.
  const [best] = candidates.toSorted((a, b) => b.fit.names - a.fit.names || b.fit.rules - a.fit.rules);
  if (best === undefined || best.fit.names < least.names || best.fit.rules < least.rules) return undefined;
  const { source, network, rules } = best;
  const averaged = network === 'generator' && /(^|[^a-z])ema([^a-z]|$)/i.test(placeOf(dictionary));
  return { source, network, rules, dictionary, averaged };
}

/** `runs/G_ema.pth` or `state.pth: G_ema`, as messages say where weights stand. */
export function placeOf({ file, where }: TensorDictionary): string {
  return where === '' ? file : `${file}: ${where}`;
}
