/** How widely a query looks: the entropy of its attention over the keys. */
import { UserError } from '../base/errors.ts';

export interface AttentionEntropy {
  /** Entropy of each query's attention, in bits: 0 when it looks at one key only. */
  readonly bits: readonly number[];
  /** log₂ of the number of keys: the entropy of looking everywhere alike. */
  readonly maximumBits: number;
}

/** How far a row of float32 probabilities may sum from 1: rounding of a softmax over thousands of keys stays below. */
const sumTolerance = 1e-3;

/**
 * The entropy −Σ p log₂ p of every query's attention.
 *
 * maps float32 [..., keyCount]: one row of probabilities a query. Throws UserError when the rows are not whole, when an
 * element is not a probability, or when a row does not sum to 1.
 */
export function attentionEntropy(maps: Float32Array, keyCount: number): AttentionEntropy {
  const queries = maps.length / keyCount;
  if (!Number.isInteger(queries)) {
    throw new UserError(
      `attentionEntropy: ${maps.length} elements are not whole rows of ${keyCount} keys; expected float32 [..., keys]. ` +
        'Check the key grid: it is half the query grid where keys are max-pooled.',
    );
  }
  const bits = Array.from({ length: queries }, (_, query) =>
    rowEntropy(maps.subarray(query * keyCount, (query + 1) * keyCount), query),
  );
  return { bits, maximumBits: Math.log2(keyCount) };
}

function rowEntropy(row: Float32Array, query: number): number {
  let sum = 0;
  let bits = 0;
  for (const p of row) {
    sum += p >= 0 ? p : Number.NaN;
    if (p > 0) bits -= p * Math.log2(p);
  }
  if (!(Math.abs(sum - 1) <= sumTolerance)) {
    throw new UserError(
      `attentionEntropy: the attention of query ${query} sums to ${sum}; expected probabilities that sum to 1. ` +
        'Pass the maps after the softmax over keys.',
    );
  }
  // Rounding may leave a probability just above 1, whose term is negative.
  return Math.max(0, bits);
}
