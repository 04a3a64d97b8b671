/** Brings a small image, one plane of it at a time, to a resolution: pads it to a square, resizes the square. */

/** The side of the square an image is padded to: the least power of two that holds it, 32 for 28x28. */
export function paddedSide(height: number, width: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(height, width)));
}

/**
 * A function that centres a plane [H, W] on a square [S, S] of zeros, S = `paddedSide`, and resizes it to [R, R].
 *
 * The filter is Lanczos3, widened to S/R when shrinking; weights beyond the edge are left out and the rest sum to 1.
 * It takes some 0.1 ms a plane, so a batch can be resized when it is drawn. No filter is applied where R = S.
 */
export function planeResizer(
  height: number,
  width: number,
  resolution: number,
): (image: Uint8Array, target: Uint8Array) => void {
  const side = paddedSide(height, width);
  const top = Math.floor((side - height) / 2);
  const left = Math.floor((side - width) / 2);
  const taps = Array.from({ length: resolution }, (_, i) => lanczosTaps(i, side, resolution));
  const square = new Float32Array(side * side); // [S, S]
  const narrow = new Float32Array(side * resolution); // [S, R]
  const resized = new Uint8ClampedArray(resolution * resolution); // [R, R]
  return (image, target) => {
    for (let y = 0; y < height; y++) {
      square.set(image.subarray(y * width, (y + 1) * width), (top + y) * side + left);
    }
    if (resolution === side) {
      target.set(square);
      return;
    }
    for (const [x, column] of taps.entries()) {
      for (let y = 0; y < side; y++) narrow[y * resolution + x] = weigh(square, y * side, 1, column);
    }
    for (const [y, row] of taps.entries()) {
      for (let x = 0; x < resolution; x++) resized[y * resolution + x] = weigh(narrow, x, resolution, row);
    }
    target.set(resized);
  };
}

interface Taps {
  /** The first source pixel that counts. */
  readonly first: number;
  readonly weights: Float64Array;
}

/** Which source pixels make up target pixel `i` along one axis, and how much of each. */
function lanczosTaps(i: number, side: number, resolution: number): Taps {
  const stretch = Math.max(1, side / resolution);
  const centre = ((i + 0.5) * side) / resolution - 0.5;
  const first = Math.max(0, Math.ceil(centre - 3 * stretch));
  const last = Math.min(side - 1, Math.floor(centre + 3 * stretch));
  const weights = Float64Array.from({ length: last - first + 1 }, (_, k) => lanczos3((first + k - centre) / stretch));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { first, weights: weights.map((weight) => weight / total) };
}

/** sinc(x) · sinc(x / 3), for −3 ≤ x ≤ 3. */
function lanczos3(x: number): number {
  const angle = Math.PI * x;
  return x === 0 ? 1 : (3 * Math.sin(angle) * Math.sin(angle / 3)) / angle ** 2;
}

function weigh(source: Float32Array, start: number, stride: number, { first, weights }: Taps): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (source[start + (first + k) * stride] ?? 0);
  return sum;
}
