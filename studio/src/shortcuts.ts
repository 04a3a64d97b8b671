/** Keys that do something, by page, and which of them a series of strokes means. */

export interface Shortcut {
  /** One key, such as `/`, `ArrowLeft` or `Shift+ArrowLeft`, or two one after the other: `g r`. */
  readonly keys: string;
  /** What it does: "Open the runs". */
  readonly does: string;
  readonly run: () => void;
}

/** How the overlay writes a key. */
export function keyName(key: string): string {
  const names: Readonly<Record<string, string>> = {
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
    ' ': 'Space',
    Escape: 'Esc',
  };
  return key.startsWith(shift) ? `Shift ${keyName(key.slice(shift.length))}` : (names[key] ?? key);
}

const shift = 'Shift+';

/** How a key stands in shortcuts: `Shift+ArrowLeft` where shift is held; signs and letters say so themselves. */
export function keyPressed({ key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>): string {
  return shiftKey && key.startsWith('Arrow') ? `${shift}${key}` : key;
}

/** The keys of a shortcut in their order; a blank stands for itself where it is the only key. */
export function keysOf({ keys }: Pick<Shortcut, 'keys'>): readonly string[] {
  return keys === ' ' ? [' '] : keys.split(' ');
}

export type Match =
  | { readonly run: Shortcut }
  /** Another key may complete it. */
  | { readonly begun: string }
  | undefined;

/** What a key means after the key `before`; of shortcuts with the same keys the last one counts. */
export function matchKey(shortcuts: readonly Shortcut[], before: string | undefined, key: string): Match {
  const ends = (keys: string) => shortcuts.findLast((shortcut) => shortcut.keys === keys);
  const found = (before === undefined ? undefined : ends(`${before} ${key}`)) ?? ends(key);
  if (found !== undefined) return { run: found };
  return shortcuts.some((shortcut) => keysOf(shortcut).length === 2 && keysOf(shortcut)[0] === key)
    ? { begun: key }
    : undefined;
}

/** What the element under the keys does with them itself. */
export interface KeyTarget {
  readonly tag: string;
  /** Of an input. */
  readonly type: string;
  readonly isEditable: boolean;
}

const textless: ReadonlySet<string> = new Set(['button', 'checkbox', 'radio', 'range', 'color', 'submit', 'reset']);
const movesWithin = /^(Arrow|Page|Home|End)/;

/** Whether a key belongs to the element that has the focus: letters to fields of text, arrows to sliders, blanks to buttons. */
export function keyBelongsTo({ tag, type, isEditable }: KeyTarget, key: string): boolean {
  if (isEditable || tag === 'TEXTAREA' || tag === 'SELECT') return true;
  if (tag === 'INPUT' && !textless.has(type)) return true;
  if (key === ' ' || key === 'Enter') return tag === 'BUTTON' || tag === 'A' || tag === 'INPUT' || tag === 'SUMMARY';
  return tag === 'INPUT' && (type === 'range' || type === 'radio') && movesWithin.test(key);
}
