/** The examples of `docs/extending.md`: patches in `test/extending`, each with the number of existing files it may touch. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { quietly, root } from './support.mjs';

const folder = path.join(root, 'test', 'extending');

/**
 * In their order on the page. Each is `{ name, file, touches, touched, added, alsoCore, alsoMocha }`: the patch, how many
 * files it may touch, those it does, those it adds, and the tests there are that it has to pass beside its own.
 */
export function examples() {
  const list = JSON.parse(readFileSync(path.join(folder, 'examples.json'), 'utf8'));
  return list.map(({ name, touches, alsoCore = [], alsoMocha = [] }) => {
    const file = path.join(folder, `${name}.patch`);
    return { name, file, touches, ...filesIn(readFileSync(file, 'utf8')), alsoCore, alsoMocha };
  });
}

/** The files of a patch, from the root. */
function filesIn(patch) {
  const files = { touched: [], added: [] };
  for (const part of patch.split(/^(?=diff --git )/m)) {
    const [, name] = /^diff --git a\/(\S+) b\/\1$/m.exec(part) ?? [];
    if (name !== undefined) files[/^new file mode /m.test(part) ? 'added' : 'touched'].push(name);
  }
  return files;
}

/**
 * `git apply` in a folder, which need not be a git tree: in one below another tree's root, git would leave out all that a
 * patch has.
 */
export function gitApply(cwd, ...args) {
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: path.dirname(cwd) };
  return quietly('git', ['apply', ...args], { cwd, env });
}
