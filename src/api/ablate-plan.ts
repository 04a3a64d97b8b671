/** What an ablation will do, worked out and checked before the first run is trained. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { openDataset } from '../data/index.ts';
import { findModel } from '../gan/index.ts';
import { describeNetworks } from '../inspect/index.ts';
import { canonicalJson, type JsonObject, listCheckpoints, loadNewestCheckpoint, openRun } from '../store/index.ts';
import { type Config, parseSavedConfig } from '../train/index.ts';
import { type Arm, type ArmOptions, readArms } from './ablate-arms.ts';
import { type Images, imagesOf, modelOf } from './run-model.ts';
import { newConfig } from './train-config.ts';

export interface AblationPlanOptions extends ArmOptions {
  readonly preset?: string | undefined;
  /** Settings that all arms share, as `key=value`. */
  readonly settings?: readonly string[] | undefined;
  /** Name or path of the dataset. */
  readonly data?: string | undefined;
  readonly steps?: number | undefined;
  /** How many runs an arm has: those of the seeds 0 … seeds − 1. */
  readonly seeds: number;
  /** Folder of the runs, `ARM/seed-N` below it. */
  readonly out: string;
}

export interface PlannedRun {
  readonly arm: string;
  readonly seed: number;
  readonly path: string;
  /** As `train` takes them. */
  readonly settings: readonly string[];
  readonly steps: number;
  /** Steps that are done already; undefined where there is no run yet. */
  readonly stepsDone: number | undefined;
}

export interface PlannedArm extends Arm {
  /** Trainable numbers. */
  readonly parameters: { readonly generator: number; readonly discriminator: number };
}

export interface AblationPlan {
  readonly options: AblationPlanOptions;
  readonly source: string;
  readonly steps: number;
  readonly arms: readonly PlannedArm[];
  /** Seed by seed, so that all arms are compared early. */
  readonly runs: readonly PlannedRun[];
}

/**
 * Works out the arms and runs of an ablation, and finds those that are there already.
 *
 * Throws UserError for a config that is wrong, with its arm; for arms that nothing can train; and for a folder that holds
 * another run than the one planned.
 */
export async function planAblation(options: AblationPlanOptions): Promise<AblationPlan> {
  const base = configFor(options, [], 0);
  const arms = readArms(findModel(base.model.name), options);
  const images = new Map<string, Images>();
  const planned: PlannedArm[] = [];
  const runs: PlannedRun[] = [];
  for (const arm of arms) {
    await inArm(arm.name, async () => {
      const config = configFor(options, arm.settings, 0);
      const key = canonicalJson(asJson(config.data));
      const known = images.get(key) ?? (await imagesFor(config));
      images.set(key, known);
      const { generator, discriminator } = describeNetworks(modelOf({ ...config, images: known }), config.batch);
      planned.push({
        ...arm,
        parameters: { generator: generator.parameters, discriminator: discriminator.parameters },
      });
    });
  }
  for (let seed = 0; seed < options.seeds; seed++) {
    for (const arm of arms) {
      const config = configFor(options, arm.settings, seed);
      const path = join(options.out, arm.name, `seed-${seed}`);
      const settings = [...(options.settings ?? []), ...arm.settings];
      runs.push({ arm: arm.name, seed, path, settings, steps: config.steps, stepsDone: stepsDone(path, config) });
    }
  }
  return { options, source: base.data.source, steps: base.steps, arms: planned, runs };
}

function configFor(options: AblationPlanOptions, settings: readonly string[], seed: number): Config {
  const { preset, data, steps } = options;
  return newConfig({ preset, data, steps, seed, settings: [...(options.settings ?? []), ...settings] });
}

async function inArm(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`ablate, arm ${name}: ${error.message}`, { cause: error });
  }
}

async function imagesFor(config: Config): Promise<Images> {
  const { source, resolution, channels, background, skipBad } = config.data;
  const { dataset } = await openDataset(source, { resolution, channels, background, skipBad });
  return imagesOf(dataset, config);
}

/** How far the run in a folder is. Throws UserError where it is not the run that is planned. */
function stepsDone(path: string, planned: Config): number | undefined {
  if (!existsSync(join(path, 'config.json'))) return undefined;
  const run = openRun(path);
  const saved = parseSavedConfig(run.config, run.configPath);
  const differing = differences(comparable(saved), comparable(planned));
  if (differing.length > 0) {
    throw new UserError(
      `${path}: the run in this folder was trained otherwise: ${differing.join(', ')} differ. An ablation goes on with ` +
        'its own runs only. Choose another --out, or remove this folder.',
    );
  }
  const done = listCheckpoints(run).length === 0 ? 0 : loadNewestCheckpoint(run).checkpoint.step;
  if (done <= planned.steps) return done;
  throw new UserError(
    `${path}: the run in this folder has ${done} steps, and ${planned.steps} are asked for; expected at most as many. ` +
      'Pass --steps with the larger number, or choose another --out.',
  );
}

/** What must not differ: all but how long a run is, and what its dataset turned out to hold. */
function comparable({ steps: _, images: _images, ...config }: Config): JsonObject {
  const { channels: _channels, ...data } = config.data;
  return asJson({ ...config, data });
}

function asJson(value: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value));
  return json;
}

/** The keys, at the top, whose values differ. */
function differences(a: JsonObject, b: JsonObject): string[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => canonicalJson(a[key] ?? null) !== canonicalJson(b[key] ?? null));
}
