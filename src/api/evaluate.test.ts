import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { toyExtractor, toySet } from '../../test/metrics/toys.ts';
import type { FeatureExtractor } from '../metrics/index.ts';
import { evaluate } from './evaluate.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-evaluate-'));
after(() => rmSync(folder, { recursive: true }));

/** The toy network with features so many times as large, under the same name. */
function scaled(factor: number): FeatureExtractor {
  const { extract, ...rest } = toyExtractor();
  return {
    ...rest,
    extract: async (images, count) => {
      const { features, logits } = await extract(images, count);
      return { features: features.map((value) => factor * value), logits };
    },
  };
}

async function fidBy(features: FeatureExtractor, cacheFolder?: string) {
  const against = toySet({ count: 30, seed: 1, fingerprint: 'the same files' });
  const images = toySet({ count: 30, brightness: 20 });
  const { file } = await evaluate(images, { against, features, metrics: ['fid'], threads: 1, cacheFolder });
  return file.scores[0]?.value ?? Number.NaN;
}

test('an extractor of one\u2019s own that has changed under its name is not answered from the cache', async () => {
  const [once, twice] = [await fidBy(scaled(1)), await fidBy(scaled(2))];
  assert.ok(Math.abs(twice - 4 * once) < 1e-6 * twice, `${once}, ${twice}`);
  assert.equal(await fidBy(scaled(1), folder), once);
  assert.ok(readdirSync(folder).length > 0, 'it is remembered where that is asked for');
});
