import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { gammaLines, historyLines } from './history-lines.ts';

type Checkpoint = TaskResult<'attentionHistory'>['checkpoints'][number];

const block = (network: 'G' | 'D', name: string, meanDistance: number): Checkpoint['blocks'][number] => ({
  network,
  name,
  gamma: null,
  queryGrid: [8, 8],
  keyGrid: [4, 4],
  meanEntropyBits: 3,
  maximumEntropyBits: 4,
  meanLargestWeight: 0.1,
  meanDistance,
  uniformDistance: 0.5,
});

test('a line a block, in the colour of its network, with gaps where a checkpoint lacks it', () => {
  const checkpoints: Checkpoint[] = [
    { step: 10, blocks: [block('G', 'a', 0.1), block('D', 'a', 0.2)] },
    { step: 20, blocks: [block('G', 'a', 0.3), block('G', 'b', 0.4)] },
  ];
  const lines = historyLines(checkpoints, ({ meanDistance }) => meanDistance);
  assert.deepEqual(
    lines.map(({ name, colour, columns }) => [name, colour, columns.step, columns.mean]),
    [
      ['G.a', '--generator', [10, 20], [0.1, 0.3]],
      ['D.a', '--discriminator', [10], [0.2]],
      ['G.b', '--series-2', [20], [0.4]],
    ],
  );
});

test('γ is found among the series', () => {
  const columns = { step: [1], mean: [0.5], min: [0.5], max: [0.5] };
  const lines = gammaLines(['lossD', 'gamma/D.attention', 'gamma/G.attention'], () => columns);
  assert.deepEqual(
    lines.map(({ name, label, colour }) => [name, label, colour]),
    [
      ['gamma/D.attention', 'D.attention', '--discriminator'],
      ['gamma/G.attention', 'G.attention', '--generator'],
    ],
  );
});
