/** The keyboard's shortcuts, listed: `?`. */
import { signal } from '@preact/signals';
import { Dialog } from './components/dialog.tsx';
import { keyName, keysOf } from './shortcuts.ts';
import { shortcutGroups } from './use-shortcuts.ts';

const isOpen = signal(false);

export function toggleOverlay(): void {
  isOpen.value = !isOpen.value;
}

export function ShortcutOverlay() {
  if (!isOpen.value) return null;
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => (isOpen.value = false)}>
      <div class="shortcuts">
        {shortcutGroups.value.toReversed().map(({ title, shortcuts }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {shortcuts.map((shortcut) => (
                <>
                  <dt>{shortcut.does}</dt>
                  <dd>
                    {keysOf(shortcut).map((key) => (
                      <kbd key={key}>{keyName(key)}</kbd>
                    ))}
                  </dd>
                </>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
