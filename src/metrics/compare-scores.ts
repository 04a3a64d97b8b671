/** Which scores may be compared with which: those whose passports agree in all that a number depends on. */

import type { Passport, Score, ScoreFile } from './passport.ts';

/** Where a difference lies that keeps two scores from being compared. */
export type PassportGroup = 'protocol' | 'features' | 'parameters' | 'reference' | 'images';

/**
 * What a field of a passport means to a comparison. A group: scores that differ in it are not compared. `key`: it says
 * which scores belong together. `note`: a difference is told. `own`: it is what is compared, or is shown anyhow.
 */
type Rule = PassportGroup | 'key' | 'note' | 'own';

/** The dotted names of a type's fields; `parameters`, whose names are free, counts as one. */
type FieldOf<T> = {
  [Key in keyof T & string]-?: NonNullable<T[Key]> extends string | number | boolean | readonly unknown[]
    ? Key
    : string extends keyof NonNullable<T[Key]>
      ? Key
      : `${Key}.${FieldOf<NonNullable<T[Key]>>}`;
}[keyof T & string];

export type PassportField = FieldOf<Passport>;

/**
 * All fields of a passport: one that is added there does not compile until it has its rule here. Where images have a
 * generator on one side and not on the other, its fields differ: what is not known is not the same.
 */
export const passportRules: Readonly<Record<PassportField, Rule>> = {
  metric: 'key',
  protocol: 'protocol',
  'features.network': 'features',
  'features.weightsSha256': 'features',
  'features.resizer': 'features',
  'features.clip': 'features',
  'features.normalization': 'features',
  parameters: 'parameters',
  'images.name': 'own',
  'images.count': 'images',
  'images.sha256': 'own',
  'images.generator.step': 'own',
  'images.generator.network': 'images',
  'images.generator.batchNorm': 'images',
  'images.generator.truncation': 'images',
  'images.generator.scale': 'images',
  'images.generator.seed': 'note',
  // The hash says whether references are the same, however they were named and made.
  'reference.name': 'note',
  'reference.count': 'reference',
  'reference.sha256': 'reference',
  'reference.generator.step': 'note',
  'reference.generator.network': 'note',
  'reference.generator.batchNorm': 'note',
  'reference.generator.truncation': 'note',
  'reference.generator.scale': 'note',
  'reference.generator.seed': 'note',
  warnings: 'own',
  software: 'note',
};

export interface ScoreSource {
  /** As it is printed: a run, or a file. */
  readonly name: string;
  readonly file: ScoreFile;
}

/** A field in which the passports of a row differ. */
export interface FieldDifference {
  /** Dotted, such as `parameters.splits`. */
  readonly field: string;
  readonly group: PassportGroup | 'note';
  /** One a source; null where its passport has none. */
  readonly values: readonly (string | number | boolean | null)[];
}

/** Sources whose scores of a row may be compared with each other. */
export interface AgreeingSources {
  /** Their indices, in ascending order. */
  readonly sources: readonly number[];
  /** The one that is better than each other by more than both their spreads, where there is one. */
  readonly best: number | null;
}

/** Scores by one metric, one a source at most. */
export interface ComparedScores {
  readonly metric: string;
  /** One a source; null where it has none. */
  readonly scores: readonly (Score | null)[];
  /** All sources that have a score, each in one set. Only scores of one set mean the same. */
  readonly agreeing: readonly AgreeingSources[];
  /** What keeps the sets apart; empty where there is one. */
  readonly differences: readonly FieldDifference[];
  /** What differs and does not matter. */
  readonly notes: readonly FieldDifference[];
}

/**
 * Puts the scores of several sources beside each other, metric by metric. A source may have several scores by one metric,
 * as under several protocols: scores whose passports agree meet first, the others where they differ in the fewest fields.
 */
export function compareScores(sources: readonly ScoreSource[]): readonly ComparedScores[] {
  return align(sources).map((row) => {
    const differing = differencesIn(row, sources.length);
    return {
      metric: metricOf(row),
      scores: sources.map((_, source) => row.get(source) ?? null),
      agreeing: agreeingSets(row),
      differences: differing.filter(({ group }) => group !== 'note'),
      notes: differing.filter(({ group }) => group === 'note'),
    };
  });
}

/** Whether any scores stand beside each other, and all that do may be compared. */
export function areComparable(rows: readonly ComparedScores[]): boolean {
  const shared = rows.filter(({ scores }) => scores.filter((score) => score !== null).length > 1);
  return shared.length > 0 && shared.every(({ agreeing }) => agreeing.length === 1);
}

/** Scores by one metric, by source. */
type Row = Map<number, Score>;

function align(sources: readonly ScoreSource[]): Row[] {
  const byIdentity = new Map<string, Row>();
  for (const [source, { file }] of sources.entries()) {
    for (const score of file.scores) {
      const identity = identityOf(score.passport);
      let copy = 0; // A source that has the same score twice gets two rows.
      while (byIdentity.get(`${identity}${copy}`)?.has(source)) copy++;
      const row = byIdentity.get(`${identity}${copy}`) ?? new Map<number, Score>();
      byIdentity.set(`${identity}${copy}`, row.set(source, score));
    }
  }
  const rows = new Set(byIdentity.values());
  for (const row of rows) {
    const [[source, score] = []] = row;
    if (row.size > 1 || source === undefined || score === undefined) continue;
    const distance = (other: Row) => differencesIn(new Map([...row, ...other]), sources.length).length;
    const nearest = [...rows]
      .filter((other) => !other.has(source) && metricOf(other) === metricOf(row))
      .sort((a, b) => distance(a) - distance(b))[0];
    nearest?.set(source, score);
    if (nearest !== undefined) rows.delete(row);
  }
  const metrics = sources.flatMap(({ file }) => file.scores.map(({ passport }) => passport.metric));
  return [...rows]
    .map((row) => new Map([...row].sort(([a], [b]) => a - b)))
    .sort((a, b) => metrics.indexOf(metricOf(a)) - metrics.indexOf(metricOf(b)));
}

const metricOf = (row: Row) => [...row.values()][0]?.passport.metric ?? '';

function agreeingSets(row: Row): AgreeingSources[] {
  const sets = new Map<string, Row>();
  for (const [source, score] of row) {
    const identity = identityOf(score.passport);
    sets.set(identity, (sets.get(identity) ?? new Map<number, Score>()).set(source, score));
  }
  return [...sets.values()].map((set) => ({ sources: [...set.keys()], best: bestOf([...set]) }));
}

function bestOf(set: readonly (readonly [source: number, score: Score])[]): number | null {
  const isBetter = (a: Score, b: Score) => {
    const lead = a.better === 'lower' ? b.value - a.value : a.value - b.value;
    return lead > Math.max(a.spread ?? 0, b.spread ?? 0);
  };
  const best = set.find(([, score]) => set.every(([, other]) => other === score || isBetter(score, other)));
  return set.length > 1 && best !== undefined ? best[0] : null;
}

/** What must be equal for two scores to be compared, as text. */
function identityOf(passport: Passport): string {
  const values = flatten('', passport);
  const compared = fieldsOf([values]).filter(({ group }) => group !== 'note');
  return JSON.stringify([passport.metric, compared.map(({ field }) => [field, values.get(field)])]);
}

function differencesIn(row: Row, sourceCount: number): FieldDifference[] {
  const known = new Map([...row].map(([source, { passport }]) => [source, flatten('', passport)]));
  return fieldsOf([...known.values()]).flatMap(({ field, group }) => {
    const values = Array.from({ length: sourceCount }, (_, source) => known.get(source)?.get(field) ?? null);
    const seen = new Set([...row.keys()].map((source) => values[source]));
    return seen.size > 1 ? [{ field, group, values }] : [];
  });
}

type Value = string | number | boolean;

/** The fields of some passports that are compared or noted, in the order of the rules. */
function fieldsOf(passports: readonly ReadonlyMap<string, Value>[]): Pick<FieldDifference, 'field' | 'group'>[] {
  const names = [...new Set(passports.flatMap((values) => [...values.keys()]))].sort();
  return Object.entries(passportRules).flatMap(([rule, group]) => {
    if (group === 'key' || group === 'own') return [];
    const isMeant = (name: string) => name === rule || (rule === 'parameters' && name.startsWith('parameters.'));
    return names.filter(isMeant).map((field) => ({ field, group }));
  });
}

/** Scalars by dotted name. */
function flatten(prefix: string, value: object): Map<string, Value> {
  return new Map(
    Object.entries(value).flatMap(([key, member]: [string, unknown]): (readonly [string, Value])[] => {
      if (typeof member === 'object' && member !== null) return [...flatten(`${prefix}${key}.`, member)];
      const isScalar = typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean';
      return isScalar ? [[`${prefix}${key}`, member]] : [];
    }),
  );
}
