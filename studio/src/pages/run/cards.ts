/** Which curves share a card, what they are called and coloured, and where the cards stand. */

import { type ChartLine, seriesColours, type ThemeColour } from '../../components/chart-data.ts';

export type CardLine = Omit<ChartLine, 'columns'>;

export interface Card {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly CardLine[];
  /** How its axis is drawn unless the reader wants it otherwise. */
  readonly isLog: boolean;
}

const generator = '--generator';
const discriminator = '--discriminator';
const real = '--real';

interface Layout {
  readonly id: string;
  readonly title: string;
  readonly isLog?: boolean;
  readonly lines: readonly (readonly [name: string, label: string, colour: ThemeColour])[];
}

/** Cards of series that are known by name, in their order. */
const layouts: readonly Layout[] = [
  {
    id: 'losses',
    title: 'Losses',
    lines: [
      ['lossD', 'discriminator', discriminator],
      ['lossG', 'generator', generator],
    ],
  },
  {
    id: 'logits',
    title: "Discriminator's logits",
    lines: [
      ['realLogits', 'real images', real],
      ['fakeLogits', 'generated', generator],
    ],
  },
  {
    id: 'gradients',
    title: 'Gradient norms',
    isLog: true,
    lines: [
      ['gradNormD', 'discriminator', discriminator],
      ['gradNormG', 'generator', generator],
    ],
  },
  { id: 'separation', title: 'Pairs told apart', lines: [['separation', 'share of pairs', discriminator]] },
  { id: 'penalty', title: 'Penalty', lines: [['penalty', 'penalty', discriminator]] },
  {
    id: 'diversity',
    title: 'Distance of two images',
    lines: [
      ['distanceReal', 'real images', real],
      ['distanceFake', 'generated', generator],
      ['distanceWithinClass', 'generated, one class', '--series-2'],
    ],
  },
  {
    id: 'slope',
    title: "Discriminator's slope at images",
    isLog: true,
    lines: [
      ['gradNormReal', 'real images', real],
      ['gradNormFake', 'generated', generator],
    ],
  },
  {
    id: 'heldOut',
    title: 'Loss of the discriminator at rest',
    lines: [
      ['heldOut/lossTraining', 'images it trains on', discriminator],
      ['heldOut/lossHeldOut', 'held out', real],
    ],
  },
  {
    id: 'heldOutLogits',
    title: 'Logits of the discriminator at rest',
    lines: [
      ['heldOut/logitTraining', 'images it trains on', discriminator],
      ['heldOut/logitHeldOut', 'held out', real],
      ['heldOut/logitFake', 'generated', generator],
    ],
  },
  {
    id: 'heldOutSeparation',
    title: 'Told from held-out images (0.5: not at all)',
    lines: [['heldOut/separation', 'share of pairs', discriminator]],
  },
  { id: 'ms', title: 'Milliseconds per step', lines: [['ms', 'a step', '--series-1']] },
  { id: 'imagesPerSecond', title: 'Images per second', lines: [['imagesPerSecond', 'real images', real]] },
];

/** Series of one prefix share a card, but each score has its own: they have units of their own. */
const families: readonly {
  readonly prefix: string;
  readonly id: string;
  readonly title: string;
  readonly isLog?: boolean;
}[] = [
  { prefix: 'gamma/', id: 'gamma', title: 'γ of attention' },
  { prefix: 'sigma/G.', id: 'sigmaG', title: 'Largest singular values, generator', isLog: true },
  { prefix: 'sigma/D.', id: 'sigmaD', title: 'Largest singular values, discriminator', isLog: true },
];

/**
 * A family with more lines than this is drawn in thin lines of its network's colour; one with a line for each network in bold ones.
 */
const fewLines = 6;

/**
 * The cards of the series that a run has. Scores come first, for they say whether it goes well; what is known by name follows,
 * then γ and singular values, then what is not known.
 */
export function cardsOf(names: readonly string[]): readonly Card[] {
  const has = new Set(names);
  const known: Card[] = layouts.flatMap(({ lines, isLog = false, ...card }) => {
    const present = lines.filter(([name]) => has.has(name));
    for (const [name] of present) has.delete(name);
    return present.length === 0
      ? []
      : [{ ...card, isLog, lines: present.map(([name, label, colour]) => ({ name, label, colour })) }];
  });
  const ofFamilies: Card[] = families.flatMap(({ prefix, id, title, isLog = false }) => {
    const members = [...has].filter((name) => name.startsWith(prefix));
    for (const name of members) has.delete(name);
    const isMinor = members.length > fewLines;
    const labels = members.map((name) => name.slice(name.indexOf('/') + 1));
    const networks = new Set(labels.map(networkColour));
    const isOneEach = networks.size === labels.length;
    const lines = members.map((name, index) => {
      const label = labels[index] ?? name;
      return { name, label, colour: isMinor || isOneEach ? networkColour(label) : seriesColour(index), isMinor };
    });
    return lines.length === 0 ? [] : [{ id, title, isLog, lines }];
  });
  const scores = [...has].filter((name) => name.startsWith('score/'));
  for (const name of scores) has.delete(name);
  const alone = (name: string, title: string, label: string, colour: ThemeColour): Card => ({
    id: name,
    title,
    isLog: false,
    lines: [{ name, label, colour }],
  });
  const timing: ReadonlySet<string> = new Set(['ms', 'imagesPerSecond']);
  return [
    ...scores.map((name) => alone(name, `Score: ${name.slice('score/'.length)}`, 'samples', generator)),
    ...known.filter(({ id }) => !timing.has(id)),
    ...ofFamilies,
    ...[...has].map((name) => alone(name, name.replace('/', ': '), name.slice(name.indexOf('/') + 1), seriesColour(0))),
    ...known.filter(({ id }) => timing.has(id)),
  ];
}

/** Pinned cards first, in the order in which they were pinned; hidden ones left out. */
export function arranged(
  cards: readonly Card[],
  pinned: readonly string[],
  hidden: readonly string[],
): readonly Card[] {
  const first = pinned.flatMap((id) => cards.find((card) => card.id === id) ?? []);
  const rest = cards.filter(({ id }) => !pinned.includes(id));
  return [...first, ...rest].filter(({ id }) => !hidden.includes(id));
}

/** A list with a member put in at the end, or taken out. */
export function toggled(list: readonly string[], member: string): readonly string[] {
  return list.includes(member) ? list.filter((other) => other !== member) : [...list, member];
}

const networkColour = (name: string): ThemeColour => (name.startsWith('G.') ? generator : discriminator);
const seriesColour = (index: number): ThemeColour => seriesColours[index % seriesColours.length] ?? seriesColours[0];
