import { IconButton } from '../../components/button.tsx';
import { nearestIndex } from '../../components/chart-data.ts';
import { Slider } from '../../components/field.tsx';
import { Sheet } from '../../components/pixel-image.tsx';
import { Empty } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { wholeNumber } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { sheetVersion } from '../run/timeline.ts';
import { type ComparedRun, nearestSheet, sheetSteps } from './compared-runs.ts';
import { Swatch } from './swatch.tsx';

const newest = -1;
const at = queryState('at', wholeNumber(0), newest);

/** Sample sheets of all runs at the steps nearest to one that is chosen for all. */
export function ComparedSheets({ runs }: { readonly runs: readonly ComparedRun[] }) {
  const steps = sheetSteps(runs.map(({ detail }) => detail));
  const last = steps.length - 1;
  const index = at.value === newest ? last : (nearestIndex(steps, at.value) ?? last);
  const step = steps[index];
  const moveTo = (next: number) => {
    const bounded = Math.min(last, Math.max(0, next));
    at.set(bounded === last ? newest : (steps[bounded] ?? newest), 'replace');
  };
  useShortcuts('Compare', [
    { keys: 'ArrowLeft', does: 'Samples of the step before', run: () => moveTo(index - 1) },
    { keys: 'ArrowRight', does: 'Samples of the next step', run: () => moveTo(index + 1) },
    { keys: 'Home', does: 'The first samples', run: () => moveTo(0) },
    { keys: 'End', does: 'The newest samples', run: () => moveTo(last) },
  ]);
  return (
    <section class="panel stack">
      <h2>Samples</h2>
      {step === undefined ? (
        <Empty title="No samples yet">
          <p class="soft">The first sheet is made after step 1.</p>
        </Empty>
      ) : (
        <>
          <div class="compare-scrubber">
            <IconButton icon="left" label="Step before" isDisabled={index === 0} onClick={() => moveTo(index - 1)} />
            <Slider
              label="Step"
              min={0}
              max={last}
              step={1}
              value={index}
              format={(chosen) => count(steps[chosen] ?? 0)}
              onInput={moveTo}
            />
            <IconButton icon="right" label="Next step" isDisabled={index === last} onClick={() => moveTo(index + 1)} />
          </div>
          <div class="compare-sheets">
            {runs.map(({ detail, colour }) => {
              const nearest = nearestSheet(detail, step);
              return (
                <article key={detail.run}>
                  <h3>
                    <Swatch colour={colour} /> {detail.run}
                  </h3>
                  {nearest === undefined ? (
                    <p class="soft">No samples yet</p>
                  ) : (
                    <Sheet run={detail.run} step={nearest} version={sheetVersion(detail, nearest)} />
                  )}
                </article>
              );
            })}
          </div>
        </>
      )}
    </section>
  );
}
