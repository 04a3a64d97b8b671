import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encode, type Graph, lower } from '../../src/engine/index.ts';
import { mergeSamples } from '../engine/merged-graph.ts';
import { allSamples, gpuSamples } from '../tables/ops.ts';
import { smallStep } from './small-step.ts';

const checker = fileURLToPath(new URL('check_onnx.py', import.meta.url));

/** Debian's own Python, which is the one that its packages belong to. */
function check(graph: Graph, device: 'cpu' | 'webgpu'): void {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-onnx-'));
  try {
    const file = join(folder, `${device}.onnx`);
    // Debian's onnx 1.12 knows operators up to opset 17.
    const model = lower(graph, device, 17);
    writeFileSync(file, encode(model, { metadata: { made: 'by a test' } }));
    const run = spawnSync('/usr/bin/python3', [checker, file], { encoding: 'utf8' });
    assert.equal(run.status, 0, `${run.error?.message ?? ''}${run.stderr}`);
    assert.equal(run.stdout, `${model.nodes.length} nodes\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const device of ['cpu', 'webgpu'] as const) {
  test(`onnx.checker accepts every op and gradient as written for ${device}`, () =>
    check(mergeSamples(device === 'cpu' ? allSamples : gpuSamples).graph, device));
  test(`onnx.checker accepts a training step as written for ${device}`, () => check(smallStep.graph, device));
}
