/** The compute process, which `host.ts` starts. */

import { availableParallelism } from 'node:os';
import { openRuntime } from '../engine/index.ts';
import { serveTasks } from './process.ts';
import { tasks } from './tasks/index.ts';

// A run in training has the better claim on the cores.
serveTasks(tasks, openRuntime({ threads: Math.max(1, Math.floor(availableParallelism() / 4)) }));
