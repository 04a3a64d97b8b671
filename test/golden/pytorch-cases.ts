/** Reads the numbers that PyTorch recorded in `test/reference`, and holds programs against them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  add,
  grad,
  graph,
  input,
  interpret,
  mul,
  sum,
  type Tensor,
  type Values,
  values,
} from '../../src/engine/index.ts';

const recordedTensor = z.object({
  shape: z.array(z.int()),
  dtype: z.literal('int32').optional(),
  data: z.array(z.number()),
});
const recordedTensors = z.record(z.string(), recordedTensor);
const recordedCase = z.object({
  name: z.string(),
  op: z.string(),
  attributes: z.record(z.string(), z.unknown()),
  inputs: recordedTensors,
  outputs: recordedTensors,
  cotangent: recordedTensors.default({}),
  gradients: recordedTensors.default({}),
});
type RecordedTensor = z.infer<typeof recordedTensor>;

export interface Subject {
  /** Recorded input → name of the program's input, where that is another. */
  readonly names: Readonly<Record<string, string>>;
  /** Recorded outputs that Sagan has no counterpart of. */
  readonly without: readonly string[];
  /** Inputs of the program that PyTorch has no counterpart of. */
  feeds?(recorded: Recorded): Readonly<Record<string, Values>>;
  /** The program under test: recorded output → tensor. */
  build(recorded: Recorded): Readonly<Record<string, Tensor>>;
}

/** One case: what PyTorch was given and what it made of it. */
export class Recorded {
  readonly name: string;
  readonly op: string;
  private readonly content: z.infer<typeof recordedCase>;

  constructor(content: z.infer<typeof recordedCase>) {
    this.name = content.name;
    this.op = content.op;
    this.content = content;
  }

  has(name: string): boolean {
    return name in this.content.inputs;
  }

  shape(name: string): readonly number[] {
    return this.inputNamed(name).shape;
  }

  /** A recorded input as an input of the program. */
  input(name: string): Tensor {
    const { dtype = 'float32', shape } = this.inputNamed(name);
    return input(name, dtype, shape);
  }

  /** A setting; of a pair of equal numbers, as strides are written, the one. */
  setting(name: string): number {
    const value = this.content.attributes[name];
    const [first, ...others] = z.array(z.number()).parse(Array.isArray(value) ? value : [value]);
    assert.ok(first !== undefined && others.every((other) => other === first), `${name} is ${value}`);
    return first;
  }

  flag(name: string): boolean {
    return this.content.attributes[name] === true;
  }

  /** Asserts that the outputs and gradients of `subject` are the recorded ones, to `tolerance` relative to max(1, |number|). */
  check(subject: Subject, tolerance: number): void {
    const { inputs, outputs, cotangent, gradients } = this.content;
    const built = subject.build(this);
    const comparable = Object.keys(outputs).filter((name) => !subject.without.includes(name));
    assert.deepEqual(Object.keys(built).sort(), comparable.sort(), this.name);
    const feeds: Record<string, Values> = { ...subject.feeds?.(this) };
    const programName = (name: string) => subject.names[name] ?? name;
    for (const [name, given] of Object.entries(inputs)) feeds[programName(name)] = toValues(given);

    const functional = Object.entries(cotangent).map(([name, weights]) => {
      feeds[`cotangent.${name}`] = toValues(weights);
      return sum(mul(named(built, name), input(`cotangent.${name}`, 'float32', weights.shape)));
    });
    const wanted = Object.entries(outputs).filter(([name]) => name in built);
    const results = interpret(
      wanted.map(([name]) => named(built, name)),
      feeds,
    );
    const expected = wanted.map(([, value]) => value);
    const labels = wanted.map(([name]) => name);
    if (functional.length > 0) {
      const total = functional.reduce((one, other) => add(one, other));
      const programInputs = Object.fromEntries(graph(this.name, Object.entries(built)).inputs);
      const targets = Object.keys(gradients).map((name) => named(programInputs, programName(name)));
      results.push(...interpret(grad(total, targets), feeds));
      expected.push(...Object.values(gradients));
      labels.push(...Object.keys(gradients).map((name) => `gradient of ${name}`));
    }
    for (const [i, label] of labels.entries()) {
      const [seen, reference] = [results[i]?.data ?? [], expected[i]?.data ?? []];
      assert.equal(seen.length, reference.length, `${this.name}, ${label}`);
      for (const [j, number] of reference.entries()) {
        const close = Math.abs((seen[j] ?? Number.NaN) - number) <= tolerance * Math.max(1, Math.abs(number));
        assert.ok(close, `${this.name}, ${label}: element ${j} is ${seen[j]}, PyTorch says ${number}`);
      }
    }
  }

  private inputNamed(name: string): RecordedTensor {
    return named(this.content.inputs, name);
  }
}

function named<T>(things: Readonly<Record<string, T>>, name: string): T {
  const thing = things[name];
  assert.ok(thing !== undefined, `there is no "${name}" among ${Object.keys(things).join(', ')}`);
  return thing;
}

function toValues({ shape, data }: RecordedTensor): Values {
  return values(shape, data);
}

/** The cases of `test/reference/<file>.json`. */
export function recordedCases(file: string): Recorded[] {
  const text = readFileSync(new URL(`../reference/${file}.json`, import.meta.url), 'utf8');
  return z
    .object({ cases: z.array(recordedCase) })
    .parse(JSON.parse(text))
    .cases.map((content) => new Recorded(content));
}
