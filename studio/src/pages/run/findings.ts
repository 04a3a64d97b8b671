/** What the collapse watch has found in a run, from its events, and the marks that events leave on the curves. */

import type { RunEvent } from '../../../../src/server/api.ts';

export type Severity = 'advice' | 'warning' | 'collapse';

export interface Finding {
  readonly kind: string;
  /** The name of a loss, a weight, a gate. */
  readonly subject: string;
  readonly severity: Severity;
  /** When it was found, and the first step after which the state may have been bad. */
  readonly step: number;
  readonly since: number;
  readonly evidence: readonly (readonly [name: string, value: number])[];
  readonly seen: string;
  readonly cause: string;
  readonly suggestion: string;
  /** The step by which it had passed; undefined as long as it holds. */
  readonly clearedAt: number | undefined;
}

/** The events that still hold: without those that a later return to an earlier step superseded. */
export function currentEvents(events: readonly RunEvent[]): readonly RunEvent[] {
  let current: RunEvent[] = [];
  for (const event of events) {
    const { type, step: origin = 0 } = event;
    if (type === 'resumed' || type === 'rollback') current = current.filter(({ step = 0 }) => step <= origin);
    current.push(event);
  }
  return current;
}

/** The findings, those that hold first, then the newest. */
export function findingsOf(events: readonly RunEvent[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const event of currentEvents(events)) {
    if (event.type === 'finding') findings.push(findingOf(event));
    if (event.type !== 'cleared') continue;
    const index = findings.findLastIndex(({ kind, subject }) => kind === event.kind && subject === event.subject);
    const finding = findings[index];
    if (finding !== undefined) findings[index] = { ...finding, clearedAt: event.step };
  }
  const isPast = ({ clearedAt }: Finding) => Number(clearedAt !== undefined);
  return findings.sort((a, b) => isPast(a) - isPast(b) || b.step - a.step);
}

const severities = ['advice', 'warning', 'collapse'] as const;

function findingOf(event: RunEvent): Finding {
  const { evidence } = event;
  return {
    kind: text(event.kind),
    subject: text(event.subject),
    severity: severities.find((known) => known === event.severity) ?? 'warning',
    step: event.step ?? 0,
    since: typeof event.since === 'number' ? event.since : (event.step ?? 0),
    evidence:
      typeof evidence === 'object' && evidence !== null
        ? Object.entries(evidence).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
        : [],
    seen: text(event.seen),
    cause: text(event.cause),
    suggestion: text(event.suggestion),
    clearedAt: undefined,
  };
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

export interface Mark {
  readonly step: number;
  readonly kind: Severity | 'checkpoint' | 'rollback' | 'learningRates';
  readonly label: string;
}

/** What to mark on the curves: findings, checkpoints that are still there, returns, changes of the learning rates. */
export function marksOf(events: readonly RunEvent[], checkpoints: readonly number[]): readonly Mark[] {
  const told = currentEvents(events).flatMap((event): readonly Mark[] => {
    const { type, step } = event;
    if (step === undefined) return [];
    if (type === 'finding') return [{ step, kind: findingOf(event).severity, label: text(event.seen) }];
    if (type === 'rollback') return [{ step, kind: type, label: `went back to here from step ${event.from}` }];
    if (type === 'learningRates') return [{ step, kind: type, label: ratesInWords(event) }];
    return [];
  });
  return [...checkpoints.map((step): Mark => ({ step, kind: 'checkpoint', label: 'checkpoint' })), ...told];
}

/** `learning rates: generator 0.0002, discriminator 0.0001` */
function ratesInWords({ generator, discriminator }: RunEvent): string {
  return `learning rates: generator ${generator}, discriminator ${discriminator}`;
}
