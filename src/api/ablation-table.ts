/** The tables of an ablation, and what they can say. */

import { significance } from '../inspect/index.ts';
import type { Ablation, ArmResult } from './ablate.ts';
import { type RunMetricName, runMetrics } from './score-run.ts';

export const tableHeader = [
  'arm',
  'parameters of G',
  'of D',
  'mean ± spread',
  'difference',
  '95 % interval',
  'p (Holm)',
  'verdict',
] as const;

/** The rows of one score, an arm each, in the order of the arms. */
export function tableRows({ arms }: Pick<Ablation, 'arms'>, metric: RunMetricName): string[][] {
  return arms.map((arm, i) => [
    arm.name,
    arm.parameters.generator.toLocaleString('en-US'),
    arm.parameters.discriminator.toLocaleString('en-US'),
    meanOf(arm, metric),
    ...(i === 0 ? ['', '', '', 'baseline'] : comparisonOf(arm, metric)),
  ]);
}

function meanOf({ scores }: ArmResult, metric: RunMetricName): string {
  const summary = scores[metric];
  if (summary === undefined || summary.count === 0) return 'no run';
  return `${figure(summary.mean)} ± ${figure(summary.deviation)}`;
}

function comparisonOf({ comparisons }: ArmResult, metric: RunMetricName): string[] {
  const comparison = comparisons[metric];
  if (comparison === undefined) return ['', '', '', 'no run'];
  const { difference, interval, adjustedPValue, verdict } = comparison;
  return [signed(difference), interval.map(signed).join(' … '), figure(adjustedPValue), verdict];
}

/** Three digits; a dash for what cannot be known, as the spread of one run. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

const signed = (value: number) => `${value > 0 ? '+' : ''}${figure(value).replace('-', '−')}`;

/** A heading for each score: its name, which way is better, and what it is. */
export function metricTitle(metric: RunMetricName): string {
  const { better, meaning } = runMetrics[metric];
  return `${metric}, ${better} is better: ${meaning}`;
}

/** What was compared how, and how little so few seeds can show. */
export function fineprint({ arms, runs, seeds, count, steps }: Ablation): string[] {
  const unfinished = runs.filter(({ isFinished }) => !isFinished);
  return [
    `${seeds} seed${seeds === 1 ? '' : 's'} an arm, ${steps} steps a run, ${count} images a score. Spread: standard deviation over seeds.`,
    `Differences are from ${arms[0]?.name}, in pairs of one seed, by a paired t-test, which takes differences between seeds for ` +
      `normally distributed. p is Holm's over the ${arms.length - 1} comparisons of a score; the intervals stand for one comparison each.`,
    seeds === 1
      ? 'One seed cannot distinguish anything: there is no spread to compare a difference with.'
      : `A verdict needs p ≤ ${significance}. Without assuming normality no p below ${figure(2 / 2 ** seeds)} is possible with ${seeds} pairs ` +
        '(exact test by changes of sign). "Not distinguishable" does not mean equal.',
    ...(unfinished.length === 0
      ? []
      : [
          `Ended before the last step and not counted: ${unfinished.map(({ arm, seed, step }) => `${arm} seed ${seed} (step ${step})`).join(', ')}.`,
        ]),
  ];
}

/** All of it as Markdown. */
export function markdownOf(ablation: Ablation): string {
  const { source, preset, settings, metrics } = ablation;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const tables = metrics.flatMap((metric) => [
    `## ${metricTitle(metric)}`,
    '',
    line(tableHeader),
    line(tableHeader.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...tableRows(ablation, metric).map(line),
    '',
  ]);
  const shared = [preset === undefined ? '' : `preset ${preset}`, ...settings].filter((part) => part !== '');
  return [
    `# Ablation on ${source}`,
    '',
    `Shared: ${shared.join(', ')}.`,
    '',
    ...tables,
    ...fineprint(ablation),
    '',
  ].join('\n');
}
