/**
 * `npm run docs`: the reference of the API from the sources, with all pages of `docs`, in `build/docs`.
 *
 * Fails for an export without description, for one that is named and not exported, and for a broken link. TypeDoc reads
 * the sources with TypeScript 6, since the compiler that builds the package has no interface for programs; both are
 * packages of their own in `scripts/reference`, so that nobody else need install them.
 */
import path from 'node:path';
import { npmCi, npmPackagesMissing } from './setup.mjs';
import { asProgram, root, run, say } from './support.mjs';

const folder = path.join(root, 'scripts', 'reference');

export async function docs() {
  for (const place of [root, folder]) if (npmPackagesMissing(place)) await npmCi(place);
  const typedoc = path.join(folder, 'node_modules', 'typedoc', 'bin', 'typedoc');
  await run('TypeDoc', process.execPath, [typedoc, '--logLevel', 'Warn'], { cwd: folder });
  say('the documentation is in build/docs/index.html.');
}

await asProgram(import.meta.url, docs);
