/** Numbers as people read them. */

/** `1,234,567` */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** `612 MB`, `27.8 GB`: three digits. */
export function formatBytes(bytes: number): string {
  return `${formatScaled(bytes)}B`;
}

/** With a metric prefix and three digits: `50.3 G`. */
export function formatScaled(value: number): string {
  const power = value < 1 ? 0 : Math.min(5, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  const digits = scaled >= 100 || power === 0 ? 0 : scaled >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${['', 'k', 'M', 'G', 'T', 'P'][power] ?? ''}`;
}

/** `8 s`, `12 min`, `3 h 05 min`, `4 d 07 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** Columns of equal width, all but the first `leftColumns` flush right. */
export function formatTable(rows: readonly (readonly string[])[], leftColumns = 1): string {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, column) => Math.max(all[column] ?? 0, cell.length)),
    [],
  );
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < leftColumns ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}
