/** Numbers and times as people read them. */

/** 12,300 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** About so many digits, without an exponent where it can be avoided: 0.000123, 4.57, 1.2e-9. */
export function short(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(digits - 1);
  if (size >= 10 ** digits) return count(value);
  return String(Number(value.toPrecision(digits)));
}

/** 8 s, 3 min 20 s, 2 h 5 min, 4 d 3 h */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const units: readonly (readonly [size: number, name: string])[] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => whole >= size);
  if (first === -1) return '0 s';
  const [larger = 1] = units[first] ?? [];
  const parts = [`${Math.floor(whole / larger)} ${units[first]?.[1]}`];
  const [smaller, name] = units[first + 1] ?? [];
  const rest = smaller === undefined ? 0 : Math.floor((whole % larger) / smaller);
  return rest === 0 ? parts.join(' ') : `${parts.join(' ')} ${rest} ${name}`;
}

/** just now, 5 min ago, 3 d ago */
export function ago(time: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(time)) / 1000;
  return seconds < 10 ? 'just now' : `${duration(seconds).split(' ').slice(0, 2).join(' ')} ago`;
}

/** 812 kB, 1.4 GB */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${short(value / 1000 ** power)} ${units[power]}`;
}

/** A word as a shell takes it: quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
