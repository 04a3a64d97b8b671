/** How far a run is, and what can be asked of its trainer. */
import { useState } from 'preact/hooks';
import type { Control, RunDetail } from '../../../../src/server/api.ts';
import { api, problemOf } from '../../api.ts';
import { Button } from '../../components/button.tsx';
import { formatValue } from '../../components/chart-data.ts';
import { NumberField } from '../../components/field.tsx';
import { Bar, ErrorPanel } from '../../components/states.tsx';
import { notify } from '../../components/status.tsx';
import { count } from '../../format.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { isActive, paceWords, pendingWords } from './control-words.ts';
import type { RunFeed } from './run-feed.ts';

/** Asks something of a run's trainer; what is wrong with it is told. */
export async function askTrainer(feed: RunFeed, control: Control): Promise<void> {
  try {
    await api.control(feed.run, control);
  } catch (error) {
    notify(problemOf(error), 'problem');
  }
  feed.refresh(0);
}

export function RunHeader({ feed, detail }: { readonly feed: RunFeed; readonly detail: RunDetail }) {
  const { step, steps, state, reason, control } = detail;
  const pending = control?.pending ?? [];
  const share = steps === 0 ? 0 : Math.min(1, step / steps);
  return (
    <section class="panel run-header" aria-label="Progress">
      <div class="run-progress">
        <p class="run-facts numbers">
          <span>
            Step <b>{count(step)}</b> of {count(steps)}
          </span>
          <span>{Math.floor(share * 100)} %</span>
          {isActive(detail) && paceWords(detail).map((words) => <span key={words}>{words}</span>)}
          {detail.bestScore !== undefined && (
            <span>
              Best {detail.bestScore.metric} {formatValue(detail.bestScore.value)} at step{' '}
              {count(detail.bestScore.step)}
            </span>
          )}
        </p>
        <Bar value={share} label="Steps done" />
      </div>
      {isActive(detail) ? <TrainerControls feed={feed} detail={detail} /> : <Resumption feed={feed} detail={detail} />}
      {(pending.length > 0 || (state === 'training' && control?.pauseAt !== undefined)) && (
        <ul class="run-pending small" aria-label="Asked for, and not done yet" aria-live="polite">
          {pending.map((asked, index) => (
            <li key={`${index} ${asked.do}`}>
              <span class="spinner" /> {pendingWords(asked)} …
            </li>
          ))}
          {control?.pauseAt !== undefined && <li>It will pause at step {count(control.pauseAt)}.</li>}
        </ul>
      )}
      {state === 'failed' && (
        <ErrorPanel title="This run has failed" problem={reason ?? 'Its process ended without a word.'}>
          <p>
            What was saved is still there: resume it from its last checkpoint, look at what its process said under
            Output, or begin a new run with other settings.
          </p>
        </ErrorPanel>
      )}
    </section>
  );
}

function TrainerControls({ feed, detail }: { readonly feed: RunFeed; readonly detail: RunDetail }) {
  const [advanceSteps, setAdvanceSteps] = useState(100);
  const { state, control } = detail;
  const isStarting = state === 'starting';
  const isStopping = control?.pending.some((asked) => asked.do === 'stop') ?? false;
  const isOff = isStarting || isStopping;
  const ask = (asked: Control) => void askTrainer(feed, asked);
  const pauseOrContinue = () => ask({ do: state === 'paused' ? 'continue' : 'pause' });
  useShortcuts('Training', [{ keys: 'p', does: 'Pause or go on', run: () => !isOff && pauseOrContinue() }]);
  return (
    <div class="run-controls">
      <Button icon={state === 'paused' ? 'play' : 'pause'} isDisabled={isOff} onClick={pauseOrContinue}>
        {state === 'paused' ? 'Continue' : 'Pause'}
      </Button>
      <form
        class="row advance"
        onSubmit={(event) => {
          event.preventDefault();
          ask({ do: 'advance', steps: advanceSteps });
        }}
      >
        <NumberField
          label="Steps to advance"
          value={advanceSteps}
          min={1}
          isInteger
          isDisabled={isOff}
          onInput={setAdvanceSteps}
        />
        <Button type="submit" icon="right" isDisabled={isOff}>
          Advance
        </Button>
      </form>
      <Button isDisabled={isOff} onClick={() => ask({ do: 'sample' })}>
        Sample now
      </Button>
      <Button icon="save" isDisabled={isOff} onClick={() => ask({ do: 'checkpoint' })}>
        Save checkpoint
      </Button>
      <Button icon="stop" isDisabled={isOff} onClick={() => ask({ do: 'stop' })}>
        Stop and save
      </Button>
      {isStarting && <p class="soft small">Reading the data and building the step; the first steps follow.</p>}
    </div>
  );
}

function Resumption({ feed, detail }: { readonly feed: RunFeed; readonly detail: RunDetail }) {
  const isFinished = detail.step >= detail.steps;
  const [steps, setSteps] = useState(isFinished ? 2 * detail.steps : detail.steps);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const resume = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await api.resume(feed.run, { steps });
      notify(`${feed.run} goes on.`);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
    feed.refresh(0);
  };
  return (
    <>
      <form
        class="run-controls"
        onSubmit={(event) => {
          event.preventDefault();
          void resume();
        }}
      >
        <div class="row advance">
          <NumberField label="Train to step" value={steps} min={detail.step + 1} isInteger onInput={setSteps} />
          <Button type="submit" icon="play" look="primary" isBusy={isBusy}>
            {isFinished ? 'Train on' : detail.step === 0 ? 'Train' : 'Resume'}
          </Button>
        </div>
        <p class="soft small">
          {isFinished
            ? 'All its steps are done. It can be trained on.'
            : detail.checkpoints.length === 0
              ? 'It has no checkpoint yet, and begins with its first step.'
              : 'It goes on from its last checkpoint.'}
        </p>
      </form>
      {problem !== undefined && <ErrorPanel title="It could not be resumed" problem={problem} />}
    </>
  );
}
