/** Symbolic tensors: nodes of a tensor program, made by calling ops, never holding numbers. */

import { GraphError } from '../../base/errors.ts';
import type { Lowering } from './lowering.ts';
import { type DType, formatType, type Shape, type TensorData } from './tensor-data.ts';

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export type Attribute = number | string | boolean | readonly number[] | TensorData;
export type Attributes = { readonly [name: string]: Attribute };

/** What a derivative rule is given. `needs[i]` tells whether the cotangent of input i is wanted. */
export interface DerivativeArguments<A extends Attributes> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly cotangent: Tensor;
  readonly attributes: A;
  readonly needs: readonly boolean[];
}

/**
 * One op, declared once: its shape rule, its derivative, its ONNX form. (What it computes is written down in
 * `reference/`, slowly and obviously.)
 *
 * The derivative is a list with a cotangent an input, written in ops, so that it can be differentiated again; `undefined`
 * stands for zero. `'none'` says that nothing flows back through the op: comparisons, integer results, stopGradient.
 */
export interface Op<A extends Attributes = Attributes> {
  readonly name: string;
  infer(inputs: readonly Tensor[], attributes: A): TensorType;
  readonly derivative: 'none' | DerivativeRule<A>;
  lower(lowering: Lowering, node: Tensor, attributes: A): string;
  /** Bytes that its ONNX form takes beside operands and result, where they are as many as those. Default 0. */
  scratchBytes?(node: Tensor, attributes: A): number;
}

export interface DerivativeRule<A extends Attributes> {
  // A method, so that Op<A> can stand where Op<Attributes> is asked for.
  rule(args: DerivativeArguments<A>): readonly (Tensor | undefined)[];
}

let nextId = 0;

/** A value of a tensor program: an op applied to inputs. Immutable; `id` grows, so inputs have smaller ids. */
export class Tensor {
  readonly id: number;
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Dotted path of the layer that made it, for names, profiles and errors. */
  readonly scope: string;

  constructor(op: Op, inputs: readonly Tensor[], attributes: Attributes, type: TensorType) {
    this.id = nextId++;
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.dtype = type.dtype;
    this.shape = type.shape;
    this.scope = currentScope();
  }

  get rank(): number {
    return this.shape.length;
  }

  /** `float32[8,3,32,32]` */
  toString(): string {
    return formatType(this);
  }
}

/** The extent of `axis`; negative axes count from the end. */
export function extent(tensor: TensorType, axis: number): number {
  const size = tensor.shape.at(axis);
  if (size === undefined) throw new GraphError(`axis ${axis} does not exist in ${formatType(tensor)}.`);
  return size;
}

/** Declares an op and returns the function that applies it. */
export function defineOp<A extends Attributes>(definition: {
  readonly name: string;
  infer(inputs: readonly Tensor[], attributes: A): TensorType;
  derivative: 'none' | ((args: DerivativeArguments<A>) => readonly (Tensor | undefined)[]);
  lower(lowering: Lowering, node: Tensor, attributes: A): string;
  scratchBytes?(node: Tensor, attributes: A): number;
}): Op<A> {
  const { derivative } = definition;
  return { ...definition, derivative: derivative === 'none' ? 'none' : { rule: derivative } };
}

/** Applies an op: infers the type of the result and reports a misfit with the place where it happened. */
export function apply<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  let type: TensorType;
  try {
    type = op.infer(inputs, attributes);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw refusal(op.name, error.message, inputs);
  }
  return new Tensor(op, inputs, attributes, type);
}

/** The GraphError of an op that refuses its inputs: which op, in which scope, why, and what it was given. */
export function refusal(opName: string, problem: string, inputs: readonly Tensor[]): GraphError {
  const place = currentScope() === '' ? '' : ` at ${currentScope()}`;
  return new GraphError(`${opName}${place}: ${problem} (inputs: ${inputs.join(', ') || 'none'})`);
}

const scopes: string[] = [];

function currentScope(): string {
  return scopes.at(-1) ?? '';
}

/** Runs `body` with `name` appended to the scope of every tensor that it makes. */
export function withScope<T>(name: string, body: () => T): T {
  const outer = currentScope();
  return inScope(outer === '' ? name : `${outer}.${name}`, body);
}

/** Runs `body` with the scope set to `path`. */
export function inScope<T>(path: string, body: () => T): T {
  scopes.push(path);
  try {
    return body();
  } finally {
    scopes.pop();
  }
}
