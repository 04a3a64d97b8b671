/** Every model × every invariant of models. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Random } from '../src/base/random.ts';
import { hash, input, openRuntime, type TensorData } from '../src/engine/index.ts';
import { sizeOf } from '../src/engine/ir/tensor-data.ts';
import { models, stepScalars, traceSampler, traceStep } from '../src/gan/index.ts';
import { Variables } from '../src/nn/index.ts';
import { goldenFile, stateLayout } from './golden/layout.ts';
import { bind, type ModelCase, type ModelRow, midCourse, modelRows, stepFeeds, stepOptions } from './tables/models.ts';

const runtime = await openRuntime({ threads: 1 });

/** Both networks applied once, and their variables. */
function traceNetworks(row: ModelRow, size: ModelCase) {
  const model = bind(row, size);
  const { channels, resolution } = model.images;
  const variables = new Variables();
  const labels = input('labels', 'int32', [2]);
  const z = input('z', 'float32', [2, model.latentDim]);
  const images = model.generator(variables.scope('G', { training: true }), z, labels);
  const x = input('x', 'float32', [2, channels, resolution, resolution]);
  const { logits } = model.discriminator(variables.scope('D', { training: true }), x, labels);
  return { images, logits, variables };
}

test('the table has every model', () => {
  assert.deepEqual(
    modelRows.map(({ name }) => name),
    models.map(({ name }) => name),
  );
});

for (const row of modelRows) {
  for (const { source, generator, discriminator, ...size } of row.parameterCounts) {
    test(`${row.name}: as many parameters as ${source}, ${JSON.stringify(size)}`, () => {
      const { variables } = traceNetworks(row, size);
      const count = (path: string) =>
        [...variables.below(path, 'trainable').values()].reduce((total, { shape }) => total + sizeOf(shape), 0);
      assert.deepEqual([count('G'), count('D')], [generator, discriminator]);
    });
  }

  for (const golden of row.golden) {
    test(`${row.name}: the state's layout is that of test/golden/${golden.file}.json`, () => {
      assert.deepEqual(
        stateLayout(row, golden),
        JSON.parse(readFileSync(goldenFile(golden.file), 'utf8')),
        'The layout of the state has changed: older checkpoints no longer fit. If that is meant, run ' +
          '"npx tsx scripts/golden.ts" and say in the change log what becomes of them.',
      );
    });
  }

  test(`${row.name}: images and logits have the shapes they must have at ${row.shapes.length} sizes`, () => {
    for (const size of row.shapes) {
      const where = JSON.stringify(size);
      const { images, logits } = traceNetworks(row, size);
      const { channels, resolution, classes } = size.images;
      assert.deepEqual(images.shape, [2, channels, resolution, resolution], where);
      assert.deepEqual(logits.shape, [2], where);
      const graph = traceSampler(bind(row, size), { batch: 2 }).graph;
      assert.equal(graph.inputs.has('labels'), classes > 0, `${where}: labels matter if there are classes`);
    }
  });

  const options = stepOptions(bind(row, row.small));

  test(`${row.name}: a step returns the state it takes, and its scalars`, () => {
    for (const changes of [{}, { discriminatorSteps: 2 }]) {
      const step = traceStep(stepOptions(bind(row, row.small), changes));
      const { graph, variables } = step;
      const typed = (names: Iterable<string>, of: ReadonlyMap<string, unknown>) =>
        [...names].map((name) => `${name} ${of.get(name)}`).sort();
      const names = variables.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      const stateful = [...graph.outputs.keys()].filter((name) => !stepScalars.some((scalar) => scalar === name));
      assert.deepEqual(stateful.sort(), [...names].sort());
      assert.deepEqual(typed(names, graph.outputs), typed(names, graph.inputs));
      for (const scalar of stepScalars) assert.equal(String(graph.outputs.get(scalar)), 'float32[]', scalar);
      const fed = Object.keys(stepFeeds(step, stepOptions(bind(row, row.small), changes), 1));
      assert.deepEqual([...graph.inputs.keys()].sort(), [...names, ...fed].sort());
    }
  });

  test(`${row.name}: a step is the same program when traced again, and gives the same bits when run again`, async () => {
    const [first, again] = [traceStep(options), traceStep(options)];
    assert.equal(hash(first.graph), hash(again.graph));
    const feeds = { ...midCourse(first.variables), ...stepFeeds(first, options, 3) };
    const program = await runtime.compile(first.graph);
    const results = [await program.compute(feeds), await program.compute(feeds)];
    const other = await (await openRuntime({ threads: 1 })).compile(again.graph);
    results.push(await other.compute(feeds));
    for (const [name, { data }] of Object.entries(results[0] ?? {})) {
      assert.ok(data.every(Number.isFinite), `${name} is finite`);
      for (const result of results) assert.deepEqual(result[name]?.data, data, name);
    }
  });

  test(`${row.name}: samples lie in −1 … 1 and do not depend on their neighbours in the batch`, async () => {
    const { graph, variables } = traceSampler(bind(row, row.small), { batch: 4, network: 'G' });
    const program = await runtime.compile(graph);
    const state = midCourse(variables);
    const { latentDim, images: imageType } = bind(row, row.small);
    const sample = async (seed: number): Promise<Float32Array[]> => {
      // The first latent and label are the same for every seed.
      const numbers = new Random(seed, 'neighbours').normal(4 * latentDim);
      numbers.set(new Random(0, 'first').normal(latentDim));
      const z: TensorData = { dtype: 'float32', shape: [4, latentDim], data: numbers };
      const classes = new Random(seed, 'labels').integers(4, Math.max(1, imageType.classes)).fill(0, 0, 1);
      const labels: TensorData = { dtype: 'int32', shape: [4], data: classes };
      const { images } = await program.compute({ ...state, z, labels });
      assert.ok(images?.data instanceof Float32Array);
      const { data } = images;
      return [0, 1, 2, 3].map((i) => data.slice((i * data.length) / 4, ((i + 1) * data.length) / 4));
    };
    const [one, other] = [await sample(1), await sample(2)];
    assert.deepEqual(one[0], other[0]);
    assert.notDeepEqual(one[1], other[1]);
    for (const image of [...one, ...other]) {
      // ONNX Runtime's tanh may be one unit in the last place too large.
      assert.ok(image.every((value) => Math.abs(value) <= 1 + 2 ** -23));
      assert.ok(new Set(image).size > image.length / 2, 'an image is not flat');
    }
  });
}
