/** What of a run is shown, and how: all of it in the address. */
import { computed, signal } from '@preact/signals';
import type { StepRange } from '../../components/chart-data.ts';
import { type Codec, decimal, flag, list, maybe, oneOf, text, wholeNumber } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';

export const tabs = ['curves', 'findings', 'rates', 'config', 'events', 'output'] as const;
export type TabName = (typeof tabs)[number];
export const columnCounts = ['auto', '1', '2', '3'] as const;

/** `100-2500` */
const stepRange: Codec<StepRange> = {
  parse(read) {
    const [, from, to] = /^(\d+)-(\d+)$/.exec(read) ?? [];
    return Number(from) < Number(to) ? { from: Number(from), to: Number(to) } : undefined;
  },
  format: ({ from, to }) => `${from}-${to}`,
};

export const view = {
  tab: queryState<TabName>('tab', oneOf(tabs), 'curves'),
  /** The step whose sheet is shown; without it the newest is followed. */
  step: queryState('step', maybe(wholeNumber(0)), undefined),
  /** The step whose sheet is compared with it. */
  beside: queryState('beside', maybe(wholeNumber(0)), undefined),
  framesPerSecond: queryState('fps', decimal(1, 30, 0), 4),
  smoothing: queryState('smooth', decimal(0, 0.99, 2), 0.8),
  /** Cards, by their ids. */
  pinned: queryState('pin', list(text), []),
  hidden: queryState('hide', list(text), []),
  /** Cards whose axis is not the one that they have by themselves. */
  otherAxis: queryState('axis', list(text), []),
  /** Lines that the legends have taken out. */
  linesOff: queryState('off', list(text), []),
  columns: queryState('columns', oneOf(columnCounts), 'auto'),
  range: queryState('steps', maybe(stepRange), undefined),
  marks: queryState('marks', flag, true),
} as const;

/** The step under the pointer in any chart. */
export const hoveredStep = signal<number | undefined>(undefined);

/** Where all charts' cursors stand: under the pointer, or at the sheet that was chosen. */
export const linkedStep = computed(() => hoveredStep.value ?? view.step.value);
