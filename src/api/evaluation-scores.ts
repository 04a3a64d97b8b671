/** The scores of a run, as files in its folder. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseScoreFile, type ScoreFile, scoreFileBytes } from '../metrics/index.ts';
import { type Run, writeFileAtomic } from '../store/index.ts';

/**
 * Writes scores to `scores/` of a run, in the file of their step and of how their images were made. Scores of other metrics,
 * protocols, networks or references that are there already stay; those of the same are replaced. Returns the file's path.
 *
 * Throws FormatError where the file that is there is none of scores, UserError where the disk refuses.
 */
export function keepScores(run: Run, file: ScoreFile): string {
  const folder = join(run.path, 'scores');
  const path = join(folder, `${stemOf(file)}.json`);
  const before = existsSync(path) ? parseScoreFile(readFileSync(path, 'utf8'), path) : undefined;
  const kindOf = ({ passport }: ScoreFile['scores'][number]) =>
    [passport.metric, passport.protocol, passport.reference?.name].join('\n');
  const renewed = new Set(file.scores.map(kindOf));
  const kept = before?.scores.filter((score) => !renewed.has(kindOf(score))) ?? [];
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(path, scoreFileBytes({ ...before, ...file, scores: [...kept, ...file.scores] }), run.fileSystem);
  return path;
}

/** `step-012000`, and after it what sets the images apart from whole latents and running statistics. */
function stemOf({ scores }: ScoreFile): string {
  const generator = scores[0]?.passport.images.generator;
  if (generator === undefined) throw new RangeError('keepScores: the scores are of no generator.');
  const { step, truncation, scale, batchNorm } = generator;
  return [
    `step-${String(step).padStart(6, '0')}`,
    ...(truncation === undefined ? [] : [`truncation-${truncation}`]),
    ...(scale === undefined ? [] : [`scale-${scale}`]),
    ...(batchNorm.startsWith('standing') ? ['standing'] : []),
  ].join('-');
}
