/** What is done to the pixels of an image before a network sees them: the part of a protocol that scores hang on most. */

/**
 * How an image is brought to the size of a network's input.
 *
 * - `tensorflow-bilinear`: TensorFlow 1's, without half pixels: source = target · in/out.
 * - `torch-bilinear`: `interpolate(mode='bilinear', align_corners=False)`: half pixels, no antialiasing.
 * - `torch-bilinear-corners`: the same with `align_corners=True`.
 * - `pillow-bilinear`, `pillow-bicubic`, `pillow-lanczos`: Pillow's `resize` of a float32 plane (mode F): antialiased
 *   where it shrinks, not rounded.
 */
export const resizerNames = [
  'tensorflow-bilinear',
  'torch-bilinear',
  'torch-bilinear-corners',
  'pillow-bilinear',
  'pillow-bicubic',
  'pillow-lanczos',
] as const;
export type ResizerName = (typeof resizerNames)[number];

/**
 * What a network is given in place of the pixel x of 0 … 255, and how passports write it.
 *
 * - `tensorflow`: (x − 128) / 128.   - `symmetric`: 2·x/255 − 1.   - `unit`: x/255.
 * - `imagenet`: (x/255 − mean) / deviation by channel, as torchvision's models want it.
 */
export const normalizationNames = ['tensorflow', 'symmetric', 'unit', 'imagenet'] as const;
export type NormalizationName = (typeof normalizationNames)[number];

export interface Preprocessing {
  readonly resizer: ResizerName;
  /** Whether what a resizer makes beyond 0 … 255 is cut off (bicubic filters overshoot). */
  readonly clip: boolean;
  readonly normalization: NormalizationName;
}
