/** Light and dark: the system's choice until the reader makes one. */

import { find } from './elements';

const listeners: (() => void)[] = [];
const system = matchMedia('(prefers-color-scheme: dark)');

/** Calls back after every change of the colours. */
export function onThemeChange(listener: () => void): void {
  listeners.push(listener);
}

/** Has everything drawn in the colours of now. */
export function notifyTheme(): void {
  for (const listener of listeners) listener();
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen === undefined ? system.matches : chosen === 'dark';
}

export function startTheme(): void {
  const button = find(document, '#theme');
  const describe = () => button.setAttribute('aria-pressed', String(isDark()));
  describe();
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    describe();
    notifyTheme();
  });
  system.addEventListener('change', () => {
    describe();
    notifyTheme();
  });
}

/** A colour of the style sheet as it is now, for a canvas. */
export function color(name: string): string {
  const probe = find(document, '#theme');
  const before = probe.style.color;
  probe.style.color = `var(--${name})`;
  const value = getComputedStyle(probe).color;
  probe.style.color = before;
  return value;
}
