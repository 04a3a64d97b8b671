/** Where published weights are looked for on this machine. */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { defaultCacheFolder } from '../../data/index.ts';
import { type PublishedWeights, publishedWeights } from './published-weights.ts';

/** Where fetched weights are kept: `sagan/features` in the user's cache. */
export function fetchedWeightsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(dirname(defaultCacheFolder(environment)), 'features');
}

/** The folders that weights are looked for in, the first before the second: Sagan's own, and that of PyTorch's downloads. */
export function weightsFolders(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  const { TORCH_HOME: torchHome, XDG_CACHE_HOME: cache = join(homedir(), '.cache') } = environment;
  return [fetchedWeightsFolder(environment), join(torchHome ?? join(cache, 'torch'), 'hub', 'checkpoints')];
}

/** The file of weights of a network where one is on this machine, under one of its published names. Its bytes are not checked. */
export function findFeatureWeights(
  network: PublishedWeights['network'],
  folders: readonly string[] = weightsFolders(),
): string | undefined {
  const names = publishedWeights.filter((weights) => weights.network === network).map(({ fileName }) => fileName);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file));
}

/** The same; throws a UserError that says where it looked, and what can be done, where there is none. */
export function requireFeatureWeights(
  network: PublishedWeights['network'],
  folders: readonly string[] = weightsFolders(),
): string {
  const found = findFeatureWeights(network, folders);
  if (found !== undefined) return found;
  const names = publishedWeights.filter((weights) => weights.network === network).map(({ fileName }) => fileName);
  const otherwise =
    network === 'inception'
      ? 'name the file with --features-file FILE; "--features mnist" and "--features fashion-mnist" need no download.'
      : 'leave out the metric that needs them.';
  throw new UserError(
    `Weights of ${network}: they are not on this machine; expected ${names.join(' or ')} in ${folders.join(' or ')}. ` +
      `Fetch them with "sagan features fetch ${network}", or ${otherwise}`,
  );
}
