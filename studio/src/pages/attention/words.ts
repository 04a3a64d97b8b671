/** What a map says, in words. Rows and columns count from 0, as the command line counts them. */

import type { Reading } from './maps.ts';
import type { Block, Cell, Pin } from './pins.ts';

/** 12 %, 3.1 %, 0.04 % */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)))} %`;
}

/** −0.006, 1.25 */
export function signed(value: number, digits = 3): string {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

export const cellWords = ({ row, column }: Cell) => `row ${row}, column ${column}`;

/** Share of the largest entropy above which a map says next to nothing. */
const nearlyEven = 0.99;

/** "Row 3, column 5 looks most at row 7, column 2: 12 %." */
export function readingWords({ pin, cell, top, received, entropyBits, weights }: Reading): string {
  const mostBits = Math.log2(weights.length);
  const isEven = entropyBits > nearlyEven * mostBits;
  const spread = `Entropy ${entropyBits.toFixed(1)} of ${mostBits.toFixed(1)} bits${isEven ? ': nearly even' : ''}.`;
  const here = capital(cellWords(cell));
  if (pin.direction === 'looksAt') {
    return `${here} looks most at ${cellWords(top)}: ${percent(top.weight)}. ${spread}`;
  }
  const shares = received === undefined ? '' : ` In all it gets ${received.toFixed(2)} times an even share.`;
  return `${here} is looked at most by ${cellWords(top)}: ${percent(top.weight)} of what it gets.${shares} ${spread}`;
}

/** "Row 7, column 2 gets 3.1 % of the attention of row 3, column 5." */
export function valueWords({ pin, cell, grid, weights }: Reading, at: Cell): string {
  const weight = percent(weights[at.row * grid[1] + at.column] ?? 0);
  return pin.direction === 'looksAt'
    ? `${capital(cellWords(at))} gets ${weight} of the attention of ${cellWords(cell)}.`
    : `${capital(cellWords(at))} gives ${weight} of the attention that ${cellWords(cell)} gets.`;
}

/** "from 12,5", "who looks at 12,5" */
export function pinWords({ x, y, direction }: Pin): string {
  return direction === 'looksAt' ? `From ${x},${y}` : `Who looks at ${x},${y}`;
}

/** Below this a block adds next to nothing to what it is handed. */
const unusedBelow = 0.02;

/** What γ means for the map; undefined where there is nothing to warn of. */
export function gammaWarning({ name, gamma }: Pick<Block, 'name' | 'gamma'>): string | undefined {
  if (gamma === null || Math.abs(gamma) >= unusedBelow) return undefined;
  return (
    `γ of ${name} is ${signed(gamma)}: the network adds next to nothing of this attention to what it works with. The map shows ` +
    'what is computed, and hardly used.'
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
