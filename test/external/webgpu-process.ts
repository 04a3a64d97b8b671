/**
 * One check on the WebGPU provider, named by the argument; prints its findings as JSON.
 *
 * A process of its own, because WebGPU in two threads of a process crashes, and because leaving one can hang.
 */

import * as ort from 'onnxruntime-node';
import { Random } from '../../src/base/random.ts';
import {
  add,
  conv2d,
  type DeviceTensor,
  type Graph,
  grad,
  graph,
  input,
  matmul,
  mean,
  mul,
  type NodeDevice,
  nodeDevices,
  openRuntime,
  Runtime,
  reshape,
  softmax,
  square,
  sub,
  type TensorData,
  tanh,
} from '../../src/engine/index.ts';
import { mergeSamples, misfits } from '../engine/merged-graph.ts';
import { gpuTolerance } from '../engine/tolerances.ts';
import { gpuSamples } from '../tables/ops.ts';
import { smallStep, smallStepFeeds } from './small-step.ts';

const checks: Readonly<Record<string, () => Promise<unknown>>> = {
  async table() {
    const { graph, feeds, expected } = mergeSamples(gpuSamples);
    const runtime = await openRuntime({ device: 'webgpu' });
    return misfits(await (await runtime.compile(graph)).compute(feeds), expected, gpuTolerance);
  },

  /** The programs that ONNX Runtime does not keep on the GPU whole. */
  async fallbacks() {
    const runtime = new Runtime(ort, {
      device: 'webgpu',
      sessionOptions: {
        executionProviders: ['webgpu'],
        logSeverityLevel: 4,
        extra: { session: { disable_cpu_ep_fallback: '1' } },
      },
    });
    const programs: Record<string, Graph> = { 'the training step': smallStep.graph };
    for (const one of gpuSamples) programs[one.name] = mergeSamples([one]).graph;
    const found: string[] = [];
    for (const [name, program] of Object.entries(programs)) {
      await runtime.compile(program).catch((error: Error) => {
        if (!error.message.includes('fallback to CPU EP')) throw error;
        found.push(name);
      });
    }
    return found;
  },

  /** Ten steps of a small network whose state stays on the GPU, beside the same on the CPU. */
  async state() {
    const seen: Record<NodeDevice, number[]> = { cpu: [], webgpu: [] };
    let onGpu: boolean[] = [];
    for (const device of nodeDevices) {
      const runtime = await openRuntime({ device });
      const { program: step, state: initial, batch } = smallNetwork();
      const program = await runtime.compile(step, new Set(Object.keys(initial)));
      let state = upload(runtime, initial);
      const feeds = upload(runtime, batch);
      for (let n = 0; n < 10; n++) {
        const { loss, ...next } = await program.run({ ...state, ...feeds });
        if (loss !== undefined) seen[device].push(...(await runtime.download(loss)).data);
        for (const tensor of Object.values(state)) runtime.release(tensor);
        state = next;
      }
      onGpu = Object.values(state).map(({ ort }) => ort.location === 'gpu-buffer');
      for (const tensor of Object.values(state)) seen[device].push(...(await runtime.download(tensor)).data);
    }
    return { ...seen, onGpu };
  },

  /** Bytes by which the process grows over 100 runs that each leave 4 MB on the GPU and release it. */
  async release() {
    const runtime = await openRuntime({ device: 'webgpu' });
    const shape = [1024, 1024];
    const program = await runtime.compile(graph('grow', [['x', add(input('x', 'float32', shape), 1)]]), new Set(['x']));
    let x = runtime.upload({ dtype: 'float32', shape, data: new Float32Array(1024 * 1024) });
    const run = async (times: number) => {
      for (let n = 0; n < times; n++) {
        const { x: next } = await program.run({ x });
        if (next === undefined) throw new Error('the program lost its output');
        runtime.release(x);
        x = next;
      }
    };
    await run(10);
    const before = process.memoryUsage().rss;
    await run(100);
    const grownBytes = process.memoryUsage().rss - before;
    return { grownBytes, value: (await runtime.download(x)).data[0] };
  },

  /** The scalars of a whole training step, here and on the CPU. */
  async step() {
    const seen: Record<NodeDevice, number[]> = { cpu: [], webgpu: [] };
    const notFinite: string[] = [];
    for (const device of nodeDevices) {
      const runtime = await openRuntime({ device });
      const outputs = await (await runtime.compile(smallStep.graph)).compute(smallStepFeeds());
      for (const [name, { data }] of Object.entries(outputs)) {
        if (!data.every(Number.isFinite)) notFinite.push(`${name} on ${device}`);
        if (!smallStep.graph.inputs.has(name)) seen[device].push(...data);
      }
    }
    return { ...seen, notFinite };
  },
};

function upload(runtime: Runtime, tensors: Readonly<Record<string, TensorData>>): Record<string, DeviceTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, data]) => [name, runtime.upload(data)]));
}

/** Least squares through a convolution, attention in small and a matrix: gradient descent without momentum. */
function smallNetwork() {
  const random = new Random(1, 'small network');
  const draw = (shape: readonly number[], scale: number): TensorData => {
    const count = shape.reduce((a, b) => a * b, 1);
    return { dtype: 'float32', shape, data: random.normal(count).map((x) => x * scale) };
  };
  const state = { kernel: draw([4, 2, 3, 3], 0.3), head: draw([4 * 16, 3], 0.2) };
  const batch = { x: draw([5, 2, 4, 4], 1), target: draw([5, 3], 1) };
  const of = (name: string, { dtype, shape }: TensorData) => input(name, dtype, shape);
  const [kernel, head] = [of('kernel', state.kernel), of('head', state.head)];
  const rows = reshape(tanh(conv2d(of('x', batch.x), kernel, { padding: 1 })), [5, 4, 16]);
  const attention = softmax(matmul(rows, rows, { transposeB: true }));
  const y = matmul(reshape(matmul(attention, rows), [5, 4 * 16]), head);
  const loss = mean(square(sub(y, of('target', batch.target))));
  const [byKernel = kernel, byHead = head] = grad(loss, [kernel, head]);
  const program = graph('descend', [
    ['loss', loss],
    ['kernel', sub(kernel, mul(byKernel, 0.1))],
    ['head', sub(head, mul(byHead, 0.1))],
  ]);
  return { program, state, batch };
}

const check = checks[process.argv[2] ?? ''];
if (check === undefined) throw new Error(`no check "${process.argv[2]}"; there are: ${Object.keys(checks).join(', ')}`);
const findings = JSON.stringify(await check());
process.stdout.write(findings, () => process.exit(0));
