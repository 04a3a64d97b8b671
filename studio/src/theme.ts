/** Light or dark: as the system says, until it is chosen here. */
import { computed, effect, signal } from '@preact/signals';

const storageKey = 'sagan.theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(systemDark.matches);
const chosen = signal(localStorage.getItem(storageKey));

export const isDark = computed(() => (chosen.value === null ? systemIsDark.value : chosen.value === 'dark'));

/** Follows the system and what was chosen. */
export function startTheme(): void {
  systemDark.addEventListener('change', ({ matches }) => {
    systemIsDark.value = matches;
  });
  effect(() => {
    document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light';
  });
}

/** To the other one; where that is the system's own, the system is followed again. */
export function toggleTheme(): void {
  const dark = !isDark.value;
  if (dark === systemIsDark.value) {
    chosen.value = null;
    localStorage.removeItem(storageKey);
  } else {
    chosen.value = dark ? 'dark' : 'light';
    localStorage.setItem(storageKey, chosen.value);
  }
}

/** A colour of main.css, such as `--generator`, as a canvas takes it. Read `isDark` where it must change with the theme. */
export function themeColour(name: `--${string}`): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
