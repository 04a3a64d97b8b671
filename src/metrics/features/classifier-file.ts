/** A trained classifier as a file: its weights, how well it does, and a checksum of the two. */

import { FormatError, UserError } from '../../base/errors.ts';
import { formatType, type State } from '../../engine/ir/tensor-data.ts';
import { encodeSafetensors, readSafetensors, sha256, writeFileAtomic } from '../../store/index.ts';
import { traceClassify } from './classifier.ts';

/** The weights of a classifier and what is known of it: `dataset`, `testAccuracy`, `seed`, `epochs`, `createdBy` … */
export interface TrainedClassifier {
  readonly weights: State;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Writes a classifier's file. Throws UserError if the disk refuses. */
export function writeClassifier(file: string, { weights, metadata }: TrainedClassifier): void {
  const checksum = checksumOf({ weights, metadata });
  writeFileAtomic(file, encodeSafetensors(weights, new Map([...metadata, ['sha256', checksum]])));
}

/**
 * Reads a classifier's file; its classes are as many as its last layer has outputs.
 *
 * Throws UserError where it cannot be read, is damaged, or holds another network: a score by a classifier that is not
 * the one it claims to be is worse than none.
 */
export function readClassifier(file: string): TrainedClassifier & { readonly classes: number } {
  try {
    const { state: weights, metadata: stored } = readSafetensors(file);
    const classes = checkNetwork(file, weights);
    const metadata = new Map([...stored].filter(([key]) => key !== 'sha256'));
    if (stored.get('sha256') !== checksumOf({ weights, metadata })) {
      throw new FormatError(file, 'the content is not what its checksum promises; expected it as it was written');
    }
    return { weights, metadata, classes };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const remedy = 'If it came with Sagan, reinstall Sagan; else make it again with scripts/train-classifier.ts.';
    throw new UserError(`Classifier ${error.message.replace(/\.?$/, '.')} ${remedy}`, { cause: error });
  }
}

/** The safetensors header has no room for a checksum of its own. */
function checksumOf({ weights, metadata }: TrainedClassifier): string {
  return sha256(Buffer.concat(encodeSafetensors(weights, metadata)));
}

/** The number of classes, where the tensors are those of the network. */
function checkNetwork(file: string, weights: State): number {
  const last = 'classifier.logits.bias';
  const classes = weights.get(last)?.shape[0];
  if (classes === undefined) throw new FormatError(file, `there is no tensor "${last}"; expected float32[classes]`);
  const { variables } = traceClassify(classes, 1, { channels: 1, resolution: 32 });
  for (const { name, shape } of variables) {
    const found = weights.get(name);
    const expected = formatType({ dtype: 'float32', shape });
    if (found === undefined) throw new FormatError(file, `there is no tensor "${name}"; expected ${expected}`);
    if (formatType(found) === expected) continue;
    throw new FormatError(file, `tensor "${name}" is ${formatType(found)}; expected ${expected}`);
  }
  return classes;
}
