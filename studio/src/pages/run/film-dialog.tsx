import { useEffect, useRef, useState } from 'preact/hooks';
import type { MadeFile } from '../../../../src/server/api.ts';
import { compute, isAbort, problemOf, type Progress as Told } from '../../api.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { NumberField } from '../../components/field.tsx';
import { ErrorPanel, Progress } from '../../components/states.tsx';
import { bytes, count } from '../../format.ts';
import { evenlyPicked } from './timeline.ts';
import { view } from './view.ts';

/** The task takes no more. */
const mostFrames = 400;

/** Makes an animated WebP of the sheets between two steps. */
export function FilmDialog({
  run,
  sheets,
  onClose,
}: {
  readonly run: string;
  readonly sheets: readonly number[];
  readonly onClose: () => void;
}) {
  const [from, setFrom] = useState(sheets[0] ?? 0);
  const [to, setTo] = useState(sheets.at(-1) ?? 0);
  const [framesPerSecond, setFramesPerSecond] = useState(view.framesPerSecond.peek());
  const [widthPixels, setWidthPixels] = useState(0);
  const [progress, setProgress] = useState<Told>();
  const [problem, setProblem] = useState<string>();
  const [film, setFilm] = useState<{ readonly file: MadeFile; readonly of: string }>();
  const asking = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => asking.current?.abort(), []);
  const within = sheets.filter((step) => step >= from && step <= to);
  const steps = evenlyPicked(within, mostFrames);
  const request = { run, steps: [...steps], framesPerSecond, ...(widthPixels > 0 && { widthPixels }) };
  const asked = JSON.stringify(request);
  const made = film?.of === asked ? film.file : undefined;
  const make = async () => {
    const abort = new AbortController();
    asking.current = abort;
    setProblem(undefined);
    setFilm(undefined);
    setProgress({ done: 0, total: steps.length, what: 'asking for the film' });
    try {
      const { file } = await compute('timeline', request, { signal: abort.signal, onProgress: setProgress });
      setFilm({ file, of: asked });
    } catch (error) {
      if (!isAbort(error)) setProblem(problemOf(error));
    }
    setProgress(undefined);
  };
  return (
    <Dialog title="Film of the sheets" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <div class="film-fields">
          <NumberField label="From step" value={from} min={0} isInteger onInput={setFrom} />
          <NumberField label="To step" value={to} min={0} isInteger onInput={setTo} />
          <NumberField
            label="Sheets a second"
            value={framesPerSecond}
            min={0.5}
            max={60}
            onInput={setFramesPerSecond}
          />
          <NumberField
            label="Width"
            hint="In pixels; 0: as the sheets are"
            value={widthPixels}
            min={0}
            max={4096}
            isInteger
            onInput={setWidthPixels}
          />
        </div>
        <p class="soft">
          {steps.length === 0
            ? 'There is no sheet between these steps.'
            : `${count(steps.length)} ${steps.length === 1 ? 'sheet' : 'sheets'}${steps.length < within.length ? ` of ${count(within.length)}, evenly chosen` : ''}: ${(steps.length / framesPerSecond).toFixed(1)} s, as an animated WebP without loss.`}
        </p>
        {problem !== undefined && <ErrorPanel title="The film could not be made" problem={problem} />}
        {progress !== undefined && <Progress {...progress} />}
        {made !== undefined && (
          <div class="film-made">
            <img src={made.url} alt={`The sheets of ${run} from step ${from} to step ${to}, one after the other`} />
            <LinkButton look="primary" icon="download" href={made.url} download={made.name}>
              Download {made.name} ({bytes(made.sizeBytes)})
            </LinkButton>
          </div>
        )}
        <div class="row dialog-actions">
          <Button onClick={onClose}>Close</Button>
          <Button
            type="submit"
            look={made === undefined ? 'primary' : 'plain'}
            isDisabled={steps.length === 0}
            isBusy={progress !== undefined}
          >
            Make the film
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
