/** The series of a run, kept up to date from the stream of its events. */

import type { RunEvent, Series, SeriesColumns } from '../../../../src/server/api.ts';
import type { StepRange } from '../../components/chart-data.ts';
import { seriesValues } from './series-values.ts';

/** After so many points of one step each the server's summary of many steps in one is asked for again. */
const mostAdded = 3000;

type Columns = { readonly [Key in keyof SeriesColumns]: SeriesColumns[Key][number][] };

const noColumns: SeriesColumns = { step: [], mean: [], min: [], max: [] };

/** A part of a curve, of the steps `from` … `to`, with those points of the whole one that have come since it was fetched. */
export function continued(part: SeriesColumns, whole: SeriesColumns, { from, to }: StepRange): SeriesColumns {
  const last = part.step.at(-1) ?? from - 1;
  const begin = whole.step.findLastIndex((step) => step <= last) + 1;
  const end = whole.step.findLastIndex((step) => step <= to) + 1;
  if (begin >= end) return part;
  return {
    step: [...part.step, ...whole.step.slice(begin, end)],
    mean: [...part.mean, ...whole.mean.slice(begin, end)],
    min: [...part.min, ...whole.min.slice(begin, end)],
    max: [...part.max, ...whole.max.slice(begin, end)],
  };
}

export class LiveSeries {
  /** `seq` of the last event that was in what was fetched. */
  readonly fetchedSeq: number;
  private readonly columns = new Map<string, Columns>();
  private added = 0;
  private heard: number;

  constructor({ series, seq }: Series) {
    this.fetchedSeq = seq;
    this.heard = seq;
    for (const [name, { step, mean, min, max }] of Object.entries(series)) {
      this.columns.set(name, { step: [...step], mean: [...mean], min: [...min], max: [...max] });
    }
  }

  /** `seq` of the last event that is in here. */
  get seq(): number {
    return this.heard;
  }

  get names(): readonly string[] {
    return [...this.columns.keys()];
  }

  /** The last step of any curve; 0 without one. */
  get lastStep(): number {
    return [...this.columns.values()].reduce((last, { step }) => Math.max(last, step.at(-1) ?? 0), 0);
  }

  /** Of the same objects from call to call, as they grow. */
  of(name: string): SeriesColumns {
    return this.columns.get(name) ?? noColumns;
  }

  /**
   * Takes an event in; false where all must be fetched again: events between were missed, the run went back to an earlier step,
   * its log begins anew, or there are more points than a curve needs. Any other event that is in here already changes nothing.
   */
  add(event: RunEvent): boolean {
    if (event.seq <= this.heard) return event.type !== 'started';
    if (event.seq > this.heard + 1 || event.type === 'resumed' || event.type === 'rollback') return false;
    this.heard = event.seq;
    const { step } = event;
    if (step === undefined) return true;
    for (const [name, value] of seriesValues(event)) {
      const columns = this.columns.get(name) ?? { step: [], mean: [], min: [], max: [] };
      this.columns.set(name, columns);
      columns.step.push(step);
      for (const column of [columns.mean, columns.min, columns.max]) column.push(value);
    }
    this.added += 1;
    return this.added < mostAdded;
  }
}
