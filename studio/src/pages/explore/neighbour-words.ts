/** What the distances of a picture's nearest training images say. */

import { short } from '../../format.ts';

/** Of what lies between real images: nearer than this is a copy, or nearly one. */
const copyBelow = 0.5;

/** Whether the picture is a copy, as far as one distance can tell. `distanceBetweenReal` is the yardstick. */
export function copyWords(nearest: number, distanceBetweenReal: number | undefined): string {
  if (distanceBetweenReal === undefined) return `The nearest training image is ${short(nearest)} away.`;
  const both = `The nearest training image is ${short(nearest)} away; from there to the training image nearest to it, it is ${short(distanceBetweenReal)}.`;
  if (distanceBetweenReal === 0) return `${both} The dataset has that image twice, so its distance is no yardstick.`;
  const ratio = nearest / distanceBetweenReal;
  if (ratio < copyBelow)
    return `${both} Much nearer than real images are to each other: this may be a copy. Compare them by eye.`;
  return ratio < 1
    ? `${both} Somewhat nearer than real images are to each other.`
    : `${both} Not nearer than real images are to each other: no sign of a copy.`;
}

/** In which unit distances are. */
export function unitWords(by: 'pixels' | 'features'): string {
  return by === 'pixels'
    ? 'Distances are those of pixels, the root of their mean squared difference, in steps of 255.'
    : 'Distances are those of the features that the classifier of the dataset sees.';
}
