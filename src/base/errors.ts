/** The two kinds of failure Sagan distinguishes: mistakes a user can mend, and defects of Sagan itself. */

/**
 * Bad input: a file, a configuration, an argument or a full disk. Printed without a stack; the process exits with code 2.
 *
 * A message has four parts: where it happened, what was seen, what was expected, what to do about it.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** A file whose bytes are not what its format promises. `offset` is the byte where reading stopped making sense. */
export class FormatError extends UserError {
  override readonly name = 'FormatError';
  readonly file: string;
  readonly offset: number | undefined;

  constructor(file: string, problem: string, offset?: number) {
    super(offset === undefined ? `${file}: ${problem}` : `${file}, byte ${offset}: ${problem}`);
    this.file = file;
    this.offset = offset;
  }
}

/** A tensor program that breaks a rule: a shape, a dtype, a derivative that does not exist. */
export class GraphError extends UserError {
  override readonly name = 'GraphError';
}

/** Formats `known` for an error message, and names the entry nearest to `seen` first, if one is near. */
export function suggest(seen: string, known: readonly string[]): string {
  const nearest = nearestName(seen, known);
  const list = known.length <= 24 ? `Known: ${known.join(', ')}.` : '';
  return [nearest === undefined ? '' : `Did you mean "${nearest}"?`, list].filter((part) => part !== '').join(' ');
}

/** The entry of `known` within an edit distance of a third of its length (at least 2), or undefined. */
export function nearestName(seen: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const distance = editDistance(seen.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best !== undefined && bestDistance <= Math.max(2, Math.floor(best.length / 3)) ? best : undefined;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
