/**
 * Lays feature maps out as [H,W,N,C] instead of [N,C,H,W] around convolutions that have a faster form there
 * (positions-first-convolutions.ts), and takes everything between them along, so that few maps are moved.
 *
 * In this layout the channels of a position are neighbours, and so are the images of a row: convolutions become matrix
 * products over channels, sums over positions become products with ones, and a number a channel or a channel and image
 * meets its map in the innermost axes.
 */

import { collect, type Graph } from '../ir/graph.ts';
import { inScope, type Tensor } from '../ir/tensor.ts';
import { reshape } from '../ops/shape.ts';
import { type LayoutRule, type Layouts, swapPlanes } from './layouts.ts';
import { type Pass, type Rewritten, type Site, withInputs } from './pass.ts';
import { convolutionRules } from './positions-first-convolutions.ts';
import { mapRules } from './positions-first-maps.ts';

const rules: ReadonlyMap<string, LayoutRule> = new Map([...mapRules, ...convolutionRules]);

export const positionsFirst: Pass = {
  name: 'positions-first',
  summary: 'maps as [H,W,N,C], convolutions as products over channels with fewer multiplications',
  devices: ['cpu'],
  apply: layOut,
};

function layOut(program: Graph): Rewritten {
  const standard = new Map<Tensor, Tensor>();
  const moved = new Map<Tensor, Tensor>();
  const native = new Set<Tensor>();
  const parts: string[] = [];
  const remembered = (known: Map<Tensor, Tensor>, old: Tensor, make: () => Tensor): Tensor => {
    const found = known.get(old);
    if (found !== undefined) return found;
    const made = inScope(old.scope, make);
    known.set(old, made);
    return made;
  };
  const layouts: Layouts = {
    standard: (old) => remembered(standard, old, () => swapPlanes(moved.get(old) ?? old)),
    positionsFirst: (old) => remembered(moved, old, () => swapPlanes(toRank4(layouts.standard(old)))),
    isPositionsFirst: (old) => native.has(old),
    part: ({ scope }) => {
      const name = /^(?:grad\.)*[^.]*/.exec(scope)?.[0] ?? '';
      return parts.includes(name) ? parts.indexOf(name) : parts.push(name) - 1;
    },
  };
  const sites: Site[] = [];
  for (const node of program.nodes) {
    const result = inScope(node.scope, () => rules.get(node.op.name)?.(node, layouts));
    if (result?.layout === 'positionsFirst') {
      moved.set(node, result.tensor);
      native.add(node);
    } else {
      standard.set(node, result?.tensor ?? withInputs(node, node.inputs.map(layouts.standard)));
    }
    if (result?.change !== undefined) sites.push({ scope: node.scope, op: node.op.name, change: result.change });
  }
  if (sites.length === 0) return { graph: program, sites };
  const outputs = [...program.outputs].map(([name, old]) => [name, layouts.standard(old)] as const);
  return { graph: collect(program.name, outputs), sites };
}

function toRank4(x: Tensor): Tensor {
  return reshape(x, [...Array.from({ length: 4 - x.rank }, () => 1), ...x.shape]);
}
