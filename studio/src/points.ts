/** Points of latent space, mixtures of classes and what is kept of them, as short texts: those of commands (docs/latents.md). */

import type { TaskRequest } from '../../src/compute/tasks/index.ts';
import { type Codec, decimal } from './query-codecs.ts';

type AskedPoint = TaskRequest<'images'>['points'][number];
export type Classes = NonNullable<AskedPoint['classes']>;
export interface Latent extends Omit<AskedPoint['latent'], 'seed' | 'x' | 'y' | 'directions' | 'coordinates'> {
  readonly seed: number;
  readonly x: number;
  readonly y: number;
  readonly directions: { direction: number; amount: number }[];
  readonly coordinates: { coordinate: number; value: number }[];
}

/** What one image is made of. */
export interface Point {
  readonly latent: Latent;
  readonly classes: Classes;
}

/** The corner of a seed. */
export function cornerOf(seed: number): Latent {
  return { seed, x: 0, y: 0, directions: [], coordinates: [] };
}

/** The lattice of a seed is as large as this to all sides. */
export const furthest = 1e6;
const mostChanges = 64;
const position = decimal(-furthest, furthest);
const numeral = '-?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?';
const latentText = new RegExp(
  `^(\\d+)(?:@(${numeral}),(${numeral}))?((?:/(?:truncation|scale|[dc]\\d+)=${numeral})*)$`,
);

/** `7@1.5,2/scale=0.9/d1=2/c3=-1`, as `formatPoint` and `parsePoint` of src/sample/point-text.ts have it. */
export const latentCodec: Codec<Latent> = {
  parse(read) {
    const [whole, seedText, x = '0', y = '0', changes = ''] = latentText.exec(read) ?? [];
    const seed = Number(seedText);
    if (whole === undefined || !Number.isSafeInteger(seed)) return undefined;
    let narrowing: Pick<Latent, 'truncation' | 'scale'> = {};
    const directions: Latent['directions'] = [];
    const coordinates: Latent['coordinates'] = [];
    for (const change of changes.split('/').slice(1)) {
      const [name = '', text] = change.split('=');
      const value = Number(text);
      const number = Number(name.slice(1));
      if (name === 'truncation' || name === 'scale') {
        if (value > 0) narrowing = { [name]: value };
      } else if (name.startsWith('d')) directions.push({ direction: number, amount: value });
      else coordinates.push({ coordinate: number, value });
    }
    if (directions.length > mostChanges || coordinates.length > mostChanges) return undefined;
    return { seed, x: position.parse(x) ?? 0, y: position.parse(y) ?? 0, ...narrowing, directions, coordinates };
  },
  format({ seed, x, y, truncation, scale, directions, coordinates }) {
    return [
      x === 0 && y === 0 ? `${seed}` : `${seed}@${x},${y}`,
      ...(truncation === undefined ? [] : [`truncation=${truncation}`]),
      ...(scale === undefined ? [] : [`scale=${scale}`]),
      ...directions.map(({ direction, amount }) => `d${direction}=${amount}`),
      ...coordinates.map(({ coordinate, value }) => `c${coordinate}=${value}`),
    ].join('/');
  },
};

/** `3`, or `3:0.5+7:0.25`. */
export const classesCodec: Codec<Classes> = {
  parse(read) {
    if (/^\d+$/.test(read)) return Number(read);
    // In an address that was written by hand a plus is a blank.
    const parts = read.split(/[+ ]/).map((part) => {
      const [, label, weight] = /^(\d+):(\d+(?:\.\d+)?)$/.exec(part) ?? [];
      return { class: Number(label), weight: Number(weight) };
    });
    return parts.some(({ weight }) => weight > 0) && parts.every(({ weight }) => weight >= 0) ? parts : undefined;
  },
  format: (classes) =>
    typeof classes === 'number'
      ? String(classes)
      : classes.map(({ class: label, weight }) => `${label}:${weight}`).join('+'),
};

/** `7@1.5,2*3`: point and classes. */
export const pointCodec: Codec<Point> = {
  parse(read) {
    const [latentPart = '', classesPart = ''] = read.split('*');
    const [latent, classes] = [latentCodec.parse(latentPart), classesCodec.parse(classesPart)];
    return latent === undefined || classes === undefined ? undefined : { latent, classes };
  },
  format: ({ latent, classes }) => `${latentCodec.format(latent)}*${classesCodec.format(classes)}`,
};

/** Walks pass no more. */
export const mostKept = 32;

/** Points with underscores between. */
export const keptCodec: Codec<readonly Point[]> = {
  parse: (read) =>
    read
      .split('_')
      .flatMap((part) => pointCodec.parse(part) ?? [])
      .slice(0, mostKept),
  format: (kept) => kept.map(pointCodec.format).join('_'),
};

/** The latent with a step along a direction that is so long; 0 takes it out. */
export function alongDirection(latent: Latent, direction: number, amount: number): Latent {
  const others = latent.directions.filter((step) => step.direction !== direction);
  const all = amount === 0 ? others : [...others, { direction, amount }];
  return { ...latent, directions: all.sort((a, b) => a.direction - b.direction) };
}

/** The latent with a coordinate set, or as it was drawn. */
export function withCoordinate(latent: Latent, coordinate: number, value: number | undefined): Latent {
  const others = latent.coordinates.filter((set) => set.coordinate !== coordinate);
  const all = value === undefined ? others : [...others, { coordinate, value }];
  return { ...latent, coordinates: all.sort((a, b) => a.coordinate - b.coordinate) };
}
