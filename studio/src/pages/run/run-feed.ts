/** A run as its page knows it: fetched once, kept up to date from its stream. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { RunDetail, RunEvent, RunSummary } from '../../../../src/server/api.ts';
import { api, problemOf, streamAddress } from '../../api.ts';
import { openStream } from '../../stream.ts';
import { LiveSeries } from './live-series.ts';

/** Curves are drawn at most so often, however quick the steps are. */
const drawEveryMs = 350;
/** Events come in bursts: what they have changed is asked for once. */
const settleMs = 150;
/** As long as something is pending it is asked after, since not all that is done leaves an event. */
const pendingEveryMs = 1000;

/** What a summary leaves out where it is not known any more. */
const untold = {
  reason: undefined,
  imagesPerSecond: undefined,
  secondsLeft: undefined,
  memoryBytes: undefined,
  bestScore: undefined,
} satisfies Partial<RunSummary>;

export class RunFeed {
  readonly run: string;
  private readonly currentDetail = signal<RunDetail | undefined>(undefined);
  private readonly currentProblem = signal<string | undefined>(undefined);
  private readonly currentSeries = signal<LiveSeries | undefined>(undefined);
  private readonly currentVersion = signal(0);
  private readonly onEvent: (event: RunEvent) => void;
  private readonly end = new AbortController();
  private closeStream: () => void = () => undefined;
  private detailTimer: ReturnType<typeof setTimeout> | undefined;
  private drawTimer: ReturnType<typeof setTimeout> | undefined;
  /** Events that came while the series were fetched anew; undefined at other times. */
  private waiting: RunEvent[] | undefined;

  /** `onEvent` hears of what happens from now on, steps and analyses left out. */
  constructor(run: string, onEvent: (event: RunEvent) => void) {
    this.run = run;
    this.onEvent = onEvent;
    void this.begin();
  }

  get detail(): ReadonlySignal<RunDetail | undefined> {
    return this.currentDetail;
  }

  /** Why there is nothing to show. */
  get problem(): ReadonlySignal<string | undefined> {
    return this.currentProblem;
  }

  get series(): ReadonlySignal<LiveSeries | undefined> {
    return this.currentSeries;
  }

  /** Counts what has been added to the series in place. */
  get version(): ReadonlySignal<number> {
    return this.currentVersion;
  }

  /** Fetches all anew. */
  async begin(): Promise<void> {
    this.currentProblem.value = undefined;
    try {
      await this.fetchDetail();
      if (this.currentDetail.peek()?.state === 'damaged') return;
      await this.fetchSeries();
    } catch (error) {
      if (!this.end.signal.aborted) this.currentProblem.value = problemOf(error);
      return;
    }
    if (this.end.signal.aborted) return;
    this.closeStream();
    this.closeStream = openStream(
      () => streamAddress(this.run, this.currentSeries.peek()?.seq ?? 0),
      {
        event: (data) => {
          const event: RunEvent = JSON.parse(data);
          this.hear(event);
        },
        summary: (data) => {
          const summary: RunSummary = JSON.parse(data);
          this.follow(summary);
        },
      },
      () => {
        clearTimeout(this.detailTimer);
        this.currentProblem.value = 'The run has been deleted.';
      },
    );
  }

  close(): void {
    this.end.abort();
    this.closeStream();
    clearTimeout(this.detailTimer);
    clearTimeout(this.drawTimer);
  }

  /** Asks for the run's detail soon, once for all who want it. */
  refresh(afterMs = settleMs): void {
    clearTimeout(this.detailTimer);
    this.detailTimer = setTimeout(() => {
      // A server that is gone is told of by the shell, and the stream brings the rest once it is back.
      this.fetchDetail().catch(() => undefined);
    }, afterMs);
  }

  private async fetchDetail(): Promise<void> {
    const detail = await api.run(this.run, this.end.signal);
    this.currentDetail.value = detail;
    if (detail.control !== undefined && detail.control.pending.length > 0) this.refresh(pendingEveryMs);
  }

  private async fetchSeries(): Promise<void> {
    this.waiting = [];
    try {
      const series = new LiveSeries(await api.series(this.run, {}, this.end.signal));
      const missed = this.waiting.filter((event) => !series.add(event));
      this.currentSeries.value = series;
      this.waiting = undefined;
      if (missed.length > 0) await this.fetchSeries();
    } finally {
      this.waiting = undefined;
    }
  }

  private hear(event: RunEvent): void {
    const isNews = event.type !== 'step' && event.type !== 'analysis';
    if (isNews) {
      this.refresh();
      if (event.seq > (this.currentSeries.peek()?.seq ?? 0)) this.onEvent(event);
    }
    if (this.waiting !== undefined) {
      this.waiting.push(event);
      return;
    }
    if (this.currentSeries.peek()?.add(event) === false) void this.fetchSeries().catch(() => undefined);
    this.drawTimer ??= setTimeout(() => {
      this.drawTimer = undefined;
      this.currentVersion.value += 1;
    }, drawEveryMs);
  }

  private follow(summary: RunSummary): void {
    const before = this.currentDetail.peek();
    if (before === undefined) return;
    this.currentDetail.value = { ...before, ...untold, ...summary };
    if (before.newestSample !== summary.newestSample || before.state !== summary.state) this.refresh();
  }
}
