/** A compute process that holds more memory than it may from the beginning, for the tests of its host. */

import { z } from 'zod';
import { defaultLimits } from '../../src/compute/kept.ts';
import { serveTasks } from '../../src/compute/process.ts';
import { task } from '../../src/compute/task.ts';
import { openRuntime } from '../../src/engine/index.ts';

serveTasks(
  { processId: task({ request: z.strictObject({}), run: async () => process.pid }) },
  openRuntime({ threads: 1 }),
  { ...defaultLimits, residentBytes: 1 },
);
