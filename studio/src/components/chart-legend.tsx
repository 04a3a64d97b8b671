import type { ReadonlySignal } from '@preact/signals';
import { type ChartLine, formatValue, valueAt } from './chart-data.ts';

/** With more lines than this only the greatest are told. */
const fewLines = 6;

/**
 * The lines of a chart with their values at the linked step, by default at their last; pressing one hides it or shows it again.
 */
export function ChartLegend({
  title,
  lines,
  hidden,
  step,
  onToggle,
}: {
  /** Of the chart. */
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** Names of lines that are not drawn. */
  readonly hidden: readonly string[];
  readonly step: ReadonlySignal<number | undefined>;
  readonly onToggle: (name: string) => void;
}) {
  const at = step.value;
  const entries = lines.map((line) => ({ line, value: valueAt(line, at) }));
  const isCrowded = lines.length > fewLines;
  const told = isCrowded
    ? entries.sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY)).slice(0, 2)
    : entries;
  return (
    <fieldset class="legend">
      <legend class="unseen">Curves of {title}</legend>
      {told.map(({ line: { name, label, colour }, value }) => (
        <button
          key={name}
          type="button"
          aria-pressed={!hidden.includes(name)}
          style={{ '--legend-colour': `var(${colour})` }}
          onClick={() => onToggle(name)}
        >
          {label} <output>{formatValue(value)}</output>
        </button>
      ))}
      {isCrowded && <span class="soft small">the greatest of {lines.length}</span>}
    </fieldset>
  );
}
