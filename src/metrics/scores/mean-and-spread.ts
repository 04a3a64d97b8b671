/** The mean of `values`, and their standard deviation divided by n − ddof; NaN where that is 0, as numpy has it. */
export function meanAndSpread(values: readonly number[], ddof: 0 | 1 = 0): { mean: number; spread: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / (values.length - ddof)) };
}
