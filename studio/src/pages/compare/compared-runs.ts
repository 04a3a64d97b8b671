/** What is compared of runs: their settings, their curves over one axis, their sheets nearest to a step. */
import type { RunDetail, Series, SeriesColumns } from '../../../../src/server/api.ts';
import { type ChartLine, nearestIndex, seriesColours } from '../../components/chart-data.ts';
import { memberOf } from '../new/schema-form.ts';
import { cardsOf } from '../run/cards.ts';
import { configRows } from '../run/config-rows.ts';

/** At most so many runs side by side: as many colours as can be told apart. */
export const mostCompared = seriesColours.length;

/** A run, and the colour that it has everywhere. */
export interface ComparedRun {
  readonly detail: RunDetail;
  readonly series: Series;
  readonly colour: ChartLine['colour'];
}

/** A setting that is not the same in all runs: its value in each as JSON, undefined where a run has no such setting. */
export interface Difference {
  readonly key: string;
  readonly values: readonly (string | undefined)[];
}

/** The settings in which configs differ, in the order in which the first has them. */
export function differences(configs: readonly object[]): readonly Difference[] {
  const maps = configs.map((config) => new Map(configRows(config).map(({ key, value }) => [key, value])));
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  return keys
    .map((key) => ({ key, values: maps.map((map) => map.get(key)) }))
    .filter(({ values }) => new Set(values).size > 1);
}

export const axes = ['step', 'images'] as const;
export type AxisName = (typeof axes)[number];

/** A series of each run that has it. Over images, a step counts for as many as the run has seen in a step. */
export function linesOf(runs: readonly ComparedRun[], name: string, axis: AxisName): readonly ChartLine[] {
  return runs.flatMap(({ detail, series, colour }) => {
    const columns = series.series[name];
    if (columns === undefined || columns.step.length === 0) return [];
    const stretched = axis === 'step' ? columns : overImages(columns, detail);
    return [{ name: detail.run, label: detail.run, colour, columns: stretched }];
  });
}

function overImages(columns: SeriesColumns, { imagesSeen, step }: RunDetail): SeriesColumns {
  const imagesPerStep = imagesSeen / Math.max(1, step);
  return { ...columns, step: columns.step.map((at) => Math.round(at * imagesPerStep)) };
}

export interface SharedSeries {
  readonly name: string;
  readonly title: string;
}

/** Series that more than one run has, in the order and with the words of a run's own page. */
export function sharedSeries(details: readonly Pick<RunDetail, 'seriesNames'>[]): readonly SharedSeries[] {
  const names = [...new Set(details.flatMap(({ seriesNames }) => seriesNames))];
  const shared = names.filter((name) => details.filter(({ seriesNames }) => seriesNames.includes(name)).length > 1);
  return cardsOf(shared).flatMap(({ title, lines }) =>
    lines.map(({ name, label }) => ({ name, title: lines.length === 1 ? title : `${title}: ${label}` })),
  );
}

/** What one looks at first: scores, losses, what the discriminator says. */
export function firstSeries(series: readonly SharedSeries[]): readonly string[] {
  const names = series.map(({ name }) => name);
  const first = ['lossD', 'lossG', 'realLogits', 'fakeLogits'].filter((name) => names.includes(name));
  return [...names.filter((name) => name.startsWith('score/')), ...first].slice(0, 6);
}

/** The names of the classes that all runs have; none where they differ or one has none. */
export function namedClasses(configs: readonly (object | undefined)[]): readonly string[] {
  const [first, ...others] = configs.map((config) => memberOf(memberOf(config, 'images'), 'classNames'));
  if (!Array.isArray(first) || others.some((other) => JSON.stringify(other) !== JSON.stringify(first))) return [];
  return first.map(String);
}

/** All steps at which a run has a sheet, ascending. */
export function sheetSteps(details: readonly Pick<RunDetail, 'samples'>[]): readonly number[] {
  return [...new Set(details.flatMap(({ samples }) => samples))].sort((one, other) => one - other);
}

/** The step of a run's sheet that is nearest; undefined if it has none. */
export function nearestSheet({ samples }: Pick<RunDetail, 'samples'>, step: number): number | undefined {
  const index = nearestIndex(samples, step);
  return index === undefined ? undefined : samples[index];
}
