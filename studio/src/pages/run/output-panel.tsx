import { useEffect, useRef } from 'preact/hooks';
import { api } from '../../api.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { useRequest } from '../../use-request.ts';

/** The last lines that the training process has printed; asked for again as the run goes on. */
export function OutputPanel({ run, step }: { readonly run: string; readonly step: number }) {
  const { result, problem, again } = useRequest(`${run} ${step}`, (signal) => api.output(run, signal));
  const end = useRef<HTMLTextAreaElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) end.current?.scrollTo(0, end.current.scrollHeight);
  }, [result]);
  if (problem !== undefined) return <ErrorPanel problem={problem} onRetry={again} />;
  if (result === undefined) return <Loading what="Reading the output" />;
  if (result.trim() === '') {
    return (
      <Empty title="No output">
        <p class="soft">
          What a process prints is kept for runs that the studio has begun or resumed; this one has printed nothing
          here.
        </p>
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
