/**
 * Matching pairs: pictures whose truth lies in two places far apart. A disc at the left and a square at the right have one
 * colour, of six hues; everything between them is grey or of a colour of its own. No patch that holds only one of the two
 * tells a right picture from a wrong one. Made by formula, without a file.
 */

import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { createDataset } from './dataset.ts';
import type { DatasetOpener } from './opener.ts';
import { makeReport } from './report.ts';

/** What a detector may know of the pictures. Columns are shares of the width. */
export const pairLayout = {
  /** Hues are 0°, 60° … 300°, each of them varied by up to this many degrees, the same for both objects. */
  hues: 6,
  hueSpreadDegrees: 6,
  /** The disc lies left of the first share, the square right of the second. */
  leftEnd: 12 / 32,
  rightStart: 20 / 32,
} as const;

const name = 'matching-pairs';
const counts = { train: 50_000, test: 10_000 } as const;

/** 50,000 pictures to train on, 10,000 to test, RGB, without labels: a label of the colour would give the answer away. */
export const matchingPairs: DatasetOpener = {
  name,
  accepts: (wanted) => wanted === name,
  async open(_, { resolution, channels = 3, split = 'train', flip }) {
    if (channels !== 3) {
      throw new UserError(
        `Dataset ${name}: 1 channel is asked for; expected 3, since colours are what it is about. Leave channels out.`,
      );
    }
    const count = counts[split];
    const size = { width: resolution, height: resolution, kind: 'colour' };
    return {
      dataset: createDataset({
        name,
        channels,
        resolution,
        classNames: [],
        labels: new Int32Array(count),
        pixels: { channels, read: (index, target) => target.set(matchingPair(split, index, resolution)) },
        flip,
      }),
      report: makeReport({
        name,
        source: 'memory, made by formula',
        classNames: [],
        labels: new Int32Array(count),
        images: Array.from({ length: count }, () => size),
        enlarged: 0,
        badFiles: [],
        warnings: [],
      }),
    };
  },
};

type Colour = readonly [number, number, number];
/** How much of the pixel around (x, y) an object covers, 0 … 1. */
type Cover = (x: number, y: number) => number;

/** Picture `index` of a split: uint8 [3,R,R]. The objects' places and sizes are those of 32×32, scaled. */
function matchingPair(split: 'train' | 'test', index: number, resolution: number): Uint8Array {
  const random = new Random(0, `${name} ${split}`, index);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const scale = resolution / 32;
  const hue = (360 / pairLayout.hues) * random.below(pairLayout.hues);
  const pair = hsv(
    hue + between(-pairLayout.hueSpreadDegrees, pairLayout.hueSpreadDegrees),
    between(0.8, 1),
    between(0.8, 1),
  );
  const distractor = hsv(between(0, 360), between(0.8, 1), between(0.8, 1));
  const place = (x: number) => [scale * (x + between(-0.5, 0.5)), scale * between(9, 23)] as const;
  const objects: readonly (readonly [Colour, Cover])[] = [
    [distractor, square(...place(16), scale * between(1, 2))],
    [pair, disc(...place(6), scale * between(4, 5))],
    [pair, square(...place(26), scale * between(3.5, 4.5))],
  ];
  const [low, high, angle] = [between(40, 110), between(110, 200), between(0, 2 * Math.PI)];
  const [dx, dy] = [Math.cos(angle) / (2 * resolution), Math.sin(angle) / (2 * resolution)];
  const plane = resolution * resolution;
  const image = new Uint8Array(3 * plane);
  for (let pixel = 0; pixel < plane; pixel++) {
    const x = (pixel % resolution) + 0.5;
    const y = Math.floor(pixel / resolution) + 0.5;
    const slope = 0.5 + dx * (2 * x - resolution) + dy * (2 * y - resolution);
    const grey = low + (high - low) * slope;
    for (const channel of [0, 1, 2] as const) {
      const seen = objects.reduce((under, [colour, cover]) => {
        const share = cover(x, y);
        return (1 - share) * under + share * 255 * colour[channel];
      }, grey);
      image[channel * plane + pixel] = Math.min(255, Math.max(0, Math.round(seen)));
    }
  }
  return image;
}

const clamped = (share: number) => Math.min(1, Math.max(0, share));

function disc(centreX: number, centreY: number, radius: number): Cover {
  return (x, y) => clamped(radius + 0.5 - Math.hypot(x - centreX, y - centreY));
}

function square(centreX: number, centreY: number, half: number): Cover {
  return (x, y) => clamped(half + 0.5 - Math.abs(x - centreX)) * clamped(half + 0.5 - Math.abs(y - centreY));
}

/** Hue in degrees, saturation and value 0 … 1 → red, green, blue 0 … 1. Source: Smith 1978, "Color gamut transform pairs". */
function hsv(hue: number, saturation: number, value: number): Colour {
  const part = (offset: number) => {
    const k = (((offset + hue / 60) % 6) + 6) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [part(5), part(3), part(1)];
}
