/**
 * Where a network's numbers live. Layers are functions of a `Scope`: a place in the tree of layers that declares
 * variables under its dotted path, hands them out as program inputs, and collects the next values of those that a step
 * changes. The same path always means the same variable, so a discriminator applied twice shares its weights.
 */

import { GraphError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { type Tensor, withScope } from '../engine/ir/tensor.ts';
import type { Shape, TensorData } from '../engine/ir/tensor-data.ts';
import { input } from '../engine/ops/index.ts';
import type { Initializer } from './initializers.ts';

/** A named float32 array that training carries from step to step. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** True if the optimiser changes it; false for running statistics, power-iteration vectors, moments. */
  readonly trainable: boolean;
  readonly initializer: Initializer;
  /** Starts as a copy of this variable instead. */
  readonly copyOf?: string;
}

export interface Mode {
  /** Batch statistics instead of running ones. */
  readonly training: boolean;
  /** Whether running statistics and power-iteration vectors move. Default: as `training`. */
  readonly updates?: boolean;
}

/** The variables of one program, in the order of their declaration. */
export class Variables {
  private readonly declared = new Map<string, { variable: Variable; tensor: Tensor }>();
  private readonly shared = new Map<string, Tensor>();
  /** The next values of variables that the program changes. */
  readonly updates = new Map<string, Tensor>();
  /** Named values to look at: attention maps, singular values. */
  readonly observations = new Map<string, Tensor>();

  /** The root scope of a network; `path` is `G`, `D` or `ema.G`. */
  scope(path: string, mode: Mode): Scope {
    return new Scope(this, path, { training: mode.training, updates: mode.updates ?? mode.training });
  }

  get(variable: Variable): Tensor {
    const known = this.declared.get(variable.name);
    if (known === undefined) {
      const tensor = input(variable.name, 'float32', variable.shape);
      this.declared.set(variable.name, { variable, tensor });
      return tensor;
    }
    if (known.variable.shape.join() !== variable.shape.join()) {
      throw new GraphError(
        `variable ${variable.name} was declared with shape [${known.variable.shape}] and is now asked for with ` +
          `[${variable.shape}]: two layers share a name.`,
      );
    }
    return known.tensor;
  }

  /** What `compute` returns, computed once a program for each name. */
  once(name: string, compute: () => Tensor): Tensor {
    const known = this.shared.get(name);
    if (known !== undefined) return known;
    const value = compute();
    this.shared.set(name, value);
    return value;
  }

  get all(): Variable[] {
    return [...this.declared.values()].map(({ variable }) => variable);
  }

  /** The trainable variables below a path, by name. */
  parameters(path: string): Map<string, Tensor> {
    return new Map(
      [...this.declared]
        .filter(([name, { variable }]) => variable.trainable && name.startsWith(`${path}.`))
        .map(([name, { tensor }]) => [name, tensor]),
    );
  }

  /** Every variable below a path, by name. */
  below(path: string): Map<string, Tensor> {
    return new Map(
      [...this.declared].filter(([name]) => name.startsWith(`${path}.`)).map(([name, { tensor }]) => [name, tensor]),
    );
  }
}

/** A place in the tree of layers. */
export class Scope {
  readonly path: string;
  readonly training: boolean;
  private readonly updates: boolean;
  private readonly variables: Variables;

  constructor(variables: Variables, path: string, mode: Required<Mode>) {
    this.variables = variables;
    this.path = path;
    this.training = mode.training;
    this.updates = mode.updates;
  }

  /** Runs a layer in the sub-scope `name`. */
  at<T>(name: string, layer: (scope: Scope) => T): T {
    const mode = { training: this.training, updates: this.updates };
    return withScope(name, () => layer(new Scope(this.variables, `${this.path}.${name}`, mode)));
  }

  /** A trainable variable. */
  parameter(name: string, shape: Shape, initializer: Initializer): Tensor {
    return this.variables.get({ name: `${this.path}.${name}`, shape, trainable: true, initializer });
  }

  /** A variable that the network itself moves, if at all. */
  buffer(name: string, shape: Shape, initializer: Initializer): Tensor {
    return this.variables.get({ name: `${this.path}.${name}`, shape, trainable: false, initializer });
  }

  /** Gives a buffer its next value, if this application of the network is one that moves buffers. */
  update(name: string, next: () => Tensor): void {
    if (this.updates) this.variables.updates.set(`${this.path}.${name}`, next());
  }

  /** What `compute` returns, computed once a program: a normalised weight is shared by all uses of the layer. */
  once(name: string, compute: () => Tensor): Tensor {
    return this.variables.once(`${this.path}.${name}`, compute);
  }

  /** Makes a value available for inspection under this path. */
  observe(name: string, value: Tensor): void {
    this.variables.observations.set(`${this.path}.${name}`, value);
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
