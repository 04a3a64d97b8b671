/** A compute process whose tasks go wrong in every way, for the tests of its host. */

import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { serveTasks } from '../../src/compute/process.ts';
import { task } from '../../src/compute/task.ts';
import { openRuntime } from '../../src/engine/index.ts';

const nothing = z.strictObject({});
let answered = 0;

serveTasks(
  {
    echo: task({
      request: z.strictObject({ text: z.string() }),
      run: async ({ text }) => ({ text, answered: ++answered, processId: process.pid }),
    }),
    /** Counts up to `times`, a turn of the event loop each. */
    count: task({
      request: z.strictObject({ times: z.int() }),
      async run({ times }, { progress }) {
        for (let done = 1; done <= times; done++) {
          await progress(done, times, 'numbers');
          await wait(1);
        }
        return times;
      },
    }),
    abort: task({ request: nothing, run: async () => process.abort() }),
    exit: task({ request: nothing, run: async () => process.exit(3) }),
    /** As ONNX Runtime does, for ever. */
    block: task({
      request: nothing,
      async run() {
        for (;;);
      },
    }),
    never: task({ request: nothing, run: () => new Promise<void>(() => undefined) }),
    throwLater: task({
      request: nothing,
      run: () =>
        new Promise<void>(() => {
          setImmediate(() => {
            throw new Error('thrown where nobody waits');
          });
        }),
    }),
    defect: task({
      request: nothing,
      async run() {
        throw new TypeError('a number was expected');
      },
    }),
    huge: task({ request: nothing, run: async () => 'x'.repeat(65 * 2 ** 20) }),
    circular: task({
      request: nothing,
      async run() {
        const circle: { self?: unknown } = {};
        circle.self = circle;
        return circle;
      },
    }),
    file: task({
      request: z.strictObject({ name: z.string(), sizeBytes: z.int() }),
      run: async ({ name, sizeBytes }, { file }) =>
        file({ name, type: 'image/png', bytes: new Uint8Array(sizeBytes).fill(7) }),
    }),
    folder: task({
      request: z.strictObject({ run: z.string() }),
      run: async ({ run: name }, { run }) => run(name).path,
    }),
    keep: task({
      request: nothing,
      run: (_, { keep }) => keep(undefined, 'number', async () => Math.random()),
    }),
  },
  openRuntime({ threads: 1 }),
);
