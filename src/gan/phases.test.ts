/** Gradient accumulation: against whole batches where they must agree, and against phases composed by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { assertState, type State, stepByHand } from '../../test/step/by-hand.ts';
import {
  bind,
  midCourse,
  modelRows,
  scalarData,
  smoothAdam,
  stepFeeds,
  stepOptions,
} from '../../test/tables/models.ts';
import { hash, openRuntime, reshape, sum, type TensorData, tanh } from '../engine/index.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { conv2d, linear } from '../nn/index.ts';
import {
  bindModel,
  findModel,
  type GanModel,
  penalties,
  type Source,
  type StepOptions,
  stepScalars,
  stepSchedule,
  tracePhases,
  traceStep,
} from './index.ts';

const runtime = await openRuntime({ threads: 1 });
const [row] = modelRows;
assert.ok(row);
const sagan = bind(row, row.small);

/** Nothing in it depends on an image's neighbours, and it has no buffers. */
const plain: GanModel<Record<string, never>> = {
  name: 'plain',
  source: 'this test',
  options: z.strictObject({}),
  check: () => {},
  latentDim: () => 3,
  generator: (scope, _, { channels }, latents) => {
    const seed = scope.at('linear', (s) => linear(s, latents, 4 * 8 * 8));
    return tanh(scope.at('conv', (s) => conv2d(s, tanh(reshape(seed, [-1, 4, 8, 8])), channels)));
  },
  discriminator: (scope, _, __, x) => {
    const map = tanh(scope.at('conv', (s) => conv2d(s, x, 4)));
    return reshape(
      scope.at('linear', (s) => linear(s, sum(map, [2, 3]), 1)),
      [-1],
    );
  },
};

/** The `piece`-th part of what the whole step is given. */
function cut({ dtype, shape, data }: TensorData, piece: number, pieces: number): TensorData {
  const length = data.length / pieces;
  const [count = 0, ...rest] = shape;
  return { dtype, shape: [count / pieces, ...rest], data: data.slice(piece * length, (piece + 1) * length) };
}

/** Runs the phases one after the other, each piece on its part of what the whole step is given. */
async function runPhases(options: StepOptions, before: State, given: State, step: number): Promise<State> {
  const { accumulation = 1 } = options;
  const schedule = stepSchedule(options, step);
  const part = (name: string, piece: number) => {
    const whole = given[name];
    assert.ok(whole, name);
    return cut(whole, piece, accumulation);
  };
  const valueFrom = (source: Source): TensorData => {
    switch (source.from) {
      case 'schedule':
        return scalarData(schedule[source.name] ?? Number.NaN);
      case 'zeros':
        return { dtype: 'float32', shape: source.shape, data: new Float32Array(sizeOf(source.shape)) };
      case 'data': {
        const update = Math.floor(source.piece / accumulation);
        return part(`${source.part}.${update}`, source.piece % accumulation);
      }
      case 'random': {
        const [update = '', piece] = source.stream.slice(source.draw.name.length + 1).split('.');
        return part(source.draw.name.replace(/\bD0\b/, update), Number(piece));
      }
    }
  };
  let made = before;
  for (const { graph, sources } of tracePhases(options).phases) {
    const fed = [...sources].filter(([name]) => graph.inputs.has(name));
    const known = Object.entries(made).filter(([name]) => graph.inputs.has(name));
    const feeds = [...known, ...fed.map(([name, source]) => [name, valueFrom(source)] as const)];
    made = { ...made, ...(await (await runtime.compile(graph)).compute(Object.fromEntries(feeds))) };
  }
  return made;
}

const momentum = { ...smoothAdam, beta1: 0.5 };

test('without batch statistics a batch in pieces is the whole batch', async () => {
  const options = stepOptions(bindModel(plain, {}, { resolution: 8, channels: 3, classes: 0 }), {
    batch: 8,
    generatorBatch: 12,
    discriminatorSteps: 2,
    generatorOptimizer: { ...momentum, weightDecay: 0.1 },
    discriminatorOptimizer: { ...momentum, learningRate: 0.02, clip: 0.3 },
    penalties: [
      { penalty: penalties.gradientPenalty, weight: 3 },
      { penalty: penalties.r1, weight: 2 },
    ],
    augment: ['color', 'translation', 'cutout'],
    dequantize: true,
    orthogonalRegularization: { generator: 0.1, discriminator: 0.2, form: 'paper' },
  });
  const whole = traceStep(options);
  const before = midCourse(whole.variables);
  const given = stepFeeds(whole, options, 3);
  const expected = await (await runtime.compile(whole.graph)).compute({ ...before, ...given });
  const seen = await runPhases({ ...options, accumulation: 4 }, before, given, 3);
  // Which of a piece's logits are higher says nothing of those of other pieces.
  const { separation, ...comparable } = expected;
  assert.ok(separation);
  assertState(seen, comparable);
});

for (const [name, switches] of Object.entries({
  together: {},
  'apart, and moving in the generator’s update': { discriminatorBatches: 'apart', movesInGeneratorStep: true },
})) {
  test(`batch statistics and power iterations are those of the pieces, as by hand: ${name}`, async () => {
    const options = stepOptions(findModel('sagan').bind({ ...row.small.options, ...switches }, row.small.images), {
      accumulation: 2,
      generatorBatch: 6,
      discriminatorSteps: 2,
      generatorOptimizer: momentum,
      discriminatorOptimizer: { ...momentum, learningRate: 0.02, beta2: 0.8 },
    });
    const whole = traceStep(options);
    const before = midCourse(whole.variables);
    const given = stepFeeds(whole, options, 3);
    const { state, scalars } = await stepByHand(runtime, before, given, options, 3);
    const seen = await runPhases(options, before, given, 3);
    assertState(seen, state);
    assert.deepEqual(Object.keys(scalars).sort(), [...stepScalars].sort());
    for (const [scalar, expected] of Object.entries(scalars)) {
      const number = seen[scalar]?.data[0] ?? Number.NaN;
      assert.ok(
        Math.abs(number - expected) <= 1e-5 * Math.max(1, Math.abs(expected)),
        `${scalar} ${number}, ${expected}`,
      );
    }
  });
}

test('pieces need two programs for each network, however many there are', () => {
  for (const [accumulation, discriminatorSteps] of [
    [2, 1],
    [4, 2],
  ] as const) {
    const options = stepOptions(sagan, { accumulation, discriminatorSteps });
    const { phases, variables, pieceSize } = tracePhases(options);
    assert.equal(phases.length, (accumulation + 1) * (discriminatorSteps + 1));
    assert.equal(new Set(phases.map(({ graph }) => graph)).size, 4);
    assert.equal(pieceSize, 4 / accumulation);
    const names = (of: typeof variables) => of.map((variable) => `${variable.name} ${variable.shape}`).sort();
    assert.deepEqual(names(variables), names(traceStep(options).variables));
    const streams = phases.flatMap(({ sources }) =>
      [...sources.values()].flatMap((source) => (source.from === 'random' ? [source.stream] : [])),
    );
    assert.equal(new Set(streams).size, streams.length, 'no two pieces draw the same numbers');
    const pieces = phases.flatMap(({ sources }) =>
      [...sources.values()].flatMap((source) =>
        source.from === 'data' && source.part === 'images' ? [source.piece] : [],
      ),
    );
    assert.deepEqual(
      pieces,
      Array.from({ length: accumulation * discriminatorSteps }, (_, piece) => piece),
    );
  }
});

test('a step in one piece is the traced step', () => {
  const options = stepOptions(sagan, { discriminatorSteps: 2 });
  const { phases, pieceSize } = tracePhases(options);
  assert.deepEqual([phases.length, pieceSize], [1, 4]);
  const step = traceStep(options);
  assert.ok(phases[0]);
  assert.equal(hash(phases[0].graph), hash(step.graph));
  const { sources } = phases[0];
  const state = new Set(step.variables.map(({ name }) => name));
  assert.deepEqual([...sources.keys()].sort(), [...step.graph.inputs.keys()].filter((name) => !state.has(name)).sort());
  assert.deepEqual(sources.get('images.1'), { from: 'data', part: 'images', piece: 1 });
  assert.deepEqual(sources.get('ema.rate'), { from: 'schedule', name: 'ema.rate' });
});

test('batches that cannot be cut into as many pieces are refused', () => {
  assert.throws(
    () => tracePhases(stepOptions(sagan, { accumulation: 3 })),
    /accumulation is 3, but batch is 4.*divisor/,
  );
  assert.throws(
    () => tracePhases(stepOptions(sagan, { accumulation: 2, generatorBatch: 5 })),
    /accumulation is 2, but generatorBatch is 5/,
  );
});
