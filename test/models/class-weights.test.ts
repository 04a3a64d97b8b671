/** Every model between its classes: weights of one class are that class, and a mixture is neither of what it mixes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime } from '../../src/engine/index.ts';
import { traceSampler } from '../../src/gan/index.ts';
import { classWeights, Generator, latents } from '../../src/sample/index.ts';
import { bind, type ModelCase, type ModelRow, midCourse, modelRows } from '../tables/models.ts';

// The passes choose forms by the size of the batch, which round each in its way.
const runtime = await openRuntime({ threads: 1, passes: 'none' });

/** The model's smallest images, in all its forms. */
function smallest(row: ModelRow): ModelCase[] {
  const cases = [row.small, ...row.shapes];
  const least = Math.min(...cases.map(({ images }) => images.resolution));
  return cases.filter(({ images }) => images.resolution === least);
}

for (const row of modelRows) {
  test(`${row.name}: weights that are one-hot make the images of their classes, others make other images`, async () => {
    for (const size of smallest(row)) {
      const where = JSON.stringify(size);
      const model = bind(row, size);
      const { classes } = model.images;
      const state = new Map(Object.entries(midCourse(traceSampler(model, { batch: 1 }).variables)));
      const asked = Int32Array.of(classes - 1, 0, 1).map((label) => Math.max(0, label));
      const z = latents(1, asked.length, model);
      const open = (labels: 'classes' | 'weights') =>
        Generator.open(runtime, model, state, { batch: asked.length, labels });
      const ofLabels = await (await open('classes')).generate(z, asked);
      const mixer = await open('weights');
      const mix = async (wanted: readonly Parameters<typeof classWeights>[0][]) =>
        (await mixer.generate(z, Float32Array.from(wanted.flatMap((one) => [...classWeights(one, classes)])))).images;
      // Weights of 0 and 1 leave nothing to round.
      assert.deepEqual(await mix([...asked]), ofLabels.images, where);
      if (classes === 0) continue;
      const half = await mix(
        Array(3).fill([
          { class: 0, weight: 2 },
          { class: 1, weight: 2 },
        ]),
      );
      for (const label of [0, 1]) {
        const pure = await mix([label, label, label]);
        assert.ok(
          pure.some((value, i) => Math.abs(value - (half[i] ?? 0)) > 1e-3),
          `${where}: half is class ${label}`,
        );
      }
    }
  });
}
