/** What a quickstart learnt, in words: its score, its pictures, and where to go from here. */

import { dirname } from 'node:path';
import type { QuickstartResult } from '../api/quickstart.ts';
import { formatCount } from './figures.ts';

/** The report, line by line; `sagan` is how the reader runs Sagan. */
export function describeQuickstart(result: QuickstartResult, sagan: string): string {
  const { run, steps, pictures, attention } = result;
  const look = [
    [pictures.sheet, 'samples: a row is a digit, a column one latent. Rows should read as their digit, in ten hands.'],
    [
      pictures.attention,
      `three points of a sample, and where each looks. γ, the weight of attention, began at 0 and is ${Number((attention.blocks[0]?.gamma ?? 0).toFixed(3))}.`,
    ],
    [pictures.curves, 'the training: healthy while the logits of real and generated images stay close together.'],
  ];
  const next = [
    ['train longer', `${sagan} train --resume ${run} --steps ${2 * steps}`],
    ['draw samples', `${sagan} sample ${run} --class 8 --out eights.png`],
    ['look around in it', `${sagan} studio ${dirname(run)}`],
    ['score it', `${sagan} evaluate ${run} --metrics fid,precision-recall`],
    ['see it attend', `${sagan} attention ${run} --class 8 --out attention.png`],
    ['your own images', `${sagan} train --preset sagan-images-32 --data FOLDER --out runs/mine`],
  ];
  return ['', ...describeScore(result), '', 'look at', ...inColumns(look), '', 'go on', ...inColumns(next), ''].join(
    '\n',
  );
}

function describeScore({ score }: QuickstartResult): string[] {
  const { accuracy, perClass, samples, testAccuracy } = score;
  const shares = perClass.map((share, digit) => ({ digit, share: share ?? 1 }));
  const worst = shares.reduce((least, other) => (other.share < least.share ? other : least));
  return [
    `class accuracy ${percent(accuracy)}: so many of ${formatCount(samples)} samples are taken for the digit that was asked for, by a`,
    `classifier trained on real MNIST, which is right about ${percent(testAccuracy)} of its test images.`,
    `The worst digit is ${worst.digit}, at ${percent(worst.share)}.`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function inColumns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([first = '']) => first.length));
  return rows.map(([first = '', second]) => `  ${first.padEnd(width)}  ${second}`);
}
