/** How values stand in an address. A text that cannot be read counts as absent: links are made by hand, too. */

export interface Codec<Value> {
  /** undefined if the text is no such value. */
  parse(text: string): Value | undefined;
  format(value: Value): string;
}

export const text: Codec<string> = { parse: (read) => read, format: (value) => value };

/** Whole numbers from `least` to `most`; others are moved to the nearer end. */
export function wholeNumber(least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER): Codec<number> {
  return bounded((read) => (/^-?\d+$/.test(read) ? Number(read) : Number.NaN), least, most, String);
}

/** Numbers from `least` to `most` with at most `digits` behind the point; others are moved to the nearer end. */
export function decimal(least = -Number.MAX_VALUE, most = Number.MAX_VALUE, digits = 4): Codec<number> {
  const format = (value: number) => String(Number(value.toFixed(digits)));
  return bounded((read) => (read.trim() === '' ? Number.NaN : Number(read)), least, most, format);
}

function bounded(
  read: (text: string) => number,
  least: number,
  most: number,
  format: (value: number) => string,
): Codec<number> {
  return {
    parse(text) {
      const value = read(text);
      return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : undefined;
    },
    format,
  };
}

/** `1` for true, `0` for false. */
export const flag: Codec<boolean> = {
  parse: (read) => (read === '1' ? true : read === '0' ? false : undefined),
  format: (value) => (value ? '1' : '0'),
};

/** One of some words. */
export function oneOf<const Words extends readonly string[]>(words: Words): Codec<Words[number]> {
  return { parse: (read) => words.find((word) => word === read), format: (value) => value };
}

/** Values with commas between; an element that cannot be read is left out. Commas and % within elements are escaped. */
export function list<Element>(element: Codec<Element>): Codec<readonly Element[]> {
  return {
    parse: (read) =>
      read === ''
        ? []
        : read.split(',').flatMap((part) => {
            const value = element.parse(part.replaceAll('%2C', ',').replaceAll('%25', '%'));
            return value === undefined ? [] : [value];
          }),
    format: (value) =>
      value.map((part) => element.format(part).replaceAll('%', '%25').replaceAll(',', '%2C')).join(','),
  };
}

/** A value that may be left out; the empty text stands for none. */
export function maybe<Value>(codec: Codec<Value>): Codec<Value | undefined> {
  return {
    parse: (read) => (read === '' ? undefined : codec.parse(read)),
    format: (value) => (value === undefined ? '' : codec.format(value)),
  };
}
