import type { RunDetail } from '../../../../src/server/api.ts';
import { formatValue } from '../../components/chart-data.ts';
import { Empty } from '../../components/states.tsx';
import { count } from '../../format.ts';
import type { Finding } from './findings.ts';
import { view } from './view.ts';

const severityWords = { advice: 'Advice', warning: 'Warning', collapse: 'Collapse' } as const;

/** What the collapse watch has found, in words. */
export function FindingsPanel({
  findings,
  detail,
}: {
  readonly findings: readonly Finding[];
  readonly detail: RunDetail;
}) {
  if (findings.length === 0) {
    return (
      <Empty title="Nothing has been found">
        <p class="soft">
          {detail.step === 0
            ? 'The watch begins with the first step.'
            : `The watch has looked at ${count(detail.step)} steps: no loss stands still, the samples differ, no weight grows out of hand.`}
        </p>
      </Empty>
    );
  }
  return (
    <ul class="stack">
      {findings.map((finding) => (
        <li key={`${finding.kind} ${finding.subject} ${finding.step}`}>
          <FindingCard finding={finding} />
        </li>
      ))}
    </ul>
  );
}

function FindingCard({ finding }: { readonly finding: Finding }) {
  const { severity, step, since, clearedAt, seen, cause, suggestion, evidence, subject } = finding;
  return (
    <article class={`panel finding ${severity} ${clearedAt === undefined ? '' : 'past'}`}>
      <header class="row">
        <span class="finding-kind">{severityWords[severity]}</span>
        <span class="small soft numbers">
          {subject}, found at step {count(step)}, since step {count(since)}
          {clearedAt === undefined ? '' : `; passed by step ${count(clearedAt)}`}
        </span>
        <button type="button" class="link row-end small" onClick={() => view.step.set(since)}>
          Show the samples of then
        </button>
      </header>
      <h3>{sentence(seen)}</h3>
      <dl class="finding-words">
        <dt>Likely</dt>
        <dd>{sentence(cause)}</dd>
        <dt>Try</dt>
        <dd>{sentence(suggestion)}</dd>
        {evidence.length > 0 && (
          <>
            <dt>Evidence</dt>
            <dd class="numbers">{evidence.map(([name, value]) => `${name} ${formatValue(value)}`).join(', ')}</dd>
          </>
        )}
      </dl>
    </article>
  );
}

const sentence = (words: string) => (/[.!?]$/.test(words) || words === '' ? words : `${words}.`);
