import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentEvents, findingsOf, marksOf } from './findings.ts';

const finding = (seq: number, step: number, kind: string, subject = 'D') => ({
  seq,
  type: 'finding',
  step,
  since: step - 5,
  kind,
  subject,
  severity: 'collapse',
  evidence: { value: 2, note: 'text' },
  seen: `${kind} seen`,
  cause: 'why',
  suggestion: 'what',
});

test('a finding holds until it is cleared, and those that hold stand first', () => {
  const events = [
    finding(1, 10, 'pinnedLoss'),
    finding(2, 20, 'lostDiversity'),
    { seq: 3, type: 'cleared', step: 30, kind: 'lostDiversity', subject: 'D' },
    { seq: 4, type: 'cleared', step: 30, kind: 'pinnedLoss', subject: 'G' },
  ];
  const [first, second, ...none] = findingsOf(events);
  assert.deepEqual(
    [first?.kind, first?.clearedAt, first?.since, first?.evidence],
    ['pinnedLoss', undefined, 5, [['value', 2]]],
  );
  assert.deepEqual([second?.kind, second?.clearedAt], ['lostDiversity', 30]);
  assert.deepEqual(none, []);
});

test('found again after it had passed, it is another finding', () => {
  const cleared = { seq: 2, type: 'cleared', step: 20, kind: 'pinnedLoss', subject: 'D' };
  const again = [finding(1, 10, 'pinnedLoss'), cleared, finding(3, 40, 'pinnedLoss')];
  const found = findingsOf(again);
  assert.deepEqual(
    found.map(({ step, clearedAt }) => [step, clearedAt]),
    [
      [40, undefined],
      [10, 20],
    ],
  );
  const passed = findingsOf([...again, { ...cleared, seq: 4, step: 60 }]);
  assert.deepEqual(
    passed.map(({ step, clearedAt }) => [step, clearedAt]),
    [
      [40, 60],
      [10, 20],
    ],
  );
});

test('what a return to an earlier step superseded is neither found nor marked', () => {
  const events = [finding(1, 10, 'a'), finding(2, 30, 'b'), { seq: 3, type: 'rollback', step: 20, from: 31 }];
  assert.deepEqual(
    currentEvents(events).map(({ seq }) => seq),
    [1, 3],
  );
  assert.deepEqual(
    findingsOf(events).map(({ kind }) => kind),
    ['a'],
  );
  const rates = { seq: 4, type: 'learningRates', step: 25, generator: 1e-4, discriminator: 2e-4 };
  assert.deepEqual(marksOf([...events, rates], [15]), [
    { step: 15, kind: 'checkpoint', label: 'checkpoint' },
    { step: 10, kind: 'collapse', label: 'a seen' },
    { step: 20, kind: 'rollback', label: 'went back to here from step 31' },
    { step: 25, kind: 'learningRates', label: 'learning rates: generator 0.0001, discriminator 0.0002' },
  ]);
});
