/** A program with some of its inputs fixed. */

import { GraphError } from '../../base/errors.ts';
import type { Graph } from '../ir/graph.ts';
import type { TensorData } from '../ir/tensor-data.ts';
import type { DeviceTensor, Feeds, Program } from './program.ts';

/** A compiled graph, some inputs of which were given for good: what depends on them alone has been computed already. */
export class BoundProgram {
  /** As it was given, with all inputs. */
  readonly graph: Graph;
  private readonly rest: Program;
  private readonly settled: Feeds;
  private readonly fixed: ReadonlySet<string>;

  constructor(graph: Graph, rest: Program, fixed: ReadonlySet<string>, settled: Feeds) {
    this.graph = graph;
    this.rest = rest;
    this.fixed = fixed;
    this.settled = settled;
  }

  /** Runs the program on its other inputs, as `Program.run` does. Throws GraphError for an input that is fixed. */
  async run(feeds: Feeds): Promise<Record<string, DeviceTensor>> {
    this.refuseFixed(feeds);
    return this.rest.run({ ...feeds, ...this.settled });
  }

  /** Runs on numbers in memory and returns numbers in memory. Throws as `run` does. */
  async compute(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    this.refuseFixed(inputs);
    return this.rest.compute(inputs, this.settled);
  }

  /** Frees what is kept on a GPU; the program cannot run afterwards. */
  release(): void {
    for (const tensor of Object.values(this.settled)) tensor.runtime.release(tensor);
  }

  /** A new value would be left unread, and the old one used, without a word. */
  private refuseFixed(given: Readonly<Record<string, unknown>>): void {
    const name = Object.keys(given).find((name) => this.fixed.has(name));
    if (name === undefined) return;
    throw new GraphError(
      `${this.graph.name}: input "${name}" was fixed when the program was bound; expected the other inputs alone. Bind ` +
        'the graph anew for another value.',
    );
  }
}
