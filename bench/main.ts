/** `npm run bench -- NAME [--rounds N] [--json]`: timed programs, each beside its peer where it has one. */

import { parseArgs } from 'node:util';
import { benchFid } from './fid.ts';
import { benchInception } from './inception.ts';
import { benchStart } from './start.ts';
import { benchStep, type StepOptions } from './step.ts';

const benchmarks: Readonly<Record<string, (options: StepOptions) => Promise<Record<string, unknown>>>> = {
  step: (options) => benchStep({ name: 'step', base: 64 }, options),
  'step-quarter': (options) => benchStep({ name: 'step-quarter', base: 16 }, options),
  fid: (options) => benchFid('fid', 10_000, options),
  'fid-half': (options) => benchFid('fid-half', 5_000, options),
  inception: (options) => benchInception('inception', options),
  start: ({ rounds }) => benchStart('start', rounds),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    warmup: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const run = benchmarks[name];
if (run === undefined) {
  console.error(
    `npm run bench -- NAME [--rounds N] [--warmup N] [--threads N] [--json]; NAME is one of ${Object.keys(benchmarks).join(', ')}.`,
  );
  process.exit(2);
}
const result = await run({
  rounds: Number(values.rounds),
  warmup: Number(values.warmup),
  threads: Number(values.threads),
});
if (!values.json) {
  for (const [key, value] of Object.entries(result)) {
    console.log(`${key.padEnd(28)} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`);
  }
} else console.log(JSON.stringify(result));
process.exit(0);
