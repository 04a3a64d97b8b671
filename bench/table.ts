/** Results as a table for people. */

/** A line for each number or word; a list of things becomes a column for each of their names. */
export function tableOf(result: Readonly<Record<string, unknown>>): string {
  return Object.entries(result)
    .map(([key, value]) => (Array.isArray(value) ? columns(value) : `${key.padEnd(28)} ${shown(value)}`))
    .join('\n');
}

function columns(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => shown(row[name])))];
  const widths = names.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).join('\n');
}

function shown(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value);
}
