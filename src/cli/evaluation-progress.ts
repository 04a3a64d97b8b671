/** How far an evaluation is: on one line of a terminal, or a line each tenth. */

import type { EvaluationProgress } from '../metrics/index.ts';
import { formatCount, formatDuration } from './figures.ts';
import { StatusBlock } from './status-block.ts';

const stages: Readonly<Record<EvaluationProgress['stage'], string>> = {
  reference: 'features of the reference',
  images: 'features of the images',
  scores: 'computing scores',
};

export interface EvaluationDisplay {
  readonly show: (progress: EvaluationProgress) => void;
  readonly end: () => void;
}

/** Shows progress on a stream; nothing where there is none. */
export function evaluationProgress(stream: NodeJS.WriteStream | undefined): EvaluationDisplay {
  if (stream === undefined) return { show: () => undefined, end: () => undefined };
  const block = stream.isTTY ? new StatusBlock(stream) : undefined;
  const speed = new StageSpeed();
  let shown = '';
  return {
    show(progress) {
      const line = describe(progress, speed.secondsLeft(progress, performance.now()));
      if (block !== undefined) {
        block.update([line]);
        return;
      }
      const tenth = `${progress.stage} ${Math.floor((10 * progress.done) / progress.total)}`;
      if (tenth !== shown) stream.write(`${line}\n`);
      shown = tenth;
    },
    end: () => block?.end(),
  };
}

function describe({ stage, done, total }: EvaluationProgress, secondsLeft: number | undefined): string {
  if (stage === 'scores') return `${stages.scores}: ${done + 1} of ${total}`;
  const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft)} left`;
  return `${stages[stage]}: ${formatCount(done)} of ${formatCount(total)}${left}`;
}

/** The time that the rest of a stage will take, at the speed that it had so far. */
class StageSpeed {
  private stage = '';
  private startMs = 0;
  private startDone = 0;

  secondsLeft({ stage, done, total }: EvaluationProgress, nowMs: number): number | undefined {
    if (stage !== this.stage || done < this.startDone) {
      this.stage = stage;
      this.startMs = nowMs;
      this.startDone = done;
      return undefined;
    }
    if (done === this.startDone) return undefined;
    return ((nowMs - this.startMs) / 1000 / (done - this.startDone)) * (total - done);
  }
}
