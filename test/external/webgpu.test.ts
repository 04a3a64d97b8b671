/** Programs on ONNX Runtime's WebGPU provider, by way of SwiftShader, the software GPU in Debian's package chromium. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { gpuTolerance } from '../engine/tolerances.ts';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const script = fileURLToPath(new URL('webgpu-process.ts', import.meta.url));

/** Runs one check in a process of its own and returns what it printed. */
function findings(check: string): unknown {
  assert.ok(existsSync(driver), `${driver} is missing: run "apt-get install chromium"`);
  const run = spawnSync(process.execPath, ['--import', 'tsx', script, check], {
    encoding: 'utf8',
    // Chromium brings the Vulkan loader too.
    env: { ...process.env, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: '/usr/lib/chromium', XDG_RUNTIME_DIR: '/tmp' },
    timeout: 600_000,
  });
  assert.equal(run.status, 0, `the check "${check}" ended with ${run.status ?? run.signal}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

function assertClose(seen: readonly number[], expected: readonly number[], terms: number): void {
  assert.equal(seen.length, expected.length);
  for (const [i, wanted] of expected.entries()) {
    const difference = Math.abs((seen[i] ?? Number.NaN) - wanted);
    assert.ok(difference <= gpuTolerance(wanted, terms), `number ${i} is ${seen[i]}, the CPU says ${wanted}`);
  }
}

test('every op and gradient on the GPU equals the interpreter', () => {
  assert.deepEqual(findings('table'), []);
});

test('nothing falls back to the CPU but what is known to', () => {
  assert.deepEqual(findings('fallbacks'), ['input: of uint8', 'slice: of integers']);
});

test('ten steps whose state stays on the GPU equal ten on the CPU', () => {
  const seen = z
    .object({ cpu: z.array(z.number()), webgpu: z.array(z.number()), onGpu: z.array(z.boolean()) })
    .parse(findings('state'));
  assert.deepEqual(seen.onGpu, [true, true]);
  assert.ok((seen.cpu[9] ?? 1) < 0.02, 'the network learns');
  assertClose(seen.webgpu, seen.cpu, 64);
});

test('released tensors leave the memory', () => {
  const { grownBytes, value } = z.object({ grownBytes: z.number(), value: z.number() }).parse(findings('release'));
  assert.equal(value, 110);
  assert.ok(grownBytes < 40e6, `100 runs of 4 MB each left ${grownBytes} bytes behind`);
});

test('a whole training step on the GPU equals the one on the CPU, and every number of the next state is finite', () => {
  const seen = z
    .object({ cpu: z.array(z.number()), webgpu: z.array(z.number()), notFinite: z.array(z.string()) })
    .parse(findings('step'));
  assert.deepEqual(seen.notFinite, []);
  assertClose(seen.webgpu, seen.cpu, 1000);
});
