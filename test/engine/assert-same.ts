/** That a rewritten program is the program. */

import assert from 'node:assert/strict';
import type { Graph } from '../../src/engine/index.ts';
import { computed, largestValue } from './random-program.ts';

/**
 * Interprets both programs on the same numbers. `rounding` is the share of the program's largest number by which results
 * may differ; 0 asks for the same bits but for the sign of zero.
 */
export function assertSame(rewritten: Graph, program: Graph, rounding: number): void {
  const allowed = rounding === 0 ? 0 : rounding * largestValue(program);
  const [seen, expected] = [computed(rewritten), computed(program)];
  assert.deepEqual([...seen.keys()], [...expected.keys()]);
  for (const [name, { shape, data }] of expected) {
    const result = seen.get(name);
    assert.deepEqual(result?.shape, shape, name);
    for (const [i, wanted] of data.entries()) {
      const value = result?.data[i] ?? Number.NaN;
      const isSame = value === wanted || (Number.isNaN(value) && Number.isNaN(wanted));
      assert.ok(isSame || Math.abs(value - wanted) <= allowed, `${name}[${i}] is ${value}, was ${wanted}`);
    }
  }
}
