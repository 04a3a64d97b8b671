import type { RunDetail } from '../../../../src/server/api.ts';
import { Empty } from '../../components/states.tsx';
import { isActive } from './control-words.ts';

/** For pages of a run that need a trained model. `what`: what they can do with one, as the beginning of a sentence. */
export function NoCheckpoint({ detail, what }: { readonly detail: RunDetail; readonly what: string }) {
  return (
    <Empty title="No checkpoint yet">
      <p class="soft">
        {isActive(detail)
          ? `The run has only begun. ${what} from its first checkpoint on; this page waits for it.`
          : 'The run ended before it had saved a checkpoint. Resume it, and it will save one when it stops.'}
      </p>
    </Empty>
  );
}
