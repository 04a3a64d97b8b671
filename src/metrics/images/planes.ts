/** Pixels as files hold them, brought to RGB planes. */

/** Interleaved pixels of `channels` to [3,H,W]: grey gives three equal planes, what follows the third channel is dropped. */
export function toPlanes(interleaved: Uint8Array, channels: number, planes: Uint8Array): void {
  const plane = planes.length / 3;
  const step = channels < 3 ? 0 : 1;
  for (let channel = 0; channel < 3; channel++) {
    const start = channel * plane;
    for (let i = 0, from = channel * step; i < plane; i++, from += channels) planes[start + i] = interleaved[from] ?? 0;
  }
}

/** CMYK to [3,H,W] as Pillow converts it, without profiles: (255 − K) · (255 − ink) / 255 in whole numbers. */
export function cmykToPlanes(interleaved: Uint8Array, planes: Uint8Array): void {
  const plane = planes.length / 3;
  for (let i = 0; i < plane; i++) {
    const light = 255 - (interleaved[4 * i + 3] ?? 0);
    for (let channel = 0; channel < 3; channel++) {
      const shade = (interleaved[4 * i + channel] ?? 0) * light + 128;
      planes[channel * plane + i] = light - (((shade >> 8) + shade) >> 8);
    }
  }
}
