/** How far protocols disagree on the same images, and why, in words. */

import type { Disagreement } from '../metrics/index.ts';
import { formatTable } from './figures.ts';
import { formatFigure, formatMetric, formatScore } from './score-table.ts';

/** A table of scores, a column a protocol; below it each gap with the changes that make it. */
export function describeDisagreement({ byProtocol, gaps }: Disagreement): string {
  const [first, ...others] = byProtocol;
  if (first === undefined) return '';
  const heading = ['metric', ...byProtocol.map(({ protocol }) => protocol)];
  const rows = first.scores.map((score, i) => [
    formatMetric(score.passport.metric),
    ...byProtocol.map(({ scores }) => {
      const found = scores[i];
      return found === undefined ? '–' : formatScore(found);
    }),
  ]);
  const width = Math.max(...byProtocol.map(({ protocol }) => protocol.length));
  const about = byProtocol.map(({ protocol, about }) => `  ${protocol.padEnd(width)}  ${about}`);
  const explained = others.flatMap(({ protocol }) => [
    '',
    `${protocol} against ${first.protocol}`,
    ...gaps.filter((gap) => gap.protocol === protocol).flatMap(describeGap),
  ]);
  return [formatTable([heading, ...rows]), '', ...about, ...explained].join('\n');
}

function describeGap({ metric, difference, parts }: Disagreement['gaps'][number]): string[] {
  if (parts.length === 0) return [`  ${formatMetric(metric)}: the same`];
  return [
    `  ${formatMetric(metric)}: ${signed(metric, difference)}`,
    ...parts.map((part) => `    ${signed(metric, part.difference).padStart(8)}  ${part.change}`),
  ];
}

function signed(metric: string, value: number): string {
  return `${value < 0 ? '' : '+'}${formatFigure(metric, value)}`;
}
