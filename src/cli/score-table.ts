/** Scores as people read them. */

import pc from 'picocolors';
import type { ImageOrigin, Score, ScoreFile } from '../metrics/index.ts';
import { formatCount, formatTable } from './figures.ts';

/** How the numbers of a metric are written. */
interface FigureStyle {
  /** What they are multiplied by, and how the name says so. */
  readonly scale: number;
  readonly unit: string;
  decimals(scaled: number): number;
}

const fixed = (decimals: number): FigureStyle => ({ scale: 1, unit: '', decimals: () => decimals });
const digits = (count: number): FigureStyle => ({
  scale: 1,
  unit: '',
  decimals: (scaled) => Math.max(0, count - 1 - (scaled === 0 ? 0 : Math.floor(Math.log10(Math.abs(scaled))))),
});

const anyMetric = digits(4);
/** A name stands for itself and for itself with the name of a network, as `fid` for `fid-mnist`. */
const styles: readonly (readonly [metric: string, style: FigureStyle])[] = [
  ['fid', fixed(2)],
  ['intra-fid', fixed(2)],
  ['is', digits(3)],
  ['kid', { ...fixed(2), scale: 1000, unit: ' ×10³' }],
  ...['precision', 'recall', 'f-score', 'prdc-precision', 'prdc-recall', 'density', 'coverage'].map(
    (metric) => [metric, fixed(3)] as const,
  ),
  ...['class-accuracy', 'recognised'].map((metric) => [metric, fixed(3)] as const),
  ['effective-classes', fixed(2)],
];

function styleOf(metric: string): FigureStyle {
  return styles.find(([name]) => metric === name || metric.startsWith(`${name}-`))?.[1] ?? anyMetric;
}

/** The name of a metric with the power of ten that its figures are multiplied by, if they are: `kid ×10³`. */
export function formatMetric(metric: string): string {
  return `${metric}${styleOf(metric).unit}`;
}

/** A value of a metric in its unit, with `like`'s decimals: `12.34`. */
export function formatFigure(metric: string, value: number, like = value): string {
  const { scale, decimals } = styleOf(metric);
  return (value * scale).toFixed(decimals(like * scale)).replace(/^-(0\.?0*)$/, '$1');
}

/** `8.46 ± 0.12` */
export function formatScore({ value, spread, passport: { metric } }: Score): string {
  const text = formatFigure(metric, value);
  return spread === undefined ? text : `${text} ± ${formatFigure(metric, spread, value)}`;
}

/** All scores of a file as a table; below it the warnings, what there is by class, and the confusion of classes. */
export function formatScores({ scores, classNames = [], confusion }: ScoreFile): string {
  const rows = scores.map((score) => {
    const { metric, protocol, images, reference } = score.passport;
    // Statistics of a file do not say how many images they are of.
    const compared = reference === undefined ? '' : formatCount(reference.count).replace(/^0$/, 'unknown');
    const counts = [formatCount(images.count), compared];
    return [formatMetric(metric), formatScore(score), score.better, protocol, ...counts];
  });
  const blocks = [
    formatTable([['metric', 'value', 'better', 'protocol', 'images', 'reference'], ...rows]),
    formatWarnings(scores),
    formatByClass(scores, classNames),
    confusion === undefined ? '' : formatConfusion(confusion, classNames),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** Each warning once, with the metrics that it belongs to; empty where there is none. */
export function formatWarnings(scores: readonly Score[]): string {
  const metrics = new Map<string, Set<string>>();
  for (const { passport } of scores) {
    for (const warning of passport.warnings) {
      metrics.set(warning, (metrics.get(warning) ?? new Set()).add(passport.metric));
    }
  }
  const lines = [...metrics].map(([warning, names]) => `warning (${[...names].join(', ')}): ${warning}`);
  return lines.map((line) => pc.yellow(line)).join('\n');
}

/** Of more classes than this, those that score worst are shown. */
const mostClasses = 24;

/** The scores of each class, a column a metric; empty where no score has them. */
export function formatByClass(scores: readonly Score[], classNames: readonly string[]): string {
  const columns = scores.filter(({ perClass }) => perClass !== undefined);
  const [first] = columns;
  if (first?.perClass === undefined) return '';
  const badness = (value: number | null) => (value === null ? -Infinity : first.better === 'lower' ? value : -value);
  const byClass = [...first.perClass.entries()];
  if (byClass.length > mostClasses) byClass.sort(([, a], [, b]) => badness(b) - badness(a));
  const heading = ['class', ...columns.map(({ passport }) => formatMetric(passport.metric))];
  const rows = byClass
    .slice(0, mostClasses)
    .map(([label]) => [
      shorten(classNames[label] ?? String(label), longestName),
      ...columns.map(({ perClass, passport }) => formatClassFigure(passport.metric, perClass?.[label])),
    ]);
  const rest = byClass.length - rows.length;
  const more = rest === 0 ? [] : [`… and ${formatCount(rest)} classes that are better by ${first.passport.metric}`];
  return [formatTable([heading, ...rows]), ...more].join('\n');
}

/** A value of a class; a dash where it has none. */
export function formatClassFigure(metric: string, value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : formatFigure(metric, value);
}

const longestName = 16;
const worstShown = 12;

/**
 * Which classes were taken for which, within `columns` characters: the whole matrix [K][K] by the class asked for, then by
 * the class assigned, where it fits, else the pairs that are confused most.
 */
export function formatConfusion(
  confusion: readonly (readonly number[])[],
  classNames: readonly string[],
  columns = 100,
): string {
  const names = confusion.map((_, label) => classNames[label] ?? String(label));
  const totals = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const share = (count: number, asked: number) => `${((100 * count) / Math.max(1, totals[asked] ?? 0)).toFixed(1)} %`;
  const labelWidth = Math.min(longestName, Math.max(9, ...names.map((name) => name.length)));
  const cellWidth = Math.floor((columns - labelWidth - '  100.0 %'.length) / names.length) - 2;
  const widestCount = Math.max(3, ...confusion.flat().map((count) => String(count).length));
  if (cellWidth >= widestCount) {
    const heading = ['asked for', ...names.map((name) => shorten(name, cellWidth)), 'right'];
    const rows = confusion.map((row, asked) => [
      shorten(names[asked] ?? '', labelWidth),
      ...row.map(String),
      share(row[asked] ?? 0, asked),
    ]);
    return `images by the class asked for, and by the class assigned\n${formatTable([heading, ...rows])}`;
  }
  const pairs = confusion
    .flatMap((row, asked) => row.map((count, assigned) => ({ asked, assigned, count })))
    .filter(({ asked, assigned, count }) => asked !== assigned && count > 0)
    .sort((a, b) => b.count / (totals[b.asked] ?? 1) - a.count / (totals[a.asked] ?? 1))
    .slice(0, worstShown);
  const rows = pairs.map(({ asked, assigned, count }) => [
    ...[asked, assigned].map((label) => shorten(names[label] ?? '', 2 * longestName)),
    formatCount(count),
    share(count, asked),
  ]);
  const heading = ['asked for', 'assigned', 'images', 'of those asked for'];
  return `the worst confusions of ${names.length} classes\n${formatTable([heading, ...rows], 2)}`;
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** All that scores depend on, a line each: first what they have in common, then what each has of its own. */
export function formatPassports(scores: readonly Score[]): string {
  const rowsOf = scores.map((score) => passportRows(score).map(([field, value]) => [`  ${field}`, value]));
  const [first = [], ...others] = rowsOf.map((rows) => rows.map((row) => row.join('\n')));
  const common = new Set(others.length === 0 ? [] : first.filter((row) => others.every((rows) => rows.includes(row))));
  const block = (title: string, rows: readonly (readonly string[])[]) => [title, formatTable(rows, 2)].join('\n');
  const isCommon = (row: readonly string[]) => common.has(row.join('\n'));
  return [
    ...(common.size === 0 ? [] : [block(pc.bold('all of them'), (rowsOf[0] ?? []).filter(isCommon))]),
    ...scores.map((score, i) => {
      const title = `${pc.bold(formatMetric(score.passport.metric))} ${formatScore(score)} (${score.better} is better)`;
      return block(
        title,
        (rowsOf[i] ?? []).filter((row) => !isCommon(row)),
      );
    }),
  ].join('\n\n');
}

function passportRows({ passport }: Score): (readonly [field: string, value: string])[] {
  const { network, weightsSha256, resizer, clip, normalization } = passport.features;
  const rows: readonly (readonly [string, string | number | boolean])[] = [
    ['protocol', passport.protocol],
    ['features', network],
    ['features: weights', `SHA-256 ${weightsSha256}`],
    ['features: resizer', clip ? `${resizer}, clipped` : resizer],
    ['features: normalisation', normalization],
    ...Object.entries(passport.parameters),
    ...originRows('images', passport.images),
    ...(passport.reference === undefined ? [] : originRows('reference', passport.reference)),
    ['software', passport.software],
    ...passport.warnings.map((warning) => ['warning', warning] as const),
  ];
  return rows.map(([field, value]) => [field, String(value)] as const);
}

function originRows(whose: string, { name, count, sha256, generator }: ImageOrigin): [string, string | number][] {
  const made = Object.entries(generator ?? {}).map(([field, value]): [string, string] => [
    `${whose}: ${field === 'batchNorm' ? 'batch norm' : field}`,
    String(value),
  ]);
  return [[whose, `${name}, ${formatCount(count)} images`], [`${whose}: pixels`, `SHA-256 ${sha256}`], ...made];
}
