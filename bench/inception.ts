/** Features of the Inception network at 299×299 beside the same network in PyTorch, in turns on the same two cores. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { namings } from '../src/metrics/features/inception-names.ts';
import { encodeSafetensors, writeFileAtomic } from '../src/store/index.ts';
import { formulaState } from '../test/reference/inception-formula.ts';
import { Side, type TurnOptions, takeTurns } from './in-turns.ts';
import { median } from './server.ts';
import { python } from './step.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Images a step: a multiple of each side's batch, which is the one that was measured to be quickest for it. */
const images = 48;
const batches = { sagan: 8, plain: 48, tuned: 16 } as const;

/**
 * Medians of images a second over `rounds`, and of the ratios of each round, whose sides met the same load; `ratio` above 1:
 * Sagan is that much faster.
 */
export async function benchInception(name: string, options: TurnOptions): Promise<Record<string, unknown>> {
  const { rounds, threads } = options;
  const folder = mkdtempSync(join(tmpdir(), 'sagan-bench-'));
  try {
    const [torchvision] = namings;
    const weights = join(folder, 'weights.safetensors');
    writeFileAtomic(weights, encodeSafetensors(formulaState(torchvision)));
    const peer = (batch: number, ...more: readonly string[]) =>
      [
        python,
        [
          here('pytorch/inception.py'),
          ...['--images', String(images), '--batch', String(batch), '--threads', String(threads)],
          ...more,
        ],
      ] as const;
    const server = here('inception-server.ts');
    const numbers = [images, batches.sagan, threads].map(String);
    const sagan = await Side.start('sagan', [process.execPath, ['--import', 'tsx', server, weights, ...numbers]]);
    const plain = await Side.start('plain', peer(batches.plain, '--plain'));
    const tuned = await Side.start('tuned', peer(batches.tuned));
    await takeTurns([sagan, plain, tuned], options);
    const ratio = (peer: Side) =>
      median(peer.msByRound.map((ms, round) => ms / (sagan.msByRound[round] ?? Number.NaN)));
    const perSecond = (ms: number) => (1000 * images) / ms;
    return {
      name,
      sagan_images_per_second: perSecond(sagan.ms),
      peer_images_per_second: perSecond(plain.ms),
      ratio: ratio(plain),
      tuned_peer_images_per_second: perSecond(tuned.ms),
      tuned_ratio: ratio(tuned),
      sagan_peak_mb: sagan.peakMb,
      peer_peak_mb: plain.peakMb,
      tuned_peer_peak_mb: tuned.peakMb,
      threads,
      rounds,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
