import { Command } from 'commander';
import pc from 'picocolors';
import { type Comparison, compareScoresOf } from '../api/compare-scores.ts';
import type { ComparedScores, FieldDifference, Score } from '../metrics/index.ts';
import { formatTable } from './figures.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';
import { formatClassFigure, formatMetric, formatScore, formatWarnings } from './score-table.ts';

const mostColumns = 100;

interface CompareOptions extends JsonOption {
  readonly classWise?: true;
}

/** `sagan compare` */
export function compareCommand(): Command {
  const command = new Command('compare')
    .summary('put scores beside each other, where they mean the same')
    .description(
      'Put the scores of runs or files beside each other. Only scores whose passports agree are compared: the same metric, ' +
        'protocol, features, parameters, reference and count, and images that were generated the same way. Of others it ' +
        'says in which fields they differ, and shows no scores. A star marks the score that is better than all others of ' +
        'its row, by more than the larger of the spreads where they have any.',
    )
    .argument('<source...>', 'files of scores, or folders of runs (each file in scores/ is a source)')
    .option('--class-wise', 'the scores of each class too')
    .addOption(jsonOption())
    .action(runCompare)
    .addHelpText(
      'after',
      '\nExit codes:\n  0  every score that two sources have was compared\n  1  some were not, as their passports differ, ' +
        'or no two sources share a metric\n  2  a source cannot be read',
    );
  return withExample(command, 'sagan compare runs/attention runs/baseline', 'sagan compare first.json second.json');
}

function runCompare(paths: readonly string[], { classWise, json }: CompareOptions): void {
  const comparison = compareScoresOf(paths);
  console.log(json ? JSON.stringify(comparison) : comparisonText(comparison, classWise ?? false));
  if (!comparison.areComparable) process.exitCode = 1;
}

function comparisonText({ sources, rows, leftOut }: Comparison, classWise: boolean): string {
  const warnings = sources.map(({ name, file }, source) => {
    const text = formatWarnings(file.scores);
    return text === '' ? '' : `warnings for ${letter(source)}, ${name}\n${text}`;
  });
  const blocks = [
    formatTable(
      sources.map(({ name }, source) => [pc.bold(letter(source)), name]),
      2,
    ),
    comparedText(rows),
    ...(classWise ? rows.flatMap((row) => byClassTexts(sources, row)) : []),
    ...rows.map(differencesText),
    rows.flatMap(loneText).join('\n'),
    [...new Set(rows.flatMap(({ notes, scores }) => notes.map((note) => noteText(note, scores))))].join('\n'),
    ...warnings,
    leftOut.map(({ file, reason }) => pc.yellow(`left out: ${file} (${reason})`)).join('\n'),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** `A`, `B` … `Z`, `A1` … */
function letter(source: number): string {
  const round = Math.floor(source / 26);
  return `${String.fromCharCode(65 + (source % 26))}${round === 0 ? '' : round}`;
}

const letters = (sources: readonly number[]) => sources.map(letter).join(', ');

/**
 * The scores that may be compared: a row for each set of sources that agree, a column for each source; or, where there are
 * more sources than fit, a table for each set.
 */
function comparedText(rows: readonly ComparedScores[]): string {
  const compared = rows.flatMap(({ scores, agreeing }) =>
    agreeing.flatMap(({ sources, best }) => {
      const [score] = sources.flatMap((source) => scores[source] ?? []);
      if (score === undefined || sources.length < 2) return [];
      const cells = scores.map((one, source) => {
        if (one === null || !sources.includes(source)) return '–';
        return `${formatScore(one)}${source === best ? ' *' : '  '}`;
      });
      return [{ score, sources, cells }];
    }),
  );
  const [first] = compared;
  if (first === undefined) return 'no scores can be compared';
  const table = formatTable(
    [
      ['metric', 'protocol', 'better', ...first.cells.map((_, source) => `${letter(source)}  `)],
      ...compared.map(({ score: { passport, better }, cells }) => {
        return [formatMetric(passport.metric), passport.protocol, better, ...cells];
      }),
    ],
    3,
  );
  if (table.split('\n').every((line) => line.length <= mostColumns)) return table;
  const single = compared.map(({ score: { passport, better }, sources, cells }) => {
    const title = `${formatMetric(passport.metric)} by ${passport.protocol}, ${better} is better`;
    return `${title}\n${formatTable(sources.map((source) => [`  ${letter(source)}`, cells[source] ?? '']))}`;
  });
  return single.join('\n\n');
}

/** What keeps the scores of a row from being compared: the fields that differ, with whose value is which. */
function differencesText({ metric, scores, agreeing, differences }: ComparedScores): string {
  if (differences.length === 0) return '';
  const rows = differences.map((one) => [`  ${one.group}`, one.field, ...distinctValues(one, scores)]);
  const columns = Math.max(...rows.map((row) => row.length));
  const table = rows.map((row) => [...row, ...new Array<string>(columns - row.length).fill('')]);
  const sets = agreeing.map(({ sources }) => letters(sources)).join(' with that of ');
  const title = `not compared: ${metric} of ${sets}, as their passports differ`;
  return `${pc.yellow(title)}\n${formatTable(table, columns)}`;
}

function loneText({ scores }: ComparedScores): string[] {
  const present = presentIn(scores);
  const [score] = present.flatMap((source) => scores[source] ?? []);
  if (present.length > 1 || score === undefined) return [];
  return [`not compared: ${score.passport.metric} by ${score.passport.protocol}, which only ${letters(present)} has`];
}

function noteText(note: FieldDifference, scores: readonly (Score | null)[]): string {
  return `note: ${note.field} differs: ${distinctValues(note, scores).join(', ')}`;
}

/** Each value once, with its sources: `10 (A, C)`. */
function distinctValues({ field, values }: FieldDifference, scores: readonly (Score | null)[]): string[] {
  const owners = new Map<FieldDifference['values'][number], number[]>();
  for (const source of presentIn(scores)) {
    const value = values[source] ?? null;
    owners.set(value, [...(owners.get(value) ?? []), source]);
  }
  return [...owners].map(([value, sources]) => `${formatValue(field, value)} (${letters(sources)})`);
}

const presentIn = (scores: readonly (Score | null)[]) =>
  scores.flatMap((score, source) => (score === null ? [] : [source]));

/** Hashes by their beginning, which is enough to tell them apart. */
function formatValue(field: string, value: FieldDifference['values'][number]): string {
  if (value === null) return 'none';
  return /sha256$/i.test(field) ? `${String(value).slice(0, 12)}…` : String(value);
}

/** A table by class for each set of sources that agree, and have the same classes. */
function byClassTexts(sources: Comparison['sources'], { metric, scores, agreeing }: ComparedScores): string[] {
  return agreeing.flatMap((set) => {
    const having = set.sources.filter((source) => scores[source]?.perClass !== undefined);
    const [first] = having;
    if (first === undefined || having.length < 2) return [];
    const names = having.map((source) => sources[source]?.file.classNames ?? []);
    const title = `${formatMetric(metric)} by class`;
    if (new Set(names.map((one) => JSON.stringify(one))).size > 1) {
      return [pc.yellow(`${title}: not shown, as the classes of ${letters(having)} differ`)];
    }
    const rows = (scores[first]?.perClass ?? []).map((_, label) => [
      names[0]?.[label] ?? String(label),
      ...having.map((source) => formatClassFigure(metric, scores[source]?.perClass?.[label])),
    ]);
    return [formatTable([[title, ...having.map(letter)], ...rows])];
  });
}
