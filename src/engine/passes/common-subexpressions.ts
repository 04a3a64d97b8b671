/** Common subexpressions: what is computed twice is computed once. */

import { collect, formatAttribute, isTensorData } from '../ir/graph.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Pass, type Site, withInputs } from './pass.ts';

/**
 * Nodes of the same op with the same attributes and the same operands become the first of them: bit for bit what it was,
 * since ops are pure and random draws are inputs. A value that is computed again on purpose, to keep no copy of it, has an
 * operand that is held back by `after`, which the first has not, and is left alone.
 */
export const commonSubexpressions: Pass = {
  name: 'common-subexpressions',
  summary: 'what is computed twice is computed once',
  devices: ['cpu', 'webgpu', 'wasm'],
  apply(program) {
    const sites: Site[] = [];
    const known = new Map<string, Tensor[]>();
    const become = new Map<Tensor, Tensor>();
    for (const old of program.nodes) {
      const node = withInputs(
        old,
        old.inputs.map((x) => become.get(x) ?? x),
      );
      const key = keyOf(node);
      const alike = known.get(key) ?? [];
      const first = alike.find((other) => sameConstants(node, other));
      become.set(old, first ?? node);
      if (first === undefined) known.set(key, [...alike, node]);
      // Constants are shared to find out what reads the same; a file holds the small ones once in any case.
      else if (old.op.name !== 'constant') sites.push({ scope: old.scope, op: old.op.name, change: wordsFor(first) });
    }
    if (sites.length === 0) return { graph: program, sites };
    const outputs = [...program.outputs].map(([name, tensor]) => [name, become.get(tensor) ?? tensor] as const);
    return { graph: collect(program.name, outputs), sites };
  },
};

const wordsFor = ({ scope }: Tensor) => (scope === '' ? 'one with its twin' : `one with its twin in ${scope}`);

/** Nodes with different keys differ; those with the same key differ at most in the content of long constants. */
function keyOf({ op, inputs, attributes }: Tensor): string {
  const named = Object.entries(attributes).map(([name, value]) => `${name}: ${formatAttribute(value)}`);
  return [op.name, inputs.map(({ id }) => id).join(' '), ...named.sort()].join('; ');
}

function sameConstants(a: Tensor, b: Tensor): boolean {
  return Object.entries(a.attributes).every(([name, value]) => {
    const other = b.attributes[name];
    if (!isTensorData(value) || other === undefined || !isTensorData(other)) return true;
    return value.data === other.data || value.data.every((element, i) => Object.is(element, other.data[i]));
  });
}
