/** The sheets of a run's fixed latents: one large, all of them along a line, two against each other, as a film. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunDetail } from '../../../../src/server/api.ts';
import { sampleAddress } from '../../api.ts';
import { Button, IconButton, LinkButton } from '../../components/button.tsx';
import { Select } from '../../components/field.tsx';
import { Empty } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { FilmDialog } from './film-dialog.tsx';
import './samples.css';
import { Scrubber } from './scrubber.tsx';
import { SheetView } from './sheet-view.tsx';
import { chosenAt, movedBy, nearestSheet, newerCount, nextInLoop, sheetVersion, shownSheet } from './timeline.ts';
import { view } from './view.ts';

export function SamplesPanel({ run, detail }: { readonly run: string; readonly detail: RunDetail }) {
  return (
    <section class="panel samples" aria-label="Samples">
      {detail.samples.length === 0 ? (
        <Empty title={detail.step === 0 ? 'No sheets yet' : 'No sheets'}>
          <p class="soft">
            {detail.step === 0
              ? 'The first is drawn after the first step. All sheets show the same latents.'
              : 'There is none in the folder of its samples. While the run trains, “Sample now” draws one.'}
          </p>
        </Empty>
      ) : (
        <Timeline run={run} detail={detail} />
      )}
    </section>
  );
}

function Timeline({ run, detail }: { readonly run: string; readonly detail: RunDetail }) {
  const sheets = detail.samples;
  const addressOf = (step: number) => sampleAddress(run, step, sheetVersion(detail, step));
  const [isPlaying, setPlaying] = useState(false);
  const [isExporting, setExporting] = useState(false);
  const chosen = view.step.value;
  const shown = shownSheet(sheets, chosen);
  const beside = view.beside.value === undefined ? undefined : nearestSheet(sheets, view.beside.value);
  const newer = newerCount(sheets, chosen);
  const framesPerSecond = view.framesPerSecond.value;
  // While a run trains they are told anew more often than a slow film goes on.
  const newest = useRef(sheets);
  newest.current = sheets;
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(
      () => view.step.set(nextInLoop(newest.current, shownSheet(newest.current, view.step.peek())), 'replace'),
      1000 / framesPerSecond,
    );
    return () => clearInterval(timer);
  }, [isPlaying, framesPerSecond]);
  const choose = (step: number | undefined) => {
    setPlaying(false);
    view.step.set(step, 'replace');
  };
  const togglePlay = () => setPlaying(!isPlaying);
  const compare = () => view.beside.set(beside === undefined ? sheets[0] : undefined, 'replace');
  useShortcuts('Samples', [
    { keys: ' ', does: 'Play the sheets, or stop', run: togglePlay },
    { keys: 'ArrowLeft', does: 'The sheet before', run: () => choose(movedBy(sheets, chosen, -1)) },
    { keys: 'ArrowRight', does: 'The next sheet', run: () => choose(movedBy(sheets, chosen, 1)) },
    { keys: 'Home', does: 'The first sheet', run: () => choose(chosenAt(sheets, 0)) },
    { keys: 'End', does: 'Follow the newest sheet', run: () => choose(undefined) },
    { keys: 'b', does: 'Compare with the first sheet', run: compare },
    { keys: 'e', does: 'Export the sheets as a film', run: () => setExporting(true) },
  ]);
  if (shown === undefined) return null;
  const index = sheets.indexOf(shown);
  return (
    <>
      <div class="row samples-head">
        <h2 class="numbers">Step {count(shown)}</h2>
        {newer > 0 && !isPlaying ? (
          <Button onClick={() => choose(undefined)} says={`${newer} newer sheets; follow the newest`}>
            {newer} newer
          </Button>
        ) : (
          <span class="soft small">{isPlaying ? `sheet ${index + 1} of ${sheets.length}` : 'the newest sheet'}</span>
        )}
        <span class="row row-end tips-left">
          <IconButton
            icon="left"
            label="The sheet before"
            keys="←"
            isDisabled={index === 0}
            onClick={() => choose(movedBy(sheets, chosen, -1))}
          />
          <IconButton
            icon={isPlaying ? 'pause' : 'play'}
            label={isPlaying ? 'Stop playing' : 'Play the sheets'}
            keys="Space"
            isDisabled={sheets.length < 2}
            onClick={togglePlay}
          />
          <IconButton
            icon="right"
            label="The next sheet"
            keys="→"
            isDisabled={index === sheets.length - 1}
            onClick={() => choose(movedBy(sheets, chosen, 1))}
          />
        </span>
      </div>
      <Scrubber sheets={sheets} addressOf={addressOf} shown={shown} onChoose={choose} />
      <div class="row samples-foot">
        <Button isPressed={beside !== undefined} isDisabled={sheets.length < 2} onClick={compare}>
          Compare
        </Button>
        {beside !== undefined && (
          <Select
            label="With step"
            value={String(beside)}
            options={sheets.map(String)}
            onInput={(step) => view.beside.set(Number(step), 'replace')}
          />
        )}
        <Select
          label="Sheets a second"
          value={String(framesPerSecond)}
          options={[...new Set([1, 2, 4, 8, 16, 30, framesPerSecond])].sort((a, b) => a - b).map(String)}
          onInput={(speed) => view.framesPerSecond.set(Number(speed), 'replace')}
        />
        <span class="row row-end">
          <LinkButton icon="download" href={addressOf(shown)} download={`${run}-step-${shown}.png`}>
            PNG
          </LinkButton>
          <Button icon="download" onClick={() => setExporting(true)}>
            Film …
          </Button>
        </span>
      </div>
      <SheetView
        run={run}
        step={shown}
        beside={beside}
        next={[sheets[index + 1], sheets[index - 1], sheets[0]]}
        addressOf={addressOf}
      />
      {isExporting && <FilmDialog run={run} sheets={sheets} onClose={() => setExporting(false)} />}
    </>
  );
}
