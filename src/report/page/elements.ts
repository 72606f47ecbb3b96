/** Finding and making elements. */

/** The element of a selector that the page is known to have. */
export function find<E extends Element = HTMLElement>(root: ParentNode, selector: string): E {
  const element = root.querySelector<E>(selector);
  if (element === null) throw new Error(`The page has no ${selector}.`);
  return element;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Text of a model or of a corpus within a sentence: its bidirectional controls change nothing outside of it. */
export function isolated(text: string): HTMLElement {
  return make('bdi', '', text);
}
