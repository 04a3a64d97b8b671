/** What attention pictures and pages are about: images, the blocks that were observed at them, and the pixels to ask about. */

import { UserError } from '../base/errors.ts';
import { countImages, type ImageBatch } from '../picture/canvas.ts';
import {
  type AttentionBlock,
  type AttentionPin,
  type AttentionReading,
  pixelOfCell,
  readAttention,
} from './attention-block.ts';
import { chooseQueries } from './choose-queries.ts';

export interface AttentionScene extends ImageBatch {
  readonly title: string;
  /** What the images are: `generated`, `dataset`. */
  readonly kind: string;
  /** A word on each image, such as its class. */
  readonly labels: readonly string[];
  /** The images as they were before somebody intervened; undefined if nobody did. */
  readonly asLearned?: ImageBatch['images'] | undefined;
  /** What was done to attention, in words; undefined if nothing. */
  readonly change?: string | undefined;
  /** The blocks of each image, in the order of the network. */
  readonly blocks: readonly (readonly AttentionBlock[])[];
  /** One list of pixels an image, or a single one for all; default: three telling ones of each image. */
  readonly pins?: readonly (readonly AttentionPin[])[] | undefined;
}

/** What one block answers about one image. */
export interface SceneRow {
  /** Number of the image. */
  readonly image: number;
  readonly label: string;
  readonly block: AttentionBlock;
  readonly readings: readonly AttentionReading[];
}

/**
 * The answers, block after block of each image.
 *
 * Throws UserError when images, blocks and pins do not fit together, or when a map is no probability.
 */
export function sceneRows(scene: AttentionScene): SceneRow[] {
  const count = countImages(scene, 'attention');
  if (scene.blocks.length !== count || scene.blocks.some((blocks) => blocks.length === 0)) {
    throw new UserError(
      `attention: there are blocks for ${scene.blocks.filter((blocks) => blocks.length > 0).length} of ${count} images; ` +
        'expected one block or more of each.',
    );
  }
  return scene.blocks.flatMap((blocks, image) => {
    const pins = pinsOf(scene, image);
    return blocks.map((block) => {
      requireMap(block);
      return {
        image,
        label: scene.labels[image] ?? '',
        block,
        readings: pins.map((pin) => readAttention(block, pin, scene.resolution)),
      };
    });
  });
}

/** The pixels to ask about in one image: those that were given, or telling ones on the finest grid of queries. */
export function pinsOf(scene: AttentionScene, image: number): readonly AttentionPin[] {
  const { pins, resolution } = scene;
  if (pins !== undefined) {
    if (pins.length === 1 || pins.length === scene.blocks.length) return pins[image] ?? pins[0] ?? [];
    throw new UserError(
      `attention: there are ${pins.length} lists of pins; expected 1, or ${scene.blocks.length} for as many images. Give one ` +
        'list for all images, or one an image.',
    );
  }
  const finest = finestBlock(scene.blocks[image] ?? []);
  if (finest === undefined) return [];
  return chooseQueries(scene, image, finest.queryGrid).map((query) => pixelOfCell(query, resolution, finest.queryGrid));
}

/** The first of the blocks with the most queries. */
export function finestBlock<Block extends Pick<AttentionBlock, 'queryGrid'>>(
  blocks: readonly Block[],
): Block | undefined {
  return blocks.toSorted((a, b) => b.queryGrid[0] - a.queryGrid[0])[0];
}

function requireMap({ name, map, queryGrid, keyGrid }: AttentionBlock): void {
  const [queries, keys] = [queryGrid[0] * queryGrid[1], keyGrid[0] * keyGrid[1]];
  if (map.length === queries * keys) return;
  throw new UserError(
    `attention: the map of ${name} has ${map.length} elements; expected ${queries}×${keys} for ${queryGrid.join('×')} queries ` +
      `and ${keyGrid.join('×')} keys. Check the two grids.`,
  );
}
