/** How far numbers may lie apart, and why that far. */

/** A step of central differences: their error is about step² + 1e-16 / step of the values, both below 1e-9. */
export const differenceStep = 1e-6;

/** By order of the derivative; absolute below 1, relative above. Each order inherits the errors of the one before. */
export const gradientTolerances = [1e-6, 1e-5, 1e-4] as const;

/** PyTorch's numbers were written with 9 significant digits. */
export const referenceTolerance = 1e-8;

/** Constants of a program (1/9, a resizing weight, a slope) are float32, which rounds them by up to 6e-8. */
export const float32ConstantTolerance = 1e-7;

/** |Δ| allowed to float32 arithmetic on a result whose terms are products of up to `terms` numbers near 1. */
export function float32Tolerance(reference: number, terms: number): number {
  return 1e-5 * Math.sqrt(terms) + 1e-4 * Math.abs(reference);
}

/** |Δ| allowed to float64 arithmetic: the interpreter's own, in another order and with other exponentials. */
export function float64Tolerance(reference: number, terms: number): number {
  return 1e-15 * Math.sqrt(terms) + 4e-15 * Math.abs(reference);
}

/** A GPU's float32: fast exponentials, other orders of summation. */
export function gpuTolerance(reference: number, terms: number): number {
  return 1e-4 * Math.sqrt(terms) + 1e-3 * Math.abs(reference);
}

/**
 * |Δ| allowed to float32 on a gradient whose tensor has the largest element `largest`, in a network whose gradients have
 * `largestOfAll`. Between a parameter and the loss some hundred ops round by 6e-8 each, and sums of up to 10⁴ terms multiply
 * that by their root: 6e-8 · √(10² · 10⁴) = 6e-5. Where a gradient is 0 in theory, as that of a bias before a norm, what is
 * left are the roundings of its terms, and those are as large as its neighbours' gradients.
 */
export function networkGradientTolerance(largest: number, largestOfAll: number): number {
  return 1e-4 * largest + 1e-6 * largestOfAll;
}
