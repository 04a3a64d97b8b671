/** What a run's log has told so far: curves in columns, and the other events as they are. */

import { isJsonObject, type Json, type JsonObject, type RunEvent } from '../../store/index.ts';
import type { Series, SeriesColumns } from '../api.ts';
import { Table } from './table.ts';

/** What a step reports, in the order in which it is shown. */
const stepNames = [
  'lossD',
  'lossG',
  'realLogits',
  'fakeLogits',
  'separation',
  'penalty',
  'gradNormD',
  'gradNormG',
  'ms',
] as const;

/** Events that are kept whole, whatever they are, for those who follow the run: at least so many. */
const leastRecent = 256;
/** Enough for a steady median. */
const timedSteps = 50;

/** How training began last, and how it ended. */
export interface Session {
  /** Whether it has begun at all. */
  readonly hasBegun: boolean;
  /** Whether a step has been done since. */
  readonly hasStepped: boolean;
  /** Why it ended, as the log's last `finished` says; undefined if it has not. */
  readonly ending: string | undefined;
  /** What went wrong in it: the divergence or the collapse, in words. */
  readonly failure: string | undefined;
  /** The step at which it is to be finished; undefined where the log does not tell. */
  readonly steps: number | undefined;
}

const noSession: Session = {
  hasBegun: false,
  hasStepped: false,
  ending: undefined,
  failure: undefined,
  steps: undefined,
};

/** Feed it all events of a log, in order. Memory: four bytes a number of a curve; steps and analyses are not kept otherwise. */
export class History {
  /** The number of the last event; 0 before the first. */
  seq = 0;
  /** The last step that counts. */
  step = 0;
  session = noSession;
  /** All but steps and analyses; those that are superseded too. */
  readonly events: RunEvent[] = [];
  private recentEvents: RunEvent[] = [];
  /** Evaluations that were the best when they were taken, and count. */
  private readonly best: RunEvent[] = [];
  private readonly steps = new Table();
  private readonly analyses = new Table();
  private readonly evaluations = new Table();
  private imagesPerStep = 0;

  get imagesSeen(): number {
    return Math.round(this.step * this.imagesPerStep);
  }

  /** The last events, whatever they are. */
  get recent(): readonly RunEvent[] {
    return this.recentEvents;
  }

  get bestEvaluation(): RunEvent | undefined {
    return this.best.at(-1);
  }

  add(event: RunEvent): void {
    this.seq = event.seq;
    this.recentEvents.push(event);
    if (this.recentEvents.length >= 2 * leastRecent) this.recentEvents = this.recentEvents.slice(-leastRecent);
    const step = numberOf(event.step);
    if (event.type === 'step') this.addStep(step, event);
    else if (event.type === 'analysis') this.analyses.append(step, analysisColumns(event));
    else {
      this.events.push(event);
      this.addNews(step, event);
    }
  }

  /** Milliseconds and images of a step, as the last ones were: their median. Undefined before the first. */
  get pace(): { readonly stepMs: number; readonly imagesPerStep: number } | undefined {
    const ms = this.steps.last('ms', timedSteps).filter(Number.isFinite).sort();
    const stepMs = ms[ms.length >> 1];
    return stepMs === undefined ? undefined : { stepMs, imagesPerStep: this.imagesPerStep };
  }

  get seriesNames(): readonly string[] {
    return [...this.steps.names, ...this.evaluations.names, ...this.analyses.names];
  }

  /** The curves of these names, of all without; names that are not known are left out. `from` and `to`: steps. */
  series(names: readonly string[] | undefined, from = 0, to = Number.POSITIVE_INFINITY): Series {
    const series: Record<string, SeriesColumns> = {};
    for (const name of names ?? this.seriesNames) {
      const [found] = [this.steps, this.evaluations, this.analyses].flatMap((each) => each.curve(name, from, to) ?? []);
      if (found !== undefined) series[name] = found;
    }
    return { series, seq: this.seq };
  }

  private addStep(step: number, event: RunEvent): void {
    if (!(step > 0)) return;
    this.step = step;
    this.session = { ...this.session, hasStepped: true };
    this.imagesPerStep = numberOf(event.imagesSeen) / step;
    this.steps.append(
      step,
      stepNames.flatMap((name) => (event[name] === undefined ? [] : [[name, numberOf(event[name])] as const])),
    );
  }

  private addNews(step: number, event: RunEvent): void {
    switch (event.type) {
      case 'started':
      case 'resumed':
        this.session = {
          ...noSession,
          hasBegun: true,
          steps: typeof event.steps === 'number' ? event.steps : undefined,
        };
        this.returnTo(step);
        break;
      case 'rollback':
        this.session = { ...this.session, failure: undefined };
        this.returnTo(step);
        break;
      case 'evaluation':
        this.evaluations.append(step, membersOf('score', event.scores));
        if (event.isBest === true) this.best.push(event);
        break;
      case 'diverged':
        this.session = { ...this.session, failure: String(event.error) };
        break;
      case 'finding':
        if (event.severity === 'collapse') this.session = { ...this.session, failure: collapseOf(event) };
        break;
      case 'finished':
        this.session = { ...this.session, ending: String(event.reason) };
    }
  }

  private returnTo(step: number): void {
    if (!(step >= 0)) return;
    this.step = Math.min(this.step, step);
    for (const table of [this.steps, this.analyses, this.evaluations]) table.truncateAfter(step);
    while (numberOf(this.best.at(-1)?.step) > step) this.best.pop();
  }
}

function collapseOf({ seen, cause, suggestion }: RunEvent): string {
  return `${seen}. Likely ${cause}; ${suggestion}.`;
}

/** The columns of what was analysed: docs/files.md lists its fields. */
function* analysisColumns(event: RunEvent): Generator<readonly [string, number]> {
  for (const name of ['gradNormReal', 'gradNormFake', 'distanceReal', 'distanceFake', 'distanceWithinClass']) {
    if (event[name] !== undefined) yield [name, numberOf(event[name])];
  }
  yield* membersOf('heldOut', event.heldOut).filter(([name]) => name !== 'heldOut/images');
  yield* membersOf('gamma', event.gamma, '.gamma');
  for (const [weight, spectrum] of Object.entries(memberOf(event.spectra))) {
    const { raw } = memberOf(spectrum);
    yield [nameOf('sigma', weight, '.weight'), numberOf(Array.isArray(raw) ? raw[0] : undefined)];
  }
}

function membersOf(prefix: string, value: Json | undefined, suffix = ''): (readonly [string, number])[] {
  return Object.entries(memberOf(value)).map(([name, number]) => [nameOf(prefix, name, suffix), numberOf(number)]);
}

const nameOf = (prefix: string, name: string, suffix: string) =>
  `${prefix}/${suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}`;

function memberOf(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

/** The log writes NaN and infinities as text: no numbers here. */
function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : Number.NaN;
}
