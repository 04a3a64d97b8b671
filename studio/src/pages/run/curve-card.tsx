import { Button, IconButton } from '../../components/button.tsx';
import { Chart } from '../../components/chart.tsx';
import type { ChartLine, StepRange } from '../../components/chart-data.ts';
import { ChartLegend } from '../../components/chart-legend.tsx';
import type { ChartMark } from '../../components/chart-plot.ts';
import { count } from '../../format.ts';
import { type Card, toggled } from './cards.ts';
import { hoveredStep, linkedStep, view } from './view.ts';

/** How near the pointer must be to a mark, as a share of the width, for its words to show. */
const markReach = 0.01;

/** A chart with its title, its legend and what can be done with it. */
export function CurveCard({
  card,
  lines,
  version,
  marks,
  range,
  extent,
  onRange,
  onPick,
}: {
  readonly card: Card;
  readonly lines: readonly ChartLine[];
  readonly version: number;
  readonly marks: readonly ChartMark[];
  readonly range: StepRange | undefined;
  /** All steps of the run. */
  readonly extent: StepRange;
  readonly onRange: (range: StepRange | undefined) => void;
  readonly onPick: (step: number) => void;
}) {
  const { id, title } = card;
  const isPinned = view.pinned.value.includes(id);
  const isLog = card.isLog !== view.otherAxis.value.includes(id);
  const off = view.linesOff.value;
  const drawn = off.length === 0 ? lines : lines.filter(({ name }) => !off.includes(name));
  return (
    <section class={`panel curve-card ${isPinned ? 'pinned' : ''}`} aria-label={title}>
      <header class="row tips-left">
        <h3>{title}</h3>
        <span class="row-end row curve-actions">
          <Button
            look="quiet"
            isPressed={isLog}
            says={`Log axis of ${title}`}
            onClick={() => view.otherAxis.set(toggled(view.otherAxis.value, id), 'replace')}
          >
            log
          </Button>
          <IconButton
            icon="pin"
            label={isPinned ? `Unpin ${title}` : `Pin ${title} to the top`}
            isPressed={isPinned}
            onClick={() => view.pinned.set(toggled(view.pinned.value, id), 'replace')}
          />
          <IconButton
            icon="close"
            label={`Hide ${title}`}
            onClick={() => view.hidden.set(toggled(view.hidden.value, id), 'replace')}
          />
        </span>
      </header>
      <ChartLegend
        title={title}
        lines={lines}
        hidden={off}
        step={linkedStep}
        onToggle={(name) => view.linesOff.set(toggled(off, name), 'replace')}
      />
      <Chart
        title={title}
        lines={drawn}
        version={version}
        smoothing={view.smoothing.value}
        isLog={isLog}
        marks={marks}
        range={range}
        extent={extent}
        onRange={onRange}
        step={linkedStep}
        onHover={(step) => {
          hoveredStep.value = step;
        }}
        onPick={onPick}
      />
      <NearMarks marks={marks} range={range ?? extent} />
    </section>
  );
}

/** The step under the pointer, and what happened there. */
function NearMarks({ marks, range }: { readonly marks: readonly ChartMark[]; readonly range: StepRange }) {
  const step = linkedStep.value;
  const reach = (range.to - range.from) * markReach;
  const near = step === undefined ? [] : marks.filter((mark) => Math.abs(mark.step - step) <= reach);
  const words = [...new Set(near.map(({ label }) => label))].join('; ');
  return (
    <p class="near-marks small soft numbers">
      {step !== undefined && `step ${count(step)}${words === '' ? '' : `: ${words}`}`}
    </p>
  );
}
