/** ONNX Runtime on Node: CPU, and WebGPU where the machine has a driver for it. */

import { availableParallelism } from 'node:os';
import { UserError } from '../../base/errors.ts';
import type { PassSelection } from '../passes/index.ts';
import { Runtime } from './program.ts';

export const nodeDevices = ['cpu', 'webgpu'] as const;
export type NodeDevice = (typeof nodeDevices)[number];

export interface NodeRuntimeOptions {
  /** Default `cpu`. */
  readonly device?: NodeDevice;
  /** Threads inside an op on the CPU; default: all that the process may use. */
  readonly threads?: number;
  /**
   * How far ONNX Runtime rewrites a program before it runs; results differ by rounding only. Default: `disabled` on the CPU,
   * where our passes have done what `basic` does, which nearly doubles the time that a program takes to open, and `extended`
   * makes steps slower; else `basic`. `all` adds blocked layouts, which pay for weights inside the program.
   */
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Sagan's own rewrites of the program, ahead of ONNX Runtime's: `all` (the default), `none`, or some by name. */
  readonly passes?: PassSelection | undefined;
  /** Record every node of every run; `Program.endProfiling` writes them to `<prefix>_<time>.json`, a Chrome trace. */
  readonly profilePrefix?: string;
}

/** Opens ONNX Runtime for one device. Throws UserError where the platform has no build of it. */
export async function openRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  const device = options.device ?? 'cpu';
  const threads = options.threads ?? availableParallelism();
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const ort = await loadOrt();
  return new Runtime(ort, {
    device,
    passes: options.passes,
    sessionOptions: {
      executionProviders: device === 'webgpu' ? ['webgpu', 'cpu'] : ['cpu'],
      graphOptimizationLevel: options.graphOptimizationLevel ?? (device === 'cpu' ? 'disabled' : 'basic'),
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // With memory patterns the peak of a training step nearly doubles, at the same speed.
      enableMemPattern: false,
      logSeverityLevel: 3,
      ...(options.profilePrefix === undefined
        ? {}
        : { enableProfiling: true, profileFilePrefix: options.profilePrefix }),
      extra: {
        session: {
          // Adam's second moments fall into denormals, which the CPU computes with a hundred times slower.
          set_denormal_as_zero: '1',
          // Several programs share the cores: an idle one must not spin on them.
          intra_op: { allow_spinning: '0' },
        },
      },
    },
  });
}

async function loadOrt(): Promise<typeof import('onnxruntime-node')> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UserError(
      `loading ONNX Runtime on ${platform}: ${reason}. It is built for Linux (glibc) and Windows on x64 and arm64, and for ` +
        'macOS on Apple silicon; run "npm ci" if the package is missing.',
    );
  }
}
