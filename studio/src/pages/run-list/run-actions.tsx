/** What can be done with a run from the list. */
import { useState } from 'preact/hooks';
import type { RunSummary } from '../../../../src/server/api.ts';
import { api, problemOf } from '../../api.ts';
import { IconButton } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/dialog.tsx';
import { notify } from '../../components/status.tsx';
import { count } from '../../format.ts';
import { isActive } from '../run/control-words.ts';

export function RunActions({ of: summary }: { readonly of: RunSummary }) {
  const { run, state } = summary;
  const [isBusy, setBusy] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const ask = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await work();
      notify(done);
    } catch (error) {
      notify(problemOf(error), 'problem');
    }
    setBusy(false);
  };
  return (
    <div class="run-actions">
      {isActive(summary) ? (
        <IconButton
          icon="stop"
          label={`Stop ${run} and save it`}
          isDisabled={isBusy}
          onClick={() => void ask(() => api.control(run, { do: 'stop' }), `${run} is saved and stops after this step.`)}
        />
      ) : (
        (state === 'stopped' || state === 'failed') && (
          <IconButton
            icon="play"
            label={`Resume ${run}`}
            isDisabled={isBusy}
            onClick={() => void ask(() => api.resume(run), `${run} goes on.`)}
          />
        )
      )}
      {!isActive(summary) && (
        <IconButton icon="trash" label={`Delete ${run}`} isDisabled={isBusy} onClick={() => setDeleting(true)} />
      )}
      {isDeleting && (
        <ConfirmDialog
          title={`Delete ${run}?`}
          word={run}
          action="Delete for good"
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await api.remove(run);
            notify(`${run} is deleted.`);
          }}
        >
          <p>
            Its folder is removed with all that is in it: checkpoints, samples, scores and its log
            {state !== 'damaged' && `, ${count(summary.step)} steps of training`}. This cannot be undone.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}
