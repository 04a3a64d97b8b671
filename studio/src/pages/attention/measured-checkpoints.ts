/** Checkpoints of one run, measured one after the other, and none twice. */
import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import type { Progress } from '../../api.ts';

type Measured = TaskResult<'attentionHistory'>;

export class MeasuredCheckpoints {
  private readonly measure: (step: number, signal: AbortSignal) => Promise<Measured>;
  /** Without those that were refused: a checkpoint may be whole by the next time. */
  private readonly known = new Map<number, Measured>();

  /** `measure` asks for one checkpoint, so that what somebody does meanwhile is answered in between. */
  constructor(measure: (step: number, signal: AbortSignal) => Promise<Measured>) {
    this.measure = measure;
  }

  /** The checkpoints of these steps, in this order; asks only for those that are not known. */
  async of(steps: readonly number[], signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Measured> {
    // A run that went back may save another checkpoint under the step of one that is gone.
    for (const step of this.known.keys()) if (!steps.includes(step)) this.known.delete(step);
    const found: Measured[] = [];
    for (const [done, step] of steps.entries()) {
      let measured = this.known.get(step);
      if (measured === undefined) {
        onProgress({ done, total: steps.length, what: `Measuring attention at step ${step}` });
        measured = await this.measure(step, signal);
        if (measured.refused.length === 0) this.known.set(step, measured);
      }
      found.push(measured);
    }
    return {
      checkpoints: found.flatMap(({ checkpoints }) => checkpoints),
      refused: found.flatMap(({ refused }) => refused),
    };
  }
}
