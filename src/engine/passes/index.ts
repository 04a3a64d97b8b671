/** The passes in the order in which they run, and how a program goes through them. */

import { UserError } from '../../base/errors.ts';
import { type Graph, verify } from '../ir/graph.ts';
import type { Device } from '../ir/lowering.ts';
import { affineMaps } from './affine-maps.ts';
import { commonSubexpressions } from './common-subexpressions.ts';
import { foldConstants } from './fold-constants.ts';
import type { Pass, Site } from './pass.ts';
import { positionsFirst } from './positions-first.ts';
import { releaseEarly } from './release-early.ts';
import { simplify } from './simplify.ts';

/** Tidied first, so that the others find what they look for, and again after them, since new layouts meet in transposes. */
export const passes: readonly Pass[] = [
  foldConstants,
  simplify,
  commonSubexpressions,
  affineMaps,
  positionsFirst,
  simplify,
  commonSubexpressions,
  releaseEarly,
];

/** All passes, none, or those that are named, in the order of `passes` whatever theirs is, and as often. */
export type PassSelection = 'all' | 'none' | readonly string[];

export interface AppliedPass {
  readonly name: string;
  readonly summary: string;
  readonly sites: readonly Site[];
}

export interface OptimizedGraph {
  readonly graph: Graph;
  /** Every pass that ran, in order; one without sites found nothing to do. */
  readonly applied: readonly AppliedPass[];
}

/** What has been made of a program: its memory is estimated before it is compiled. */
const known = new WeakMap<Graph, Map<string, OptimizedGraph>>();

/** Rewrites a program for a device. Inputs and outputs keep their names and types. Throws UserError for an unknown pass. */
export function optimize(program: Graph, device: Device, selection: PassSelection = 'all'): OptimizedGraph {
  const results = known.get(program) ?? new Map<string, OptimizedGraph>();
  const key = `${device} ${selection}`;
  const result = results.get(key) ?? rewritten(program, device, selection);
  known.set(program, results.set(key, result));
  return result;
}

function rewritten(program: Graph, device: Device, selection: PassSelection): OptimizedGraph {
  let graph = program;
  const applied = selected(selection)
    .filter(({ devices }) => devices.includes(device))
    .map((pass) => {
      const result = pass.apply(graph);
      graph = result.graph;
      return { name: pass.name, summary: pass.summary, sites: result.sites };
    });
  verify(graph);
  return { graph, applied };
}

function selected(selection: PassSelection): readonly Pass[] {
  if (selection === 'all') return passes;
  if (selection === 'none') return [];
  const known = [...new Set(passes.map(({ name }) => name))];
  const unknown = selection.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UserError(
      `passes: there is no "${unknown.join('", "')}"; expected "all", "none", or some of ${known.join(', ')}.`,
    );
  }
  return passes.filter(({ name }) => selection.includes(name));
}
