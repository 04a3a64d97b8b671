/** Weights of other programs as a run: read, translated, held against the model, and saved as its first checkpoint. */

import { UserError } from '../base/errors.ts';
import { openDataset } from '../data/index.ts';
import type { State, TensorData } from '../engine/index.ts';
import type { Shape } from '../engine/ir/tensor-data.ts';
import { tracePhases } from '../gan/index.ts';
import { initialize, type Variable } from '../nn/index.ts';
import { createRun, openEventLog, saveCheckpoint } from '../store/index.ts';
import { type Config, findPreset, parseConfig } from '../train/index.ts';
import {
  type FoundNetwork,
  findNetworks,
  findSource,
  type Misshaped,
  placeOf,
  readWeights,
  sources,
  translate,
} from '../weights/index.ts';
import { type Images, imagesOf, modelOf, stepOptionsOf } from './run-model.ts';
import { newConfig } from './train-config.ts';

export interface ImportOptions {
  /** `.pth` or `.safetensors` files, which together hold a generator, and perhaps its average and a discriminator. */
  readonly files: readonly string[];
  /** The preset whose model the weights are for. */
  readonly preset: string;
  /** Changes to the preset, `key.path=value`. */
  readonly settings?: readonly string[] | undefined;
  /** Folder of the new run. */
  readonly out: string;
  /** The program that saved the weights; default: the one whose names fit. */
  readonly from?: string | undefined;
  /** The dataset to go on training with. Default: the preset's, and without one the run can be sampled, not trained. */
  readonly data?: string | undefined;
  /** Of what no file holds. */
  readonly seed?: number | undefined;
}

type Role = 'generator' | 'averaged generator' | 'discriminator';

export type ImportEvent =
  | {
      readonly type: 'read';
      readonly network: Role;
      /** The program that saved it. */
      readonly source: string;
      readonly place: string;
      readonly tensors: number;
    }
  /** No file held it: what it was made from instead. */
  | { readonly type: 'initialised'; readonly what: Role | 'optimiser state'; readonly how: string }
  | {
      readonly type: 'imported';
      readonly run: string;
      readonly checkpoint: string;
      /** Whether the run names a dataset, so that training can go on as it is. */
      readonly hasDataset: boolean;
    };

/** Stands in a config for the dataset that nobody has named. */
const noDataset = 'none-named';

/**
 * Makes a run of a preset whose networks have the weights of files. It begins at step 0, because the moments of the
 * optimiser begin there.
 *
 * Throws UserError, before anything is written, where the files hold no known generator, or one of another architecture;
 * FormatError for a damaged or malicious file.
 */
export async function* importRun(options: ImportOptions): AsyncGenerator<ImportEvent> {
  const networks = networksOf(options);
  const { config, hasDataset } = await configOf(options);
  const { variables } = tracePhases(stepOptionsOf(config, modelOf(config)));
  const known = new Map<string, TensorData>();
  for (const [role, network] of networks) {
    const weights = weightsFor(network, role, variables, options, config);
    for (const [name, tensor] of weights) known.set(name, tensor);
    const { dictionary, source } = network;
    const { size: tensors } = weights;
    yield { type: 'read', network: role, source: source.name, place: placeOf(dictionary), tensors };
  }
  if (!networks.has('averaged generator')) {
    copy(known, 'G.', 'ema.G.');
    yield { type: 'initialised', what: 'averaged generator', how: 'a copy of the generator' };
  }
  if (!networks.has('generator')) {
    copy(known, 'ema.G.', 'G.');
    yield { type: 'initialised', what: 'generator', how: 'a copy of its average' };
  }
  if (!networks.has('discriminator')) {
    yield { type: 'initialised', what: 'discriminator', how: `afresh, from seed ${config.seed}` };
  }
  yield { type: 'initialised', what: 'optimiser state', how: 'zeros, as at step 0' };
  const unknown = variables.filter(({ name }) => !known.has(name));
  const state = new Map([...known, ...initialize(unknown, config.seed)]);

  const run = createRun(options.out, JSON.parse(JSON.stringify(config)));
  const log = openEventLog(run.eventsPath, run.fileSystem);
  try {
    log.append('imported', { step: 0, files: [...options.files], time: new Date().toISOString() });
  } finally {
    log.close();
  }
  const checkpoint = saveCheckpoint(run, { step: 0, imagesSeen: 0, state });
  yield { type: 'imported', run: run.path, checkpoint, hasDataset };
}

/** Which network of the files is what in a run. */
function networksOf({ files, from }: ImportOptions): Map<Role, FoundNetwork> {
  const source = from === undefined ? undefined : findSource(from);
  const networks = new Map<Role, FoundNetwork>();
  for (const file of files) {
    const dictionaries = readWeights(file);
    const found = findNetworks(dictionaries, source);
    if (found.length === 0) {
      const names = dictionaries.flatMap(({ tensors }) => [...tensors.keys()]);
      const seen = names.length === 0 ? 'no tensors' : `tensors with other names (${shortList(names)})`;
      const known = (source === undefined ? sources : [source]).map(({ name, url }) => `${name} (${url})`);
      throw new UserError(
        `${file}: it holds ${seen}; expected a generator or a discriminator of ${known.join(', ')}. Choose another file` +
          `${source === undefined ? '' : ', or leave --from out'}.`,
      );
    }
    for (const network of found) {
      const role = network.averaged ? 'averaged generator' : network.network;
      const other = networks.get(role);
      if (other !== undefined) {
        const places = [other, network].map(({ dictionary }) => placeOf(dictionary)).join(' and ');
        throw new UserError(`import: two networks are the ${role}, those of ${places}; expected one. Leave one out.`);
      }
      networks.set(role, network);
    }
  }
  if (!networks.has('generator') && !networks.has('averaged generator')) {
    throw new UserError(
      `import: ${files.join(', ')} hold a discriminator alone; expected a generator. Name its file, too.`,
    );
  }
  return networks;
}

async function configOf(options: ImportOptions): Promise<{ config: Config; hasDataset: boolean }> {
  const { preset, settings, seed } = options;
  const stated = findPreset(preset).config;
  const source = options.data ?? stated.data.source;
  const wanted = newConfig({ preset, settings, seed, data: source ?? noDataset });
  const images = options.data === undefined ? imagesWithout(wanted) : await imagesIn(options.data, wanted);
  const config = parseConfig({ ...wanted, images, data: { ...wanted.data, channels: images.channels } }, preset);
  return { config, hasDataset: source !== undefined };
}

async function imagesIn(data: string, config: Config): Promise<Images> {
  const { resolution, channels, background, flip, skipBad } = config.data;
  return imagesOf((await openDataset(data, { resolution, channels, background, flip, skipBad })).dataset, config);
}

/** The images that a config states, its classes numbered where they have no names. */
function imagesWithout({ data, images }: Config): Images {
  const classes = data.conditional ? (images?.classes ?? 0) : 0;
  const named = images?.classNames ?? [];
  const classNames = Array.from({ length: classes }, (_, label) => named[label] ?? String(label));
  return { resolution: data.resolution, channels: data.channels ?? images?.channels ?? 3, classes, classNames };
}

const prefixes = { generator: 'G.', 'averaged generator': 'ema.G.', discriminator: 'D.' } as const;

/** The variables of a network with the weights of a file, under their full names. */
function weightsFor(
  network: FoundNetwork,
  role: Role,
  variables: readonly Variable[],
  options: ImportOptions,
  config: Config,
): State {
  const prefix = prefixes[role];
  const expected = new Map<string, Shape>(
    variables
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, shape }) => [name.slice(prefix.length), shape]),
  );
  const { dictionary, rules, source } = network;
  const translation = translate(dictionary.tensors, rules, expected, config.data.resolution);
  const { state, missing, extra, misshaped } = translation;
  const problems = [
    ...listed('missing', missing, (name) => `${prefix}${name} [${expected.get(name)}]`),
    ...listed('extra', extra, (name) => `${name} [${dictionary.tensors.get(name)?.shape}]`),
    ...listed('of another shape', misshaped, (misfit) => describeMisfit(misfit, prefix)),
  ];
  if (problems.length > 0) {
    throw new UserError(
      `${placeOf(dictionary)}: this ${network.network} of ${source.name} has another architecture than the one of preset ` +
        `${options.preset}:\n  ${problems.join('\n  ')}\nChoose the preset that it was trained with, or change this one's ` +
        'model with --set model.KEY=VALUE.',
    );
  }
  const broken = [...state].find(([, { data }]) => !data.every(Number.isFinite));
  if (broken !== undefined) {
    throw new UserError(
      `${placeOf(dictionary)}: what becomes ${prefix}${broken[0]} holds numbers that are not finite; expected weights of a ` +
        'network that had not diverged. Import an earlier file.',
    );
  }
  return new Map([...state].map(([name, tensor]) => [`${prefix}${name}`, tensor]));
}

function describeMisfit({ name, theirName, seen, expected }: Misshaped, prefix: string): string {
  return `${theirName} [${seen}] for ${prefix}${name} [${expected}]`;
}

function listed<T>(what: string, items: readonly T[], describe: (item: T) => string): string[] {
  return items.length === 0 ? [] : [`${what}: ${shortList(items.map(describe))}`];
}

/** The first three, and how many more there are. */
function shortList(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(', ');
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}

function copy(state: Map<string, TensorData>, from: string, to: string): void {
  for (const [name, tensor] of [...state]) {
    if (name.startsWith(from)) state.set(`${to}${name.slice(from.length)}`, tensor);
  }
}
