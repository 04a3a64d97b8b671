/**
 * The watch over a run: it reads every step and every analysis, says what goes wrong as soon as that lasts, why it probably
 * does and what to change, and is silent about it until it has passed.
 */

import { z } from 'zod';
import type { Analysis } from './analysis.ts';
import type { StepReport } from './step-report.ts';
import {
  analysisSigns,
  type FindingKind,
  findingKinds,
  type Remembered,
  type Sign,
  stepSigns,
  type WatchContext,
} from './watch-signs.ts';
import { explain } from './watch-words.ts';

/** `collapse` is what a watch acts upon; `warning` may mend itself or be meant; `advice` costs quality at most. */
export type Severity = 'advice' | 'warning' | 'collapse';

export const watchActions = ['warn', 'rollback', 'stop'] as const;
/** What is done about a collapse. */
export type WatchAction = (typeof watchActions)[number];

/** Bad observations in a row until a sign is a finding, and good ones until it has passed; and how grave it is. */
interface Rule {
  readonly patience: number;
  readonly severity: Severity;
}

const rules: Readonly<Record<FindingKind, Rule>> = {
  pinnedLoss: { patience: 50, severity: 'collapse' },
  saturatedLogits: { patience: 50, severity: 'warning' },
  // The first steps of many healthy runs are won by the discriminator, for up to 200 steps in ours.
  discriminatorWins: { patience: 300, severity: 'warning' },
  discriminatorBlind: { patience: 200, severity: 'warning' },
  growingSpectrum: { patience: 2, severity: 'collapse' },
  lostDiversity: { patience: 2, severity: 'collapse' },
  idleAttention: { patience: 3, severity: 'advice' },
  oneLabel: { patience: 3, severity: 'warning' },
  slopeOffTarget: { patience: 3, severity: 'warning' },
  learntByHeart: { patience: 3, severity: 'warning' },
  notFinite: { patience: 1, severity: 'collapse' },
};

/** A run explodes before it overflows: from this many steps before on a state is no good one to go back to. */
const overflowLeadSteps = 20;

export type Finding = {
  readonly kind: FindingKind;
  /** What it is about: the name of a loss, a weight, a gate. */
  readonly subject: string;
  readonly severity: Severity;
  /** The step at which it was found. */
  readonly step: number;
  /** The first step after which the state may have been bad. */
  readonly since: number;
  readonly evidence: Readonly<Record<string, number>>;
  /** In words: what is seen, why that probably is, and what to change. */
  readonly seen: string;
  readonly cause: string;
  readonly suggestion: string;
};

/** A finding that has passed. */
export type Cleared = Pick<Finding, 'kind' | 'subject' | 'since'>;

/** What one observation has changed. */
export interface WatchNews {
  readonly findings: readonly Finding[];
  readonly cleared: readonly Cleared[];
}

const streakSchema = z.strictObject({
  kind: z.enum(findingKinds),
  subject: z.string(),
  since: z.int(),
  bad: z.int(),
  good: z.int(),
  isReported: z.boolean(),
});
type Streak = z.infer<typeof streakSchema>;

/** What a watch carries from step to step, as JSON: a watch with this memory goes on as the one that it is of. */
export const watchMemorySchema = z.strictObject({
  numbers: z.record(z.string(), z.number()),
  streaks: z.array(streakSchema),
});
export type WatchMemory = z.infer<typeof watchMemorySchema>;

export class Watch {
  private readonly context: WatchContext;
  private remembered: Remembered = new Map();
  private streaks = new Map<string, Streak>();

  constructor(context: WatchContext, memory?: WatchMemory) {
    this.context = context;
    this.recall(memory);
  }

  /** A copy. */
  get memory(): WatchMemory {
    return {
      numbers: Object.fromEntries(this.remembered),
      streaks: [...this.streaks.values()].map((streak) => ({ ...streak })),
    };
  }

  /** Goes on from another memory, by default none. */
  recall({ numbers, streaks }: WatchMemory = { numbers: {}, streaks: [] }): void {
    this.remembered = new Map(Object.entries(numbers));
    this.streaks = new Map(streaks.map((streak) => [keyOf(streak), { ...streak }]));
  }

  /**
   * Steps before which the run may have to go back, whatever is found next: to before a collapse that is suspected, to before
   * what the next analysis shows, to before numbers overflow.
   */
  mayReturnBefore(step: number): readonly number[] {
    const suspected = [...this.streaks.values()].filter(({ kind }) => rules[kind].severity === 'collapse');
    const analysed = this.remembered.get('analysis') ?? step;
    return [step - overflowLeadSteps, analysed + 1, ...suspected.map(({ since }) => since)];
  }

  afterStep(step: number, report: StepReport): WatchNews {
    return this.weigh(step, stepSigns(step, report, this.remembered, this.context));
  }

  afterAnalysis(step: number, analysis: Analysis): WatchNews {
    return this.weigh(step, analysisSigns(step, analysis, this.remembered, this.context));
  }

  /** What a step says that was not adopted, because `tensor` was not finite. */
  afterDivergence(step: number, tensor: string): Finding {
    const since = Math.max(1, step - overflowLeadSteps);
    return this.finding(step, { kind: 'notFinite', subject: tensor, isBad: true, since, evidence: {} }, since);
  }

  private weigh(step: number, signs: readonly Sign[]): WatchNews {
    const findings: Finding[] = [];
    const cleared: Cleared[] = [];
    for (const sign of signs) {
      const key = keyOf(sign);
      const { kind, subject, since } = sign;
      const { patience } = rules[kind];
      const known = this.streaks.get(key);
      if (sign.isBad) {
        const streak = known ?? { kind, subject, since, bad: 0, good: 0, isReported: false };
        streak.bad++;
        streak.good = 0;
        this.streaks.set(key, streak);
        if (streak.isReported || streak.bad < patience) continue;
        streak.isReported = true;
        findings.push(this.finding(step, sign, streak.since));
      } else if (known !== undefined) {
        known.good++;
        if (known.isReported && known.good < patience) continue;
        this.streaks.delete(key);
        if (known.isReported) cleared.push({ kind, subject, since: known.since });
      }
    }
    return { findings, cleared };
  }

  private finding(step: number, { kind, subject, evidence }: Sign, since: number): Finding {
    const { severity } = rules[kind];
    return { kind, subject, severity, step, since, evidence, ...explain(kind, { subject, evidence, step, since }) };
  }
}

const keyOf = ({ kind, subject }: { readonly kind: FindingKind; readonly subject: string }) => `${kind} ${subject}`;
