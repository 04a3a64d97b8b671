/** Sagan's side of a step benchmark: does the work that it is told, as JSON, for every line `step` on stdin. */

import { createInterface } from 'node:readline';
import { openRuntime, type PassSelection } from '../src/engine/index.ts';
import { parameterCounts, prepare } from './our-side.ts';
import { workSchema } from './work.ts';

const [json = '', threads = '2', passes = 'all'] = process.argv.slice(2);
const work = workSchema.parse(JSON.parse(json));
const once = await prepare(work, await openRuntime({ threads: Number(threads), passes: selectionOf(passes) }));

function selectionOf(names: string): PassSelection {
  return names === 'all' || names === 'none' ? names : names.split(',');
}

console.log(JSON.stringify({ ready: true, ...parameterCounts(work) }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  const start = performance.now();
  for (let done = 0; done < work.repeats; done++) await once();
  const ms = (performance.now() - start) / work.repeats;
  console.log(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024 }));
}
