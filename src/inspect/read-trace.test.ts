import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTrace } from './read-trace.ts';

/** An event as ONNX Runtime writes it, times in microseconds. */
function event(cat: string, name: string, ts: number, dur: number, args: Readonly<Record<string, string>> = {}) {
  return { cat, pid: 1, tid: 1, ts, dur, ph: 'X', name, args };
}

const sizes = { activation_size: '40', parameter_size: '8', output_size: '16' };
const events = [
  event('Session', 'session_initialization', 0, 50),
  event('Node', 'G/relu#1_kernel_time', 110, 20, { op_name: 'Relu', mem_in_use_peak: '500', ...sizes }),
  event('Node', 'G/reshape#2_kernel_time', 140, 1, {
    op_name: 'Reshape',
    mem_in_use_peak: '900',
    mem_arena_held: '4096',
    ...sizes,
  }),
  event('Session', 'SequentialExecutor::Execute', 101, 90),
  event('Session', 'model_run', 100, 100),
  event('Node', 'G/relu#1_kernel_time', 310, 30, { op_name: 'Relu', mem_in_use_peak: '700', ...sizes }),
  event('Session', 'model_run', 300, 60),
];

test('each run has its kernels, with seconds and with the bytes that they move', () => {
  const relu = { node: 'G/relu#1', kernel: 'Relu', bytes: 64 };
  const reshape = { node: 'G/reshape#2', kernel: 'Reshape', bytes: 0 };
  assert.deepEqual(readTrace(JSON.stringify(events), 'trace'), {
    runs: [
      {
        seconds: 100e-6,
        calls: [
          { ...relu, seconds: 20e-6 },
          { ...reshape, seconds: 1e-6 },
        ],
      },
      { seconds: 60e-6, calls: [{ ...relu, seconds: 30e-6 }] },
    ],
    peakBytes: 900,
    heldBytes: 4096,
  });
});

test('what is no trace is refused', () => {
  for (const text of ['', '{}', '[{"cat": "Node"}]']) {
    assert.throws(() => readTrace(text, 'the trace'), {
      name: 'FormatError',
      message: /^the trace: not a trace of ONNX Runtime \(.+\); expected a JSON list of events .* Record it again\.$/,
    });
  }
});
