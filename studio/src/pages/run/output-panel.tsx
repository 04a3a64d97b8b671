import { useEffect, useRef } from 'preact/hooks';
import { api } from '../../api.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Empty, Loading } from '../../components/states.tsx';
import { useRequest } from '../../use-request.ts';

const refreshEveryMs = 2000;

/** The last lines that the training process has printed; asked for again while it prints, and once it has ended. */
export function OutputPanel({ run, isActive }: { readonly run: string; readonly isActive: boolean }) {
  const { result, problem, isBusy, again } = useRequest(`${run} ${isActive}`, (signal) => api.output(run, signal));
  const end = useRef<HTMLTextAreaElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) end.current?.scrollTo(0, end.current.scrollHeight);
  }, [result]);
  const isFollowed = isActive && problem === undefined;
  useEffect(() => {
    if (!isFollowed || isBusy) return;
    const timer = setTimeout(again, refreshEveryMs);
    return () => clearTimeout(timer);
  }, [isFollowed, isBusy]);
  if (problem !== undefined) {
    return (
      <Empty title="No output to show">
        <p class="soft">{problem}</p>
        <Button icon="reset" onClick={again}>
          Look again
        </Button>
      </Empty>
    );
  }
  if (result === undefined) return <Loading what="Reading the output" />;
  if (result.trim() === '') {
    return (
      <Empty title="No output">
        <p class="soft">Its process has printed nothing yet.</p>
      </Empty>
    );
  }
  return (
    <section class="stack" aria-label="Output">
      <div class="row">
        <CopyButton label="Copy output" text={() => result} />
      </div>
      <textarea
        ref={end}
        class="output"
        aria-label="The last lines that the training process has printed"
        readOnly
        wrap="off"
        value={result}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight > scrollHeight - 20;
        }}
      />
    </section>
  );
}
