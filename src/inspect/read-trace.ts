/** The trace that ONNX Runtime writes of the runs of a program: which kernel ran when, for how long, on what. */

import { z } from 'zod';
import { FormatError } from '../base/errors.ts';

/** One call of a kernel. */
export interface KernelCall {
  /** The node's name, which the lowering made of scope, op and a number. */
  readonly node: string;
  /** The type of the ONNX node: `Conv`. */
  readonly kernel: string;
  readonly seconds: number;
  /** Bytes that it reads and writes, each operand and result once. */
  readonly bytes: number;
}

export interface TracedRun {
  /** Of the whole run, kernels and what is between them. */
  readonly seconds: number;
  readonly calls: readonly KernelCall[];
}

export interface Trace {
  /** In the order in which they were. */
  readonly runs: readonly TracedRun[];
  /** The most that ONNX Runtime's allocator had given out at one time, in bytes. */
  readonly peakBytes: number;
  /** The most that it had asked the system for; it grows by doubling, and pages that it never uses cost nothing. */
  readonly heldBytes: number;
}

const size = z.coerce.number().default(0);
const eventsSchema = z.array(
  z.object({
    cat: z.string(),
    name: z.string(),
    /** Microseconds. */
    ts: z.number(),
    dur: z.number(),
    args: z.object({
      op_name: z.string().default(''),
      activation_size: size,
      parameter_size: size,
      output_size: size,
      mem_in_use_peak: size,
      mem_arena_held: size,
    }),
  }),
);

/** Kernels that give a value another shape, where it lies. */
const idle = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);
const kernelSuffix = '_kernel_time';

/** Reads a trace, JSON text of the Chrome trace format. Throws FormatError if it is something else. */
export function readTrace(text: string, where: string): Trace {
  const parsed = eventsSchema.safeParse(fromJson(text));
  if (!parsed.success) {
    const [problem] = z.prettifyError(parsed.error).split('\n');
    throw new FormatError(
      where,
      `not a trace of ONNX Runtime (${problem}); expected a JSON list of events with names and durations. Record it again.`,
    );
  }
  const events = parsed.data.toSorted((a, b) => a.ts - b.ts);
  const kernels = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith(kernelSuffix));
  const runs = events
    .filter(({ name }) => name === 'model_run')
    .map(({ ts, dur }) => ({
      seconds: dur / 1e6,
      calls: kernels
        .filter((kernel) => ts <= kernel.ts && kernel.ts < ts + dur)
        .map(({ name, dur: microseconds, args }) => ({
          node: name.slice(0, -kernelSuffix.length),
          kernel: args.op_name,
          seconds: microseconds / 1e6,
          bytes: idle.has(args.op_name) ? 0 : args.activation_size + args.parameter_size + args.output_size,
        })),
    }));
  const most = (counter: 'mem_in_use_peak' | 'mem_arena_held') =>
    kernels.reduce((peak, { args }) => Math.max(peak, args[counter]), 0);
  return { runs, peakBytes: most('mem_in_use_peak'), heldBytes: most('mem_arena_held') };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
