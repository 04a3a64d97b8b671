import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { conv2d, grad, graph, input, openRuntime, relu, sum, withScope } from '../engine/index.ts';
import { flopsOf } from '../engine/ir/cost.ts';
import { byModule, byOp, moduleOf } from './profile-tables.ts';
import { type KernelCall, readTrace } from './read-trace.ts';
import { profileOf } from './step-profile.ts';

const images = input('images', 'float32', [2, 3, 8, 8]);
const kernel = input('kernel', 'float32', [4, 3, 3, 3]);
const loss = withScope('D0', () => {
  const hidden = withScope('D', () => withScope('conv1', () => relu(conv2d(images, kernel, { padding: 1 }))));
  return withScope('loss', () => sum(hidden));
});
const [gradient = kernel] = grad(loss, [kernel]);
const program = graph('step', [
  ['loss', loss],
  ['gradient', gradient],
]);

const call = (node: string, kernelName: string, seconds: number, bytes = 100): KernelCall => ({
  node,
  kernel: kernelName,
  seconds,
  bytes,
});

test('kernels go back to their op and scope, whatever ONNX Runtime has put around the name; others are counted apart', () => {
  const runs = [
    {
      seconds: 10,
      calls: [
        call('D0.D.conv1/conv#0', 'Conv', 2),
        call('fused D0.D.conv1/conv#0', 'FusedConv', 1),
        call('D0.loss/sum#7/SomeFusion', 'ReduceSum', 0.5),
        call('Transpose_token_3', 'Transpose', 0.25),
        call('loss.next#copy', 'Identity', 0.125),
      ],
    },
    { seconds: 6, calls: [call('D0.D.conv1/conv#0', 'Conv', 4)] },
  ];
  const { places, unmapped, programSeconds, kernelSeconds } = profileOf([{ graph: program, runs }], 2);
  assert.equal(programSeconds, 8);
  assert.equal(kernelSeconds, 7.875 / 2);
  const conv = places.find(({ op }) => op === 'conv');
  assert.deepEqual([conv?.scope, conv?.seconds, conv?.calls, conv?.bytes], ['D0.D.conv1', 3.5, 1.5, 150]);
  assert.equal(conv?.flops, 2 * (2 * 4 * 8 * 8) * (3 * 3 * 3));
  assert.deepEqual(
    [...(conv?.kernels ?? [])].map(([name, { seconds, calls }]) => [name, seconds, calls]),
    [
      ['Conv', 3, 1],
      ['FusedConv', 0.5, 0.5],
    ],
  );
  assert.equal(places.find(({ scope }) => scope === 'D0.loss')?.seconds, 0.25);
  assert.deepEqual(
    unmapped.map(({ op, seconds }) => [op, seconds]),
    [
      ['Transpose', 0.125],
      ['Identity', 0.0625],
    ],
  );
});

test('the recorded runs of a program are all accounted for, forward and backward', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-test-'));
  try {
    const profilePrefix = join(folder, 'trace');
    const runtime = await openRuntime({ threads: 1, passes: 'none', profilePrefix });
    const compiled = await runtime.compile(program);
    const data = (size: number) => new Float32Array(size).fill(0.5);
    for (let run = 0; run < 3; run++) {
      await compiled.compute({
        images: { dtype: 'float32', shape: images.shape, data: data(2 * 3 * 64) },
        kernel: { dtype: 'float32', shape: kernel.shape, data: data(4 * 27) },
      });
    }
    compiled.endProfiling();
    const [file = ''] = readdirSync(folder);
    const { runs, peakBytes } = readTrace(readFileSync(join(folder, file), 'utf8'), file);
    assert.equal(runs.length, 3);
    assert.ok(peakBytes >= 4 * 2 * 4 * 64, 'a map of four channels was held');
    const { places, unmapped, kernelSeconds, programSeconds } = profileOf([{ graph: program, runs }], 3);
    const all = [...places, ...unmapped];
    const total = (key: 'seconds' | 'calls' | 'flops') => all.reduce((sum, work) => sum + work[key], 0);
    assert.ok(Math.abs(total('seconds') - kernelSeconds) < 1e-9 && kernelSeconds > 0);
    assert.ok(kernelSeconds <= programSeconds);
    const ofRun = runs[0]?.calls.length ?? 0;
    assert.ok(Math.abs(total('calls') - ofRun) < 1e-9 && ofRun > 4);
    assert.equal(
      total('flops'),
      program.nodes.reduce((sum, node) => sum + flopsOf(node), 0),
    );

    const modules = new Map(byModule(places, 3).map((module) => [module.path, module]));
    assert.deepEqual([...modules.keys()], ['D0', 'D0.D', 'D0.D.conv1', 'D0.loss']);
    const [update, network, conv] = ['D0', 'D0.D', 'D0.D.conv1'].map((path) => modules.get(path));
    assert.ok(conv && conv.forward.flops > 0 && conv.backward.calls > 0);
    assert.deepEqual(conv, { ...network, path: 'D0.D.conv1' }, 'the network is its one layer');
    assert.equal(conv.all.calls, conv.forward.calls + conv.backward.calls);
    assert.ok(Math.abs((update?.all.seconds ?? 0) - places.reduce((sum, { seconds }) => sum + seconds, 0)) < 1e-9);

    const ops = byOp(all);
    assert.deepEqual(
      ops.map(({ seconds }) => seconds),
      ops.map(({ seconds }) => seconds).toSorted((a, b) => b - a),
    );
    assert.ok(ops.some(({ op }) => op === 'kernelGradient'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the module of a scope leaves differentiation out and gathers spectral normalisation', () => {
  const shown = (scope: string) => {
    const { names, isBackward } = moduleOf(scope);
    return `${names.join('.')}${isBackward ? ' backward' : ''}`;
  };
  assert.equal(shown('D0.D.block1.conv1'), 'D0.D.block1.conv1');
  assert.equal(shown('grad.D0.D.block1'), 'D0.D.block1 backward');
  assert.equal(shown('grad.grad.D0.gradientPenalty.D'), 'D0.gradientPenalty.D backward');
  assert.equal(shown('Gstep.G.block1.conv1.spectralNorm'), 'Gstep.G.spectralNorm.block1.conv1');
  assert.equal(shown('grad.Gstep.D.linear.spectralNorm'), 'Gstep.D.spectralNorm.linear backward');
  assert.equal(shown('watch'), 'watch');
  assert.equal(shown(''), 'outside all modules');
  assert.equal(shown('grad'), 'outside all modules backward');
});
