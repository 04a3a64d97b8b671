/**
 * Where a network's numbers live. Layers are functions of a `Scope`: a place in the tree of layers that declares
 * variables under its dotted path, hands them out as program inputs, and collects the next values of those that a step
 * changes. The same path always means the same variable, so a discriminator applied twice shares its weights.
 */

import { GraphError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { type Tensor, withScope } from '../engine/ir/tensor.ts';
import type { Shape, TensorData } from '../engine/ir/tensor-data.ts';
import { input, stopGradient } from '../engine/ops/index.ts';
import type { Initializer } from './initializers.ts';

/** A named float32 array that training carries from step to step. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** True if the optimiser changes it; false for running statistics, power-iteration vectors, moments. */
  readonly trainable: boolean;
  readonly initializer: Initializer;
  /** The axis that becomes the rows where it is seen as a matrix [rows, rest]. Default 0. */
  readonly rowAxis?: number;
  /** Starts as a copy of this variable instead. */
  readonly copyOf?: string;
}

export interface Mode {
  /** Batch statistics instead of running ones. */
  readonly training: boolean;
  /** Whether running statistics and power-iteration vectors move. Default: as `training`. */
  readonly updates?: boolean;
  /** How many more times the network is applied before its parameters move. Default 0. */
  readonly applicationsAhead?: number;
  /** What goes on in the stead of what a layer makes observable. Default: that itself. */
  readonly intervene?: Intervene;
}

/** A value that a layer makes observable, on its way to where it is used. */
export interface Observation {
  /** Path of the layer. */
  readonly layer: string;
  /** Its name in the layer. */
  readonly name: string;
  readonly value: Tensor;
  /** Of maps [N, L, L']: what their rows and columns are. */
  readonly map?: MapLayout | undefined;
}

/** What the rows (queries) and columns (keys) of an attention map are. */
export interface MapLayout {
  /** Extents of the grid of queries. */
  readonly queryGrid: Shape;
  /** Extents of the grid of keys; where they are pooled each stands for a cell of its own. */
  readonly keyGrid: Shape;
  /** Whether a row sums to 1; otherwise it is divided by the number of keys. */
  readonly isDistribution: boolean;
}

/** Returns the observed value, or one of its shape to be used instead. */
export type Intervene = (observation: Observation) => Tensor;

/**
 * The variables of one program. A program may move them several times (a discriminator's steps, then the generator's):
 * what it moves is pending until `commit`, after which the same name stands for the new value.
 */
export class Variables {
  private readonly declared = new Map<string, Variable>();
  private readonly current = new Map<string, Tensor>();
  private readonly pending = new Map<string, Tensor>();
  private readonly moved = new Set<string>();
  private readonly shared = new Map<string, Tensor>();
  /** Named values to look at: attention maps, singular values. */
  readonly observations = new Map<string, Tensor>();

  /** The root scope of a network; `path` is `G`, `D` or `ema.G`. */
  scope(path: string, mode: Mode): Scope {
    const { training, updates = training, applicationsAhead = 0, intervene = ({ value }) => value } = mode;
    return new Scope(this, path, { training, updates, applicationsAhead, intervene });
  }

  /** The value of a variable, which is declared on first use. Throws GraphError if two layers claim one name. */
  get(variable: Variable): Tensor {
    const known = this.current.get(variable.name);
    if (known === undefined) {
      const tensor = input(variable.name, 'float32', variable.shape);
      this.declared.set(variable.name, variable);
      this.current.set(variable.name, tensor);
      return tensor;
    }
    if (known.shape.join() !== variable.shape.join()) {
      throw new GraphError(
        `variable ${variable.name} was declared with shape [${known.shape}] and is now asked for with ` +
          `[${variable.shape}]: two layers share a name.`,
      );
    }
    return known;
  }

  /** Sets the value that a variable has after the next `commit`. */
  move(name: string, next: Tensor): void {
    this.pending.set(name, next);
  }

  /**
   * Adopts what was moved, and forgets what was computed from the old values. The new values are data to what follows:
   * no gradient flows into the update that made them.
   */
  commit(): void {
    for (const [name, next] of this.pending) {
      this.current.set(name, stopGradient(next));
      this.moved.add(name);
    }
    this.pending.clear();
    this.shared.clear();
  }

  /** What `compute` returns, computed once between commits for each name. */
  once(name: string, compute: () => Tensor): Tensor {
    const known = this.shared.get(name);
    if (known !== undefined) return known;
    const value = compute();
    this.shared.set(name, value);
    return value;
  }

  /** Every variable, in the order of declaration. */
  get all(): Variable[] {
    return [...this.declared.values()];
  }

  /** The final values of the variables that the program moved. */
  get updates(): Map<string, Tensor> {
    return new Map([...this.current].filter(([name]) => this.moved.has(name)));
  }

  /** The values of the variables below a path, by name; all of them, or the trainable ones. */
  below(path: string, which: 'all' | 'trainable' = 'all'): Map<string, Tensor> {
    const wanted = (name: string) => which === 'all' || this.declared.get(name)?.trainable === true;
    return new Map([...this.current].filter(([name]) => name.startsWith(`${path}.`) && wanted(name)));
  }
}

/** A place in the tree of layers. */
export class Scope {
  readonly path: string;
  private readonly mode: Required<Mode>;
  private readonly variables: Variables;

  constructor(variables: Variables, path: string, mode: Required<Mode>) {
    this.variables = variables;
    this.path = path;
    this.mode = mode;
  }

  get training(): boolean {
    return this.mode.training;
  }

  get applicationsAhead(): number {
    return this.mode.applicationsAhead;
  }

  /** Runs a layer in the sub-scope `name`. */
  at<T>(name: string, layer: (scope: Scope) => T): T {
    return withScope(name, () => layer(new Scope(this.variables, `${this.path}.${name}`, this.mode)));
  }

  /** A trainable variable. */
  parameter(name: string, shape: Shape, initializer: Initializer, rowAxis = 0): Tensor {
    return this.variables.get({ name: `${this.path}.${name}`, shape, trainable: true, initializer, rowAxis });
  }

  /** A variable that the network itself moves, if at all. */
  buffer(name: string, shape: Shape, initializer: Initializer): Tensor {
    return this.variables.get({ name: `${this.path}.${name}`, shape, trainable: false, initializer });
  }

  /** Gives a buffer its next value, if this application of the network is one that moves buffers. */
  update(name: string, next: () => Tensor): void {
    if (this.mode.updates) this.variables.move(`${this.path}.${name}`, next());
  }

  /** What `compute` returns, computed once a program: a normalised weight is shared by all uses of the layer. */
  once(name: string, compute: () => Tensor): Tensor {
    return this.variables.once(`${this.path}.${name}`, compute);
  }

  /** Makes a value available for inspection under this path; returns what is to be used: the value, or what intervenes. */
  observe(name: string, value: Tensor, map?: MapLayout): Tensor {
    const used = this.mode.intervene({ layer: this.path, name, value, map });
    this.variables.observations.set(`${this.path}.${name}`, used);
    return used;
  }
}

/** Initial values: a function of (seed, name), whatever else the network holds. */
export function initialize(variables: readonly Variable[], seed: number): Map<string, TensorData> {
  const initializers = new Map(variables.map(({ name, initializer }) => [name, initializer]));
  return new Map(
    variables.map(({ name, shape, copyOf = name }) => {
      const initializer = initializers.get(copyOf);
      if (initializer === undefined) throw new GraphError(`variable ${name} copies ${copyOf}, which does not exist.`);
      return [name, { dtype: 'float32', shape, data: initializer(shape, new Random(seed, `init ${copyOf}`)) }];
    }),
  );
}
