/**
 * `npm run bench -- NAME [--rounds N] [--warmup N] [--threads N] [--json]`: timed programs, each beside its peer where it
 * has one. A line of JSON on standard output; before it, for people and without `--json`, a table.
 *
 * Other programs must rest meanwhile: PyTorch's threads spin while they wait for each other, and lose most by company.
 */

import { parseArgs } from 'node:util';
import { benchCurve } from './curve.ts';
import { benchFid } from './fid.ts';
import type { TurnOptions } from './in-turns.ts';
import { benchInception } from './inception.ts';
import { benchInput } from './input.ts';
import { benchPasses } from './passes.ts';
import { benchStart } from './start.ts';
import { benchStep } from './step.ts';
import { tableOf } from './table.ts';
import { curves, works } from './work.ts';

type Benchmark = (options: TurnOptions) => Promise<Record<string, unknown>>;

const ofEach = <T>(
  cases: Readonly<Record<string, T>>,
  bench: (name: string, of: T, options: TurnOptions) => ReturnType<Benchmark>,
) =>
  Object.fromEntries(
    Object.entries(cases).map(([name, of]): [string, Benchmark] => [name, (options) => bench(name, of, options)]),
  );

const { step: trainingStep } = works;
if (trainingStep === undefined) throw new Error('bench/work.ts has no work of the name "step".');

const benchmarks: Readonly<Record<string, Benchmark>> = {
  ...ofEach(works, benchStep),
  ...ofEach(curves, benchCurve),
  fid: (options) => benchFid('fid', 10_000, options),
  'fid-half': (options) => benchFid('fid-half', 5_000, options),
  inception: (options) => benchInception('inception', options),
  input: (options) => benchInput('input', options),
  passes: (options) => benchPasses('passes', trainingStep, options),
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
if (!values.json) console.log(tableOf(result));
console.log(JSON.stringify(result));
process.exit(0);
