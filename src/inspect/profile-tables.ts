/** A profile seen by module and by op. */

import { addWork, nothing, type Place, type Work } from './step-profile.ts';

/** A scope with all below it. */
export interface ModuleWork {
  /** `D0.D.block1`: the update, the network in it, the layer. */
  readonly path: string;
  readonly all: Work;
  readonly forward: Work;
  /** What differentiation added; of a penalty that reads a gradient, that gradient too. */
  readonly backward: Work;
}

/** An op wherever it occurs. */
export interface OpWork extends Work {
  readonly op: string;
  readonly kernels: ReadonlyMap<string, Work>;
}

/** Scopes down to `depth` names, each with what is below it, a scope before those inside it. */
export function byModule(places: readonly Place[], depth: number): ModuleWork[] {
  const modules = new Map<string, ModuleWork>();
  for (const { scope, ...work } of places) {
    const { names, isBackward } = moduleOf(scope);
    for (let level = 1; level <= Math.min(depth, names.length); level++) {
      const path = names.slice(0, level).join('.');
      const { all, forward, backward } = modules.get(path) ?? { all: nothing, forward: nothing, backward: nothing };
      modules.set(path, {
        path,
        all: addWork(all, work),
        forward: isBackward ? forward : addWork(forward, work),
        backward: isBackward ? addWork(backward, work) : backward,
      });
    }
  }
  return inTreeOrder([...modules.values()]);
}

/** Every op, what takes longest first. */
export function byOp(places: readonly Place[]): OpWork[] {
  const ops = new Map<string, OpWork>();
  for (const place of places) {
    const known = ops.get(place.op);
    const kernels = new Map(known?.kernels);
    for (const [kernel, work] of place.kernels) kernels.set(kernel, addWork(kernels.get(kernel) ?? nothing, work));
    ops.set(place.op, { op: place.op, ...addWork(known ?? nothing, place), kernels });
  }
  return [...ops.values()].sort((a, b) => b.seconds - a.seconds);
}

/**
 * The module of a scope: without the `grad` that differentiation puts before it, and with spectral normalisation, which
 * happens inside layers, as a module of its network.
 */
export function moduleOf(scope: string): { readonly names: readonly string[]; readonly isBackward: boolean } {
  const parts = scope === '' ? [] : scope.split('.');
  const names = parts.filter((part) => part !== 'grad');
  const isBackward = parts[0] === 'grad';
  if (names.length === 0) return { names: ['outside all modules'], isBackward };
  const at = names.indexOf('spectralNorm');
  return { names: at > 2 ? [...names.slice(0, 2), 'spectralNorm', ...names.slice(2, at)] : names, isBackward };
}

function inTreeOrder(modules: readonly ModuleWork[], parent = ''): ModuleWork[] {
  return modules
    .filter(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('.'))) === parent)
    .flatMap((module) => [module, ...inTreeOrder(modules, module.path)]);
}
