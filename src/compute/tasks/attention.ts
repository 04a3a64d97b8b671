/** Where a network attends at one image, as learned and changed: numbers, whole maps, and what single pixels see. */

import { type BlockReport, reportBlock, topOf } from '../../api/attention.ts';
import type { ObservedAttention } from '../../api/attention-network.ts';
import {
  type AttentionBlock,
  type AttentionReading,
  type EncodedMap,
  encodeMap,
  encodeShares,
  readAttention,
} from '../../inspect/index.ts';
import { dataUrlOf } from '../../picture/canvas.ts';
import { attentionRequest, study } from '../attention-request.ts';
import { task } from '../task.ts';

/** Larger maps are not sent; pins ask for their rows. */
const mostMapElements = 2 ** 20;

/** An answer to a pin. `weights` has one row: see `EncodedMap`. */
export interface ReadingResult extends Omit<AttentionReading, 'weights'> {
  readonly weights: EncodedMap;
  /** The cells with the most weight, heaviest first, as `sagan attention --json` prints them. */
  readonly top: ReturnType<typeof topOf>;
}

export interface BlockResult extends BlockReport {
  /** [Lq, Lk]; undefined of a map with more than 2²⁰ elements. */
  readonly map: EncodedMap | undefined;
  /** Of pooled keys and values: the share of a pooled cell's channels that each query position gave, base64 of uint8 [Lq]. */
  readonly keyOrigins: string | undefined;
  readonly valueOrigins: string | undefined;
  /** An answer for each pin. */
  readonly readings: readonly ReadingResult[];
}

export interface ObservedResult {
  /** The image as PNG, in a `data:` address. */
  readonly image: string;
  /** Of the discriminator, high for real. */
  readonly logit: number | undefined;
  readonly blocks: readonly BlockResult[];
}

export const attentionTask = task({
  request: attentionRequest,
  async run(request, context) {
    const { step, channels, resolution, images, pins = [] } = await study(request, context);
    const [seen] = images;
    if (seen === undefined) throw new RangeError('attention: a request is about one image');
    const describe = async ({ image, logit, blocks }: ObservedAttention): Promise<ObservedResult> => ({
      image: await dataUrlOf({ images: image, channels, resolution }, 0),
      logit,
      blocks: blocks.map((block) =>
        describeBlock(
          block,
          pins.map((pin) => readAttention(block, pin, resolution)),
        ),
      ),
    });
    return {
      step,
      resolution,
      className: seen.className,
      learned: await describe(seen.learned),
      /** Undefined without a change. */
      changed: seen.changed && (await describe(seen.changed)),
    };
  },
});

function describeBlock(block: AttentionBlock, readings: readonly AttentionReading[]): BlockResult {
  const { map, keyGrid, keyOrigins, valueOrigins } = block;
  return {
    ...reportBlock(block),
    map: map.length <= mostMapElements ? encodeMap(map, keyGrid[0] * keyGrid[1]) : undefined,
    keyOrigins: keyOrigins && encodeShares(keyOrigins),
    valueOrigins: valueOrigins && encodeShares(valueOrigins),
    readings: readings.map((reading) => ({
      ...reading,
      weights: encodeMap(reading.weights, reading.weights.length),
      top: topOf(reading.weights, reading.grid),
    })),
  };
}
