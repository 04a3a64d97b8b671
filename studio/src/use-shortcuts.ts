/** The keyboard's shortcuts that hold at the moment. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { keyBelongsTo, keyPressed, matchKey, type Shortcut } from './shortcuts.ts';

export interface ShortcutGroup {
  /** "Everywhere", or the page they are of. */
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

/** Those that hold now, the page's own last. */
export const shortcutGroups = signal<readonly ShortcutGroup[]>([]);

/** The shortcuts hold, and stand in the overlay under `title`, while the component is shown. Keys must stay the same. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const newest = useRef(shortcuts);
  newest.current = shortcuts;
  const keys = shortcuts.map((shortcut) => shortcut.keys).join('\n');
  useEffect(() => {
    const group: ShortcutGroup = {
      title,
      shortcuts: newest.current.map((shortcut, index) => ({ ...shortcut, run: () => newest.current[index]?.run() })),
    };
    shortcutGroups.value = [...shortcutGroups.peek(), group];
    return () => {
      shortcutGroups.value = shortcutGroups.peek().filter((other) => other !== group);
    };
  }, [title, keys]);
}

const sequenceMs = 1200;

/** Listens to the keyboard; not while somebody types, and not behind an open dialog. */
export function startShortcuts(): void {
  let before: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    if (target instanceof HTMLElement) {
      const type = target instanceof HTMLInputElement ? target.type : '';
      if (keyBelongsTo({ tag: target.tagName, type, isEditable: target.isContentEditable }, key)) return;
    }
    if (document.querySelector('dialog[open]') !== null) return;
    const match = matchKey(
      shortcutGroups.peek().flatMap(({ shortcuts }) => shortcuts),
      before,
      keyPressed(event),
    );
    clearTimeout(timer);
    before = undefined;
    if (match === undefined) return;
    event.preventDefault();
    if ('run' in match) match.run.run();
    else {
      before = match.begun;
      timer = setTimeout(() => {
        before = undefined;
      }, sequenceMs);
    }
  });
}
