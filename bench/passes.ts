/** What each rewrite pass buys: a step without any, and with one more after the other, in turns. */

import { passes } from '../src/engine/index.ts';
import { Side, type TurnOptions, takeTurns } from './in-turns.ts';
import { saganCommand } from './step.ts';
import type { Work } from './work.ts';

/** Milliseconds and peak memory for each selection: `none`, then each pass added to those before it. */
export async function benchPasses(name: string, work: Work, options: TurnOptions): Promise<Record<string, unknown>> {
  const names = [...new Set(passes.map((pass) => pass.name))];
  const selections = names.map((_, i) => names.slice(0, i + 1));
  const sides: Side[] = [];
  for (const [i, selection] of [['none'], ...selections].entries()) {
    const label = i === 0 ? 'none' : `+${selection.at(-1)}`;
    sides.push(await Side.start(label, saganCommand(work, options.threads, selection)));
  }
  await takeTurns(sides, options);
  const figures = sides.flatMap((side) => [
    [`${side.name}_ms`, side.ms],
    [`${side.name}_peak_mb`, side.peakMb],
  ]);
  return { name, ...Object.fromEntries(figures), threads: options.threads, rounds: options.rounds };
}
