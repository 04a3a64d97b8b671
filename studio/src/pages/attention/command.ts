/** The command that draws what the page shows. */

import { shellWord } from '../../format.ts';
import { type Classes, latentCodec } from '../../points.ts';
import type { Pin } from './pins.ts';
import type { Wanted } from './use-attention.ts';

export interface ShownAttention {
  /** Folder of the run. */
  readonly path: string;
  /** Step of the checkpoint. */
  readonly step: number;
  readonly network: 'G' | 'D';
  readonly subject: Wanted['subject'];
  /** The run's; empty without classes. */
  readonly classNames: readonly string[];
  readonly change: Wanted['change'];
  /** Name of the block. */
  readonly block: string;
  readonly pins: readonly Pin[];
}

/** `sagan attention …` */
export function attentionCommand(shown: ShownAttention): string {
  const { path, step, network, block, pins } = shown;
  const pixels = (option: string, direction: Pin['direction']) => {
    const named = pins.filter((pin) => pin.direction === direction).map(({ x, y }) => `${x},${y}`);
    return named.length === 0 ? [] : [option, ...named];
  };
  const words = [
    ...['sagan', 'attention', path],
    ...subjectWords(shown),
    ...(network === 'D' ? ['--network', 'D'] : []),
    ...['--block', block],
    ...pixels('--query', 'looksAt'),
    ...pixels('--looked-at', 'lookedAtBy'),
    ...changeWords(shown),
    ...['--checkpoint', `${step}`, '--out', 'attention.png'],
  ];
  return words.map(shellWord).join(' ');
}

function subjectWords({ subject, classNames }: ShownAttention): string[] {
  if (subject.kind === 'dataset') return ['--image', `${subject.index}`];
  return [
    ...['--point', latentCodec.format(subject.point.latent)],
    ...(classNames.length === 0 ? [] : ['--class', classWords(subject.point.classes, classNames)]),
  ];
}

/** By name, which the command looks for first; within a mix names may hold its signs, and numbers may be names of others. */
function classWords(classes: Classes, names: readonly string[]): string {
  const nameOf = (label: number) => names[label] ?? `${label}`;
  if (typeof classes === 'number') return nameOf(classes);
  return classes
    .map(({ class: label, weight }) => `${/[+:]/.test(nameOf(label)) ? label : nameOf(label)}:${weight}`)
    .join('+');
}

function changeWords({ change: { gamma, map, windowPixels } }: ShownAttention): string[] {
  return [
    ...(gamma === undefined ? [] : ['--gamma', `${gamma}`]),
    ...(map === 'uniform' ? ['--uniform'] : []),
    ...(map === 'window' ? ['--window', `${windowPixels}`] : []),
  ];
}
