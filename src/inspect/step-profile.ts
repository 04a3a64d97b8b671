/** Where the time of a step goes: the calls of its kernels, given back to the ops and the scopes that they were lowered from. */

import type { Graph } from '../engine/index.ts';
import { flopsOf } from '../engine/ir/cost.ts';
import type { KernelCall, TracedRun } from './read-trace.ts';

/** What something takes in one step. */
export interface Work {
  readonly seconds: number;
  /** Calls of kernels. */
  readonly calls: number;
  /** Floating-point operations: 2 a multiply-add of convolutions and matrix products, 1 an element of other results. */
  readonly flops: number;
  /** Bytes that kernels read and write. */
  readonly bytes: number;
}

/** An op in a scope: the convolutions of `D0.G.block1.conv1`, whatever kernels they have become. */
export interface Place extends Work {
  readonly scope: string;
  readonly op: string;
  /** By the type of the ONNX node; `flops` are those of the place alone. */
  readonly kernels: ReadonlyMap<string, Work>;
}

/** A program of a step and what was recorded of it. */
export interface RecordedProgram {
  /** The graph that was lowered: what the passes left. */
  readonly graph: Graph;
  readonly runs: readonly TracedRun[];
}

export interface StepProfile {
  /** Seconds in ONNX Runtime, and of these in kernels: a step's mean. */
  readonly programSeconds: number;
  readonly kernelSeconds: number;
  /** In the order of the programs. */
  readonly places: readonly Place[];
  /** Kernels that belong to no op: copies of outputs, and what ONNX Runtime puts in by itself. Their type is their op. */
  readonly unmapped: readonly Place[];
}

export const nothing: Work = { seconds: 0, calls: 0, flops: 0, bytes: 0 };

export function addWork(a: Work, b: Work): Work {
  return {
    seconds: a.seconds + b.seconds,
    calls: a.calls + b.calls,
    flops: a.flops + b.flops,
    bytes: a.bytes + b.bytes,
  };
}

/**
 * Sums the runs of `steps` whole steps, and divides by their number. Seconds, calls and bytes of `places` and `unmapped`
 * add up to those of all kernels; the operations of `places` to those of the programs.
 */
export function profileOf(programs: readonly RecordedProgram[], steps: number): StepProfile {
  const places = new Map<string, Gathered>();
  const unmapped = new Map<string, Gathered>();
  for (const { graph, runs } of programs) {
    for (const node of graph.nodes) at(places, node.scope, node.op.name).flops += flopsOf(node) * runs.length;
    for (const call of runs.flatMap(({ calls }) => calls)) {
      (places.get(placeOf(call.node)) ?? at(unmapped, '', call.kernel)).calls.push(call);
    }
  }
  const runs = programs.flatMap((program) => program.runs);
  return {
    programSeconds: totalSeconds(runs) / steps,
    kernelSeconds: totalSeconds(runs.flatMap(({ calls }) => calls)) / steps,
    places: [...places.values()]
      .filter(({ flops, calls }) => flops > 0 || calls.length > 0)
      .map((gathered) => perStep(gathered, steps)),
    unmapped: [...unmapped.values()].map((gathered) => perStep(gathered, steps)),
  };
}

/** What happened at a place in all steps. */
interface Gathered {
  readonly scope: string;
  readonly op: string;
  flops: number;
  readonly calls: KernelCall[];
}

function at(gathered: Map<string, Gathered>, scope: string, op: string): Gathered {
  const key = `${scope}/${op}`;
  const known = gathered.get(key) ?? { scope, op, flops: 0, calls: [] };
  gathered.set(key, known);
  return known;
}

/**
 * `scope/op` of a node, whose name the lowering made: `scope/op#12`, or `op#12` outside all scopes. Where ONNX Runtime fuses
 * nodes it puts words around the name of one.
 */
function placeOf(node: string): string {
  const [, scope = '', op] = /(?:^|\s)(?:([^\s/]*)\/)?([^\s/#]+)#\d/.exec(node) ?? [];
  return `${scope}/${op}`;
}

function perStep({ scope, op, flops, calls }: Gathered, steps: number): Place {
  const kernels = new Map<string, Work>();
  for (const { kernel, seconds, bytes } of calls) {
    kernels.set(kernel, addWork(kernels.get(kernel) ?? nothing, { seconds, calls: 1, flops: 0, bytes }));
  }
  const share = (work: Work): Work => ({
    seconds: work.seconds / steps,
    calls: work.calls / steps,
    flops: work.flops / steps,
    bytes: work.bytes / steps,
  });
  return {
    scope,
    op,
    ...share([...kernels.values()].reduce(addWork, { ...nothing, flops })),
    kernels: new Map([...kernels].map(([kernel, work]) => [kernel, share(work)])),
  };
}

function totalSeconds(timed: readonly { readonly seconds: number }[]): number {
  return timed.reduce((total, { seconds }) => total + seconds, 0);
}
