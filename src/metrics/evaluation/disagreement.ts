/**
 * Why protocols disagree: the same images scored under each of them, and under what lies between them and the first, so that
 * every difference is told by the change that makes it.
 */

import type { Score, ScoreFile } from '../passport.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Metric } from './metric.ts';

export interface Disagreement {
  /** The first is the one that the others are compared with. */
  readonly byProtocol: readonly {
    readonly protocol: string;
    readonly about: string;
    readonly scores: readonly Score[];
  }[];
  readonly gaps: readonly Gap[];
}

/** The difference of a metric between a protocol and the first. */
export interface Gap {
  readonly protocol: string;
  readonly metric: string;
  readonly difference: number;
  /** One change after another; their differences sum to the whole. */
  readonly parts: readonly { readonly change: string; readonly difference: number }[];
}

/** A protocol, or one between two of them, with the change that leads to it. */
interface Stage {
  readonly change: string;
  readonly protocol: Protocol;
}

/**
 * Scores under every protocol. `score` scores the images under one; it is called once for what is the same. A protocol that
 * differs by nothing that a metric sees has a gap of 0 with no parts.
 */
export async function disagreement(
  protocols: readonly Protocol[],
  metrics: readonly Pick<Metric, 'definition'>[],
  score: (protocol: Protocol) => Promise<ScoreFile>,
): Promise<Disagreement> {
  const known = new Map<string, Promise<ScoreFile>>();
  const scored = (protocol: Protocol) => {
    const key = keyOf(protocol, metrics);
    const found = known.get(key) ?? score(protocol);
    known.set(key, found);
    return found;
  };
  const [first] = protocols;
  if (first === undefined) throw new RangeError('disagreement: no protocols.');
  const byProtocol: Disagreement['byProtocol'][number][] = [];
  const gaps: Gap[] = [];
  for (const protocol of protocols) {
    const stages = [];
    for (const stage of stagesBetween(first, protocol, metrics)) {
      stages.push({ change: stage.change, scores: (await scored(stage.protocol)).scores });
    }
    const last = stages.at(-1)?.scores ?? (await scored(protocol)).scores;
    byProtocol.push({ protocol: protocol.name, about: protocol.about, scores: renamed(last, protocol.name) });
    if (protocol !== first) gaps.push(...gapsOf(protocol.name, (await scored(first)).scores, stages));
  }
  return { byProtocol, gaps };
}

/** All that scores by these metrics hang on; whose definition it is changes none. */
function keyOf(protocol: Protocol, metrics: readonly Pick<Metric, 'definition'>[]): string {
  const definitions = metrics.map(({ definition }) => ({ ...definition(protocol), source: '' }));
  return JSON.stringify([seenOf(protocol.preprocessing), definitions]);
}

/** Bilinear filters never leave 0 … 255, so that cutting there changes nothing. */
function seenOf(preprocessing: Protocol['preprocessing']): Protocol['preprocessing'] {
  return preprocessing.resizer.endsWith('bilinear') ? { ...preprocessing, clip: false } : preprocessing;
}

/** From one protocol to another, a change at a time: resizing, then normalisation, then what the metrics are defined by. */
function stagesBetween(from: Protocol, to: Protocol, metrics: readonly Pick<Metric, 'definition'>[]): Stage[] {
  const { resizer, clip, normalization } = to.preprocessing;
  const resized = { ...from, preprocessing: { ...from.preprocessing, resizer, clip } };
  const normalized = { ...resized, preprocessing: { ...resized.preprocessing, normalization } };
  const candidates: Stage[] = [
    { change: `resizing: ${from.preprocessing.resizer} → ${resizer}`, protocol: resized },
    { change: `pixels: ${from.preprocessing.normalization} → ${normalization}`, protocol: normalized },
    { change: 'the definition of the score', protocol: to },
  ];
  return candidates.filter(
    ({ protocol }, i) => keyOf(protocol, metrics) !== keyOf(candidates[i - 1]?.protocol ?? from, metrics),
  );
}

function gapsOf(
  protocol: string,
  first: readonly Score[],
  stages: readonly { readonly change: string; readonly scores: readonly Score[] }[],
): Gap[] {
  return first.map(({ value, passport: { metric } }) => {
    const valueIn = (scores: readonly Score[]) =>
      scores.find(({ passport }) => passport.metric === metric)?.value ?? value;
    const values = [value, ...stages.map(({ scores }) => valueIn(scores))];
    const parts = stages.map(({ change }, i) => ({ change, difference: (values[i + 1] ?? 0) - (values[i] ?? 0) }));
    return {
      protocol,
      metric,
      difference: (values.at(-1) ?? value) - value,
      parts: parts.filter(({ difference }) => difference !== 0),
    };
  });
}

/** Scores that were computed once for several protocols carry the name of each. */
function renamed(scores: readonly Score[], protocol: string): Score[] {
  return scores.map((score) => ({ ...score, passport: { ...score.passport, protocol } }));
}
