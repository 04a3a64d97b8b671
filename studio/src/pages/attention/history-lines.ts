/** Attention at the checkpoints of a run, and γ over its steps, as lines of a chart. */

import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import type { SeriesColumns } from '../../../../src/server/api.ts';
import { type ChartLine, seriesColours, type ThemeColour } from '../../components/chart-data.ts';

type Checkpoints = TaskResult<'attentionHistory'>['checkpoints'];
type Measured = Checkpoints[number]['blocks'][number];

/** The first block of each network has its network's colour. */
function coloured(names: readonly string[]): ReadonlyMap<string, ThemeColour> {
  const roles = { G: '--generator', D: '--discriminator' } as const;
  const taken = new Set<string>();
  let others = 0;
  return new Map(
    names.map((name) => {
      const network = name.startsWith('G.') ? 'G' : 'D';
      if (!taken.has(network)) {
        taken.add(network);
        return [name, roles[network]];
      }
      others += 1;
      return [name, seriesColours[others % seriesColours.length] ?? '--ink'];
    }),
  );
}

/** One line a block, of what `measure` says of it. */
export function historyLines(checkpoints: Checkpoints, measure: (block: Measured) => number): readonly ChartLine[] {
  const nameOf = ({ network, name }: Measured) => `${network}.${name}`;
  const names = [...new Set(checkpoints.flatMap(({ blocks }) => blocks.map(nameOf)))];
  const colours = coloured(names);
  return names.map((name) => {
    const points = checkpoints.flatMap(({ step, blocks }) => {
      const block = blocks.find((candidate) => nameOf(candidate) === name);
      return block === undefined ? [] : [{ step, value: measure(block) }];
    });
    const values = points.map(({ value }) => value);
    const columns = { step: points.map(({ step }) => step), mean: values, min: values, max: values };
    return { name, label: name, colour: colours.get(name) ?? '--ink', columns };
  });
}

/** γ of every block, of series such as `gamma/G.attention16`. */
export function gammaLines(names: readonly string[], of: (name: string) => SeriesColumns): readonly ChartLine[] {
  const found = names.filter((name) => name.startsWith('gamma/'));
  const colours = coloured(found.map((name) => name.slice('gamma/'.length)));
  return found.map((name) => {
    const label = name.slice('gamma/'.length);
    return { name, label, colour: colours.get(label) ?? '--ink', columns: of(name) };
  });
}
