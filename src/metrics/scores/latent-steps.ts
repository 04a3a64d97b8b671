/** A small step of a latent towards another one. */

export const interpolations = ['lerp', 'slerp', 'slerp-unit'] as const;

/**
 * - `lerp`: along the straight line.
 * - `slerp`: along the arc between the directions of the two, whatever their lengths. torch-fidelity calls it `slerp_any`.
 * - `slerp-unit`: the same, then brought to length 1.
 */
export type Interpolation = (typeof interpolations)[number];

/** Below this a length is none, and nearer than this to 1 the cosine is that of a line. As in torch-fidelity. */
const least = 1e-7;

/** The point at the share `t` of the way from `a` to `b`, both float32 [Z]. Source: torch-fidelity 0.4, `noise.py`. */
export function stepTowards(method: Interpolation, a: Float32Array, b: Float32Array, t: number): Float32Array {
  if (method === 'lerp') return lerp(a, b, t);
  const point = slerp(a, b, t);
  const length = method === 'slerp-unit' ? Math.max(lengthOf(point), least) : 1;
  return Float32Array.from(point, (value) => value / length);
}

/** Each operation in float32, as PyTorch's: for small t the rounding of the result is a part of the score. */
function lerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  const share = Math.fround(t);
  return a.map((from, i) => from + Math.fround(Math.fround((b[i] ?? 0) - from) * share));
}

function slerp(a: Float32Array, b: Float32Array, t: number): ArrayLike<number> & Iterable<number> {
  const [lengthA, lengthB] = [lengthOf(a), lengthOf(b)];
  const cosine = a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0) / (lengthA * lengthB);
  if (lengthA < least * least || lengthB < least * least || Math.abs(cosine) > 1 - least) return lerp(a, b, t);
  const angle = Math.acos(cosine);
  const [ofA, ofB] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return Float64Array.from(a, (x, i) => ofA * x + ofB * (b[i] ?? 0));
}

function lengthOf(vector: ArrayLike<number> & Iterable<number>): number {
  return Math.sqrt([...vector].reduce((sum, x) => sum + x * x, 0));
}
