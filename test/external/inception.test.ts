/** Whole files of Inception weights as PyTorch writes them: both containers of torch.save, and TorchScript. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../../src/engine/index.ts';
import { inceptionLayerShapes } from '../../src/metrics/features/inception.ts';
import { namings, tensorNames } from '../../src/metrics/features/inception-names.ts';
import { readInceptionWeights } from '../../src/metrics/features/inception-weights.ts';
import { formulaLayer } from '../reference/inception-formula.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-inception-'));
after(() => rmSync(folder, { recursive: true }));

test('PyTorch writes the files', () => {
  const script = fileURLToPath(new URL('../reference/make_inception_files.py', import.meta.url));
  const nvidia = namings.find(({ tensors }) => !('gain' in tensors));
  assert.ok(nvidia !== undefined);
  const names = [...inceptionLayerShapes()].flatMap(([layer, shape]) =>
    [...tensorNames(nvidia, layer)].map(([role, name]) => ({
      name,
      layer,
      role,
      shape: role === 'weight' ? shape : shape.slice(0, 1),
    })),
  );
  const run = spawnSync('/usr/bin/python3', [script, folder], { encoding: 'utf8', input: JSON.stringify(names) });
  assert.equal(run.status, 0, `${run.error?.message ?? ''}${run.stderr}`);
});

for (const [file, gains] of [
  ['zip.pth', true],
  ['legacy.pth', true],
  ['script.pt', false],
] as const) {
  test(`${file} gives every layer its numbers`, () => {
    const layers = readInceptionWeights(join(folder, file));
    for (const [name, shape] of inceptionLayerShapes()) {
      const [seen, expected] = [layers(name, shape), formulaLayer(name, shape, { gains })];
      const numbers = (tensor: Tensor) => tensor.attributes.value;
      assert.deepEqual(numbers(seen.weight), numbers(expected.weight), name);
      assert.deepEqual(numbers(seen.bias), numbers(expected.bias), name);
    }
  });
}
