import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerOf } from '../../points.ts';
import { attentionCommand, type ShownAttention } from './command.ts';

const shown: ShownAttention = {
  path: 'runs/it',
  step: 120,
  network: 'G',
  subject: { kind: 'generated', point: { latent: cornerOf(4), classes: 1 } },
  classNames: ['cat', 'a dog'],
  change: {},
  block: 'attention16',
  pins: [],
};
const classes = [
  { class: 0, weight: 0.25 },
  { class: 1, weight: 0.75 },
];

test('a command names all that is shown', () => {
  assert.equal(
    attentionCommand(shown),
    "sagan attention runs/it --point 4 --class 'a dog' --block attention16 --checkpoint 120 --out attention.png",
  );
  assert.equal(
    attentionCommand({
      ...shown,
      network: 'D',
      subject: { kind: 'generated', point: { latent: { ...cornerOf(4), x: 3 }, classes } },
      change: { gamma: -1.5, map: 'window', windowPixels: 6 },
      pins: [
        { x: 1, y: 2, direction: 'looksAt' },
        { x: 3, y: 4, direction: 'lookedAtBy' },
        { x: 5, y: 6, direction: 'looksAt' },
      ],
    }),
    "sagan attention runs/it --point 4@3,0 --class 'cat:0.25+a dog:0.75' --network D --block attention16 --query 1,2 5,6 " +
      '--looked-at 3,4 --gamma -1.5 --window 6 --checkpoint 120 --out attention.png',
  );
});

test('an image of the dataset has no latent; a model without classes no class', () => {
  assert.match(
    attentionCommand({ ...shown, network: 'D', subject: { kind: 'dataset', index: 7 }, change: { map: 'uniform' } }),
    /^sagan attention runs\/it --image 7 --network D --block attention16 --uniform --checkpoint/,
  );
  assert.doesNotMatch(attentionCommand({ ...shown, classNames: [] }), /--class/);
});

test('in a mix, names with its signs are told by their numbers', () => {
  const latent = { ...cornerOf(4), scale: 0.5, coordinates: [{ coordinate: 2, value: -1 }] };
  const subject = { kind: 'generated', point: { latent, classes } } as const;
  assert.match(
    attentionCommand({ ...shown, subject, classNames: ['cat', 'dog+cat'] }),
    /--point 4\/scale=0\.5\/c2=-1 --class cat:0\.25\+1:0\.75 /,
  );
});
