import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StandingFacts, standingOf } from './run-standing.ts';

const before = { hasBegun: false, hasStepped: false, ending: undefined, failure: undefined, steps: undefined };
const begun = { ...before, hasBegun: true };
const going = { ...begun, hasStepped: true };
const ended = (ending: string) => ({ ...going, ending, failure: 'D is NaN' });

const nobody: StandingFacts = {
  session: before,
  isHeld: false,
  isLogOlder: false,
  isPaused: false,
  lastWords: () => undefined,
};
const held = { ...nobody, isHeld: true };
const words = { ...nobody, lastWords: () => 'the disk is full' };
const killed = /ended without a word.*Resume it/;

const rows: readonly (readonly [what: string, StandingFacts, state: string, reason?: string | RegExp])[] = [
  ['held, and nothing logged', held, 'starting'],
  ['held, and begun', { ...held, session: begun }, 'starting'],
  ['held, and paused before its first step', { ...held, session: begun, isPaused: true }, 'paused'],
  ['held, with steps', { ...held, session: going }, 'training'],
  ['held, with steps, paused', { ...held, session: going, isPaused: true }, 'paused'],
  ['held anew, after steps of one that died', { ...held, session: going, isLogOlder: true }, 'starting'],
  ['held anew, after it was stopped', { ...held, session: ended('stopped'), isLogOlder: true }, 'starting'],
  ['held, and it has just written its last line', { ...held, session: ended('steps') }, 'finished'],
  ['never trained', nobody, 'stopped', /not been trained yet/],
  ['could not begin', { ...words, session: before }, 'failed', 'the disk is full'],
  ['begun and gone', { ...nobody, session: begun }, 'failed', killed],
  ['gone between steps', { ...nobody, session: going, isPaused: true }, 'failed', killed],
  ['gone with words', { ...words, session: going }, 'failed', 'the disk is full'],
  ['stopped', { ...nobody, session: ended('stopped') }, 'stopped'],
  ['stopped, whatever was printed before', { ...words, session: ended('stopped') }, 'stopped'],
  [
    'stopped, and could not go on',
    { ...words, session: ended('stopped'), isLogOlder: true },
    'failed',
    'the disk is full',
  ],
  ['all steps', { ...nobody, session: ended('steps') }, 'finished'],
  ['diverged', { ...nobody, session: ended('diverged') }, 'failed', 'D is NaN'],
  ['collapsed', { ...words, session: ended('collapsed') }, 'failed', 'D is NaN'],
];

for (const [what, facts, state, reason] of rows) {
  test(`${what}: ${state}`, () => {
    const standing = standingOf(facts);
    assert.equal(standing.state, state);
    if (reason instanceof RegExp) assert.match(standing.reason ?? '', reason);
    else assert.equal(standing.reason, reason);
  });
}
