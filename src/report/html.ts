/** Inserts text and data into HTML so that no content can become markup. */

import { visibleControls } from './display';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML and SVG, between tags or in a quoted attribute. */
export function escapeText(text: string): string {
  return visibleControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** JSON that a script element can hold: nothing in it ends the element or begins a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * The opening tag of a card that scrolls sideways if it is too wide. The keyboard can also scroll it, which needs a
 * name.
 */
export function scrollable(name: string, kind = 'card scroll'): string {
  return `<div class="${kind}" tabindex="0" role="group" aria-label="${escapeText(name)}">`;
}
