/** Paper: charts are canvases, which are drawn again, in light colours and as wide as a page. */

import { notifyTheme } from './theme';

export function startPrinting(): void {
  const { documentElement } = document;
  let opened: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    documentElement.dataset.printing = '';
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
    for (const details of opened) details.open = true;
    notifyTheme();
  });
  addEventListener('afterprint', () => {
    delete documentElement.dataset.printing;
    for (const details of opened) details.open = false;
    notifyTheme();
  });
}
