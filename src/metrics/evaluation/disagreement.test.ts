import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScoreFile } from '../passport.ts';
import { protocols } from '../protocols/index.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { disagreement } from './disagreement.ts';
import { findMetrics } from './metrics.ts';

const effects: Readonly<Record<string, number>> = {
  'tensorflow-bilinear': 0,
  'torch-bilinear': 8,
  'pillow-bicubic': 32,
  tensorflow: 0,
  symmetric: 2,
};

/** A FID that is a sum of what each part of a protocol contributes, and an IS of its splits. */
function toyScores(seen: string[]) {
  return async ({ name, preprocessing, is }: Protocol): Promise<ScoreFile> => {
    const fid = 100 + (effects[preprocessing.resizer] ?? 0) + (effects[preprocessing.normalization] ?? 0);
    seen.push(`${preprocessing.resizer} ${preprocessing.normalization} ${is.splits}`);
    const score = (metric: string, value: number) => ({
      value,
      better: 'lower' as const,
      passport: {
        metric,
        protocol: name,
        features: { network: '', weightsSha256: '', ...preprocessing },
        parameters: {},
        images: { name: '', count: 2, sha256: '' },
        reference: undefined,
        warnings: [],
        software: '',
      },
    });
    return { formatVersion: 1, scores: [score('fid', fid), score('is', is.splits)] };
  };
}

test('each gap is told by the changes that make it, which sum to it, and nothing is scored twice', async () => {
  const seen: string[] = [];
  const { byProtocol, gaps } = await disagreement(protocols, findMetrics(['fid', 'is']), toyScores(seen));
  const fids = byProtocol.map(({ protocol, scores: [fid] }) => [protocol, fid?.passport.protocol, fid?.value]);
  assert.deepEqual(fids, [
    ['torch-fidelity', 'torch-fidelity', 100],
    ['pytorch-fid', 'pytorch-fid', 110],
    ['clean-fid', 'clean-fid', 132],
    ['studiogan', 'studiogan', 110],
  ]);
  const partsOf = (protocol: string, metric: string) =>
    gaps.find((gap) => gap.protocol === protocol && gap.metric === metric)?.parts;
  const resized = { change: 'resizing: tensorflow-bilinear → torch-bilinear', difference: 8 };
  const normalized = { change: 'pixels: tensorflow → symmetric', difference: 2 };
  assert.deepEqual(partsOf('pytorch-fid', 'fid'), [resized, normalized]);
  assert.deepEqual(partsOf('studiogan', 'fid'), [resized, normalized]);
  assert.deepEqual(partsOf('clean-fid', 'fid'), [
    { change: 'resizing: tensorflow-bilinear → pillow-bicubic', difference: 32 },
  ]);
  assert.deepEqual(partsOf('pytorch-fid', 'is'), []);
  assert.deepEqual(partsOf('studiogan', 'is'), [{ change: 'the definition of the score', difference: -9 }]);
  for (const { difference, parts } of gaps) {
    assert.equal(
      parts.reduce((sum, part) => sum + part.difference, 0),
      difference,
    );
  }
  assert.equal(new Set(seen).size, seen.length, 'the same was scored twice');
});
