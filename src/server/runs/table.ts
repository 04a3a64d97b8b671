/** Columns of numbers over steps, and what a curve of at most a thousand points shows of them. */

import type { SeriesColumns } from '../api.ts';

const mostPoints = 1000;
/** Of what is sent: a curve shows no more. */
const digits = 6;

/** Rows of growing steps, a named number in each column; NaN where a row lacks it, or it is not finite. */
export class Table {
  private readonly columns = new Map<string, Float32Array>();
  private steps = new Float64Array(16);
  private length = 0;

  /** Names of the columns, in the order in which they came. */
  get names(): readonly string[] {
    return [...this.columns.keys()];
  }

  /** The last step; 0 without rows. */
  get lastStep(): number {
    return this.steps[this.length - 1] ?? 0;
  }

  /** Adds a row, unless its step is none. Rows of its step and later ones give way to it. */
  append(step: number, values: Iterable<readonly [string, number]>): void {
    if (!(step >= 0)) return;
    this.truncateAfter(step - 1);
    if (this.length === this.steps.length) {
      this.steps = grown(this.steps, new Float64Array(2 * this.length));
      for (const [name, column] of this.columns) this.columns.set(name, grown(column, emptyColumn(2 * this.length)));
    }
    this.steps[this.length] = step;
    for (const [name, value] of values) {
      let column = this.columns.get(name);
      if (column === undefined) {
        column = emptyColumn(this.steps.length);
        this.columns.set(name, column);
      }
      column[this.length] = Number.isFinite(value) ? value : Number.NaN;
    }
    this.length++;
  }

  /** Drops the rows of later steps. */
  truncateAfter(step: number): void {
    const kept = Math.min(this.length, this.firstAfter(step));
    for (const column of this.columns.values()) column.fill(Number.NaN, kept, this.length);
    this.length = kept;
  }

  /** The last values of a column, at most `count`. */
  last(name: string, count: number): Float32Array {
    return this.columns.get(name)?.slice(Math.max(0, this.length - count), this.length) ?? new Float32Array(0);
  }

  /**
   * The curve of a column over the steps `from` … `to`, undefined if there is no such column. Where there are too many rows, those
   * of a round number of steps fall on one point, which stands at the last of them; the borders are the same wherever the range
   * begins, so a curve that grows does not shiver.
   */
  curve(name: string, from: number, to: number): SeriesColumns | undefined {
    const column = this.columns.get(name);
    if (column === undefined) return undefined;
    const begin = this.firstAfter(from - 1);
    const end = this.firstAfter(to);
    const width = bucketSteps(this.steps, begin, end);
    const points = { step: [] as number[], mean: new Values(), min: new Values(), max: new Values() };
    for (let row = begin; row < end; ) {
      const bucket = Math.floor((this.steps[row] ?? 0) / width);
      let [count, sum, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      do {
        const value = column[row++] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        count++;
        sum += value;
        min = Math.min(min, value);
        max = Math.max(max, value);
      } while (row < end && Math.floor((this.steps[row] ?? 0) / width) === bucket);
      points.step.push(this.steps[row - 1] ?? 0);
      points.mean.push(count === 0 ? null : rounded(sum / count));
      points.min.push(count === 0 ? null : rounded(min));
      points.max.push(count === 0 ? null : rounded(max));
    }
    return points;
  }

  /** The first row of a later step than this. */
  private firstAfter(step: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.steps[middle] ?? 0) > step) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const Values = Array<number | null>;

const emptyColumn = (length: number) => new Float32Array(length).fill(Number.NaN);

function grown<Column extends Float32Array | Float64Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}

/** 1, 2, 5, 10, 20 … steps: the fewest that make no more points than a curve may have. */
function bucketSteps(steps: Float64Array, begin: number, end: number): number {
  if (end - begin <= mostPoints) return 1;
  const first = steps[begin] ?? 0;
  const last = steps[end - 1] ?? 0;
  for (let power = 1; ; power *= 10) {
    for (const width of [power, 2 * power, 5 * power]) {
      if (Math.floor(last / width) - Math.floor(first / width) < mostPoints) return width;
    }
  }
}

const rounded = (value: number) => Number(value.toPrecision(digits));
