/**
 * `npm run figures`: draws the five shapes of sequence models, folded and unrolled, into docs/images/shapes, and figures of
 * the guide into docs/images/guide. Needs the addon, and tsx to load the models; the same models give the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawShape, SHAPE_NAMES } from '../examples/support/shapes.ts';
import { GUIDE_FIGURES } from './guide-figures.mjs';
import { asProgram, root, say } from './support.mjs';

async function main() {
  const folder = path.join(root, 'docs', 'images', 'shapes');
  mkdirSync(folder, { recursive: true });
  for (const name of SHAPE_NAMES) {
    writeFileSync(path.join(folder, `${name}.svg`), `${drawShape(name, false)}\n`);
    writeFileSync(path.join(folder, `${name}-unrolled.svg`), `${drawShape(name, true)}\n`);
  }
  const guide = path.join(root, 'docs', 'images', 'guide');
  for (const [name, draw] of Object.entries(GUIDE_FIGURES)) writeFileSync(path.join(guide, name), draw());
  say(
    `wrote ${2 * SHAPE_NAMES.length} figures to ${path.relative(root, folder)}, ${Object.keys(GUIDE_FIGURES).length} to docs/images/guide.`,
  );
}

await asProgram(import.meta.url, main);
