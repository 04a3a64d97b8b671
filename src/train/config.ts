/**
 * What a run is: one strict, plain object with defaults and descriptions. The command line, the config file, the saved
 * `config.json` and editors (through the published JSON Schema) all use this one.
 */

import { z } from 'zod';
import { nearestName, suggest, UserError } from '../base/errors.ts';
import { passes } from '../engine/index.ts';
import { augmentations, type GanLoss, lossNames, type ModelEntry, models, penaltyNames } from '../gan/index.ts';
import { evaluationSchema } from './evaluation-config.ts';
import { watchActions } from './watch.ts';

const count = z.int().positive();
const share = z.number().min(0).lt(1);
const passNames = passes.map(({ name }) => name);
const knownPasses = `expected "all", "none", or a list of some of ${passNames.join(', ')}`;

function optimizer(learningRate: number) {
  return z
    .strictObject({
      method: z.enum(['adam', 'rmsprop']).default('adam').describe('RMSProp has no beta1.'),
      learningRate: z.number().positive().default(learningRate).describe('Step size α.'),
      beta1: share.default(0).describe("Decay of Adam's first moment."),
      beta2: share.default(0.999).describe('Decay of the second moment.'),
      epsilon: z
        .number()
        .positive()
        .default(1e-8)
        .describe('Keeps the division by the root of the second moment finite.'),
      decay: z
        .strictObject({
          fromStep: z.int().min(0).default(0).describe('Until this step the learning rate is whole.'),
          toStep: count.describe('From this step on it is 0.'),
        })
        .refine(({ fromStep, toStep }) => toStep > fromStep, 'toStep must come after fromStep')
        .optional()
        .describe('Lets the learning rate fall on a line to 0.'),
      weightDecay: z.number().min(0).default(0).describe('L2: share of each weight that is added to its gradient.'),
      clip: z
        .number()
        .positive()
        .optional()
        .describe('Weights are clipped to ± this after each update (Wasserstein GAN).'),
    })
    .prefault({});
}

/** A model's name and its options, which the model's own schema checks. */
interface ModelConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** A model or a loss of the caller's own, which stands beside those of Sagan. */
export interface OwnParts {
  readonly model?: ModelEntry | undefined;
  readonly loss?: GanLoss | undefined;
}

function modelSchema(own: ModelEntry | undefined): z.ZodType<ModelConfig, ModelConfig> {
  const [first, ...others] = knownModels(own).map((entry) =>
    z.strictObject({ name: z.literal(entry.name), ...entry.options.shape }),
  );
  if (first === undefined) throw new Error('the list of models is empty.');
  return z.discriminatedUnion('name', [first, ...others]);
}

export function knownModels(own: ModelEntry | undefined): readonly ModelEntry[] {
  return own === undefined ? models : [own, ...models.filter(({ name }) => name !== own.name)];
}

function schemaWith(own: OwnParts) {
  return z.strictObject({
    preset: z.string().optional().describe('The preset that the run began from.'),
    model: modelSchema(own.model).describe('The networks and their options.'),
    data: z
      .strictObject({
        source: z
          .string()
          .describe('mnist, cifar10, cifar100, matching-pairs, NAME:FOLDER, or a folder of images or IDX files.'),
        resolution: count.default(32).describe('Side of the images in pixels.'),
        channels: z
          .union([z.literal(1), z.literal(3)])
          .optional()
          .describe('1 grey, 3 RGB; default: as the images are.'),
        conditional: z.boolean().default(true).describe('Use the labels, if there are any.'),
        background: z.string().default('#ffffff').describe('Colour behind transparent pixels.'),
        dequantize: z.boolean().default(false).describe('Spread grey levels evenly over the interval each stands for.'),
        flip: z.boolean().default(false).describe('Mirror every other image, at random.'),
        skipBad: z.boolean().default(false).describe('Leave out files that cannot be read, instead of stopping.'),
        holdOut: share
          .default(0)
          .describe(
            'Share of the images that is never trained on, to see whether the discriminator learns by heart; at 0 the test ' +
              'split serves, where the dataset has one.',
          ),
      })
      .describe('The images to learn from.'),
    images: z
      .strictObject({
        resolution: count,
        channels: z.union([z.literal(1), z.literal(3)]),
        classes: z.int().min(0),
        classNames: z.array(z.string()),
      })
      .optional()
      .describe('What the dataset turned out to hold; written by Sagan.'),
    loss: z
      .enum<readonly string[]>(own.loss === undefined ? lossNames : [own.loss.name, ...lossNames])
      .default(own.loss?.name ?? 'hinge')
      .describe('What the networks minimise.'),
    realTarget: z
      .number()
      .gt(0.5)
      .max(1)
      .default(1)
      .describe('What the discriminator is to say of real images; below 1 it is one-sided label smoothing.'),
    penalties: z
      .array(
        z.strictObject({
          name: z.enum(penaltyNames).describe('gradientPenalty (WGAN-GP), r1 or dragan.'),
          weight: z.number().positive().default(10).describe('λ, or γ of R1.'),
        }),
      )
      .default([])
      .describe("Terms of the discriminator's loss that read its gradient."),
    auxiliaryClassifier: z
      .strictObject({
        discriminatorWeight: z.number().min(0).default(1),
        generatorWeight: z.number().min(0).default(1),
        onFakes: z.boolean().default(false).describe('The discriminator learns classes from fakes too.'),
      })
      .optional()
      .describe('Weights of the cross-entropy of classes, for a model whose discriminator tells them apart.'),
    augment: z
      .array(z.enum(augmentations))
      .default([])
      .describe('Differentiable augmentation: random changes of all that the discriminator sees.'),
    orthogonalRegularization: z
      .strictObject({
        generator: z.number().min(0).default(1e-4).describe("β of the generator's filters."),
        discriminator: z.number().min(0).default(0).describe("β of the discriminator's filters."),
        form: z.enum(['paper', 'biggan-pytorch']).default('paper').describe('That code adds half of the gradient.'),
      })
      .optional()
      .describe('Pulls the filters of a layer apart, as in BigGAN.'),
    batch: count.default(64).describe('Real images in a discriminator update, and as many fake ones.'),
    generatorBatch: count.optional().describe('Fake images in a generator update; default: as batch.'),
    accumulation: count
      .default(1)
      .describe('Pieces into which batches are cut, one after the other, to need less memory.'),
    steps: count.default(10_000).describe('Generator updates until the run is finished.'),
    seed: z.int().min(0).default(0).describe('Of every random draw.'),
    discriminatorSteps: count.max(16).default(1).describe('Discriminator updates before each generator update.'),
    generator: optimizer(1e-4).describe("The generator's optimiser."),
    discriminator: optimizer(4e-4).describe("The discriminator's optimiser; TTUR: faster than the generator's."),
    ema: z
      .strictObject({
        decay: share.default(0.999).describe('Share of the averaged generator that a step keeps.'),
        startStep: z.int().min(0).default(0).describe('Until this step the average is a copy.'),
      })
      .prefault({})
      .describe('The moving average of the generator, which samples are drawn from.'),
    analysis: z
      .strictObject({
        everySteps: z.int().min(0).default(100).describe('Steps between analyses; 0 for none.'),
      })
      .prefault({})
      .describe(
        "Singular values of weights, the discriminator's slope, gates of attention, distances of samples, and what the " +
          'discriminator says of images that it is not trained on.',
      ),
    evaluate: evaluationSchema.prefault({}).describe('Scores of samples while the run trains.'),
    watch: z
      .strictObject({
        action: z
          .enum(watchActions)
          .default('warn')
          .describe('What is done about a collapse: warn, go back to the last healthy checkpoint, or stop.'),
        learningRateFactor: z
          .number()
          .positive()
          .max(1)
          .default(0.5)
          .describe('What both learning rates are multiplied with when the run goes back.'),
        mostRollbacks: z.int().min(0).default(3).describe('How often a run goes back before it stops.'),
      })
      .prefault({})
      .describe('The watch over losses and analyses.'),
    passes: z
      .union(
        [z.enum(['all', 'none']), z.array(z.string().refine((name) => passNames.includes(name), knownPasses))],
        knownPasses,
      )
      .default('all')
      .describe('Rewrites that make the step faster, each exact up to rounding: all, none, or some by name.'),
    sampleEverySteps: count.default(500).describe('Steps between sample sheets.'),
    checkpointEverySteps: count.default(1000).describe('Steps between checkpoints.'),
    keepCheckpoints: z.int().min(2).default(2).describe('Newest checkpoints that are kept.'),
  });
}

export const configSchema = schemaWith({});

export type Config = z.infer<typeof configSchema>;
/** A config as a person writes it: defaults left out. */
export type ConfigInput = z.input<typeof configSchema>;

/** JSON Schema (2020-12) of the config, for editors. */
export function configJsonSchema(): object {
  const { required: _, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  // Nothing is required, since a file may hold changes to a preset; and it may name its schema or, if saved, its format.
  const properties = { $schema: { type: 'string' }, formatVersion: { const: 1 }, ...schema.properties };
  return { ...schema, title: 'Sagan run configuration', properties };
}

/** Fills in defaults. Throws one UserError that lists everything that is wrong, each with its place and a remedy. */
export function parseConfig(value: unknown, where: string, own: OwnParts = {}): Config {
  const parsed = schemaWith(own).safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, value, own));
  throw new UserError(
    `${where}: ${problems.length === 1 ? '' : `${problems.length} problems:\n  `}${problems.join('\n  ')}`,
  );
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown, own: OwnParts): string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = keysAt(issue.path, value, own);
      const nearest = nearestName(key, known);
      const hint =
        nearest === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${joined(path, nearest)}"?`;
      return `unknown key "${joined(path, key)}". ${hint}`;
    });
  }
  const seen = JSON.stringify(valueAt(value, issue.path));
  const choices = path === 'model.name' ? knownModels(own.model).map(({ name }) => name) : choicesOf(issue);
  if (seen !== undefined && choices.length > 0)
    return [`${path} is ${seen}. ${suggest(String(valueAt(value, issue.path)), choices)}`];
  return [`${path === '' ? 'the config' : path} is ${seen ?? 'missing'}: ${issue.message}.`];
}

function choicesOf(issue: z.core.$ZodIssue): string[] {
  return issue.code === 'invalid_value' ? issue.values.map(String) : [];
}

const joined = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[String(key)] : undefined), value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The keys that the schema knows at a path of the value. */
function keysAt(path: readonly PropertyKey[], value: unknown, own: OwnParts): string[] {
  if (path[0] === 'model') {
    const name = valueAt(value, ['model', 'name']);
    return ['name', ...Object.keys(knownModels(own.model).find((entry) => entry.name === name)?.options.shape ?? {})];
  }
  const probe = z.toJSONSchema(configSchema, { io: 'input' });
  const inner = path.reduce<unknown>((schema, key) => valueAt(schema, ['properties', key]), probe);
  const properties = valueAt(inner, ['properties']);
  return isRecord(properties) ? Object.keys(properties) : [];
}

/** Sets `key.path=value` (JSON, or text where it is none) in a copy of a config. Throws UserError without an `=`. */
export function applySetting(config: unknown, setting: string): unknown {
  const at = setting.indexOf('=');
  if (at < 1)
    throw new UserError(`--set ${setting}: expected key=value, for example --set generator.learningRate=2e-4.`);
  const path = setting.slice(0, at).trim().split('.');
  return setAt(config, path, parseValue(setting.slice(at + 1).trim()));
}

function setAt(value: unknown, path: readonly string[], leaf: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const object = isRecord(value) && !Array.isArray(value) ? value : {};
  // An own property by definition, so that a key such as __proto__ stays a key (and is then refused as unknown).
  return Object.fromEntries([
    ...Object.entries(object),
    [key, setAt(Object.hasOwn(object, key) ? object[key] : undefined, rest, leaf)],
  ]);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
