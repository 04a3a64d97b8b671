/** The layout of a model's state: what a checkpoint of it holds, and so what later versions must keep or migrate. */

import { traceStep } from '../../src/gan/index.ts';
import { bind, type ModelCase, type ModelRow, stepOptions } from '../tables/models.ts';

/** A line a variable, in order: `G.linear.weight float32[4096,128] trainable`. */
export function stateLayout(row: ModelRow, size: ModelCase): string[] {
  const { variables } = traceStep(stepOptions(bind(row, size)));
  return variables.map(({ name, shape, trainable }) => `${name} float32[${shape}]${trainable ? ' trainable' : ''}`);
}

export function goldenFile(file: string): URL {
  return new URL(`${file}.json`, import.meta.url);
}
