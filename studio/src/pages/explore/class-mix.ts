/** Classes that are mixed by weights. */

import type { Classes } from '../../points.ts';

export interface Part {
  readonly class: number;
  readonly weight: number;
}

export function partsOf(classes: Classes): readonly Part[] {
  return typeof classes === 'number' ? [{ class: classes, weight: 1 }] : classes;
}

/** Parts as they are sent: one alone is a class. */
function classesOf(parts: readonly Part[]): Classes {
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only.class : parts.map((part) => ({ ...part }));
}

/** What each part has of the whole. */
export function sharesOf(parts: readonly Part[]): readonly number[] {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return parts.map(({ weight }) => weight / total);
}

/** With another weight, from 0 to 1; the last that is above 0 does not go to 0. */
export function withWeight(classes: Classes, index: number, weight: number): Classes {
  const parts = partsOf(classes).map((part, i) =>
    i === index ? { ...part, weight: Math.round(weight * 100) / 100 } : part,
  );
  return parts.some((part) => part.weight > 0) ? classesOf(parts) : classes;
}

/** With another class in one of its parts. */
export function withClass(classes: Classes, index: number, label: number): Classes {
  return classesOf(partsOf(classes).map((part, i) => (i === index ? { ...part, class: label } : part)));
}

/** With one more class, as heavy as the first. */
export function mixedWith(classes: Classes, label: number): Classes {
  const parts = partsOf(classes);
  return classesOf([...parts, { class: label, weight: parts[0]?.weight || 1 }]);
}

/** Without a part; what is left must not weigh nothing. */
export function without(classes: Classes, index: number): Classes {
  const parts = partsOf(classes).filter((_, i) => i !== index);
  return classesOf(parts.some(({ weight }) => weight > 0) ? parts : parts.map((part) => ({ ...part, weight: 1 })));
}

/** The first class that is not among them. */
export function firstOther(classes: Classes, count: number): number | undefined {
  const taken = new Set(partsOf(classes).map((part) => part.class));
  const free = Array.from({ length: taken.size + 1 }, (_, label) => label).find((label) => !taken.has(label));
  return free !== undefined && free < count ? free : undefined;
}

/** `dog`, `67 % dog, 33 % cat`. */
export function classWords(classes: Classes, names: readonly string[]): string {
  const parts = partsOf(classes);
  const name = (label: number) => names[label] ?? `class ${label}`;
  if (parts.length === 1) return name(parts[0]?.class ?? 0);
  const shares = sharesOf(parts);
  return parts.map((part, i) => `${Math.round(100 * (shares[i] ?? 0))} % ${name(part.class)}`).join(', ');
}
