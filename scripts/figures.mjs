/**
 * `npm run figures`: draws the five shapes of sequence models, folded and unrolled, into docs/images/shapes. Needs the
 * addon, and tsx to load them; the same models give the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawShape, SHAPE_NAMES } from '../examples/support/shapes.ts';
import { asProgram, root, say } from './support.mjs';

async function main() {
  const folder = path.join(root, 'docs', 'images', 'shapes');
  mkdirSync(folder, { recursive: true });
  for (const name of SHAPE_NAMES) {
    writeFileSync(path.join(folder, `${name}.svg`), `${drawShape(name, false)}\n`);
    writeFileSync(path.join(folder, `${name}-unrolled.svg`), `${drawShape(name, true)}\n`);
  }
  say(`wrote ${2 * SHAPE_NAMES.length} figures to ${path.relative(root, folder)}.`);
}

await asProgram(import.meta.url, main);
