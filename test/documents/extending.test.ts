/** The examples of `docs/extending.md` fit the tree. `npm run test:extending` builds and tries them. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');
const PAGE = path.join(ROOT, 'docs', 'extending.md');

interface Example {
  name: string;
  file: string;
  touches: number;
  touched: string[];
  added: string[];
  alsoCore: string[];
  alsoMocha: string[];
}

interface Extending {
  examples(): Example[];
  gitApply(folder: string, ...args: string[]): { ok: boolean; output: string };
}

describe('an example of how to extend the package', () => {
  let extending: Extending;
  let examples: Example[];

  before(async () => {
    extending = (await import('../../scripts/extending.mjs' as string)) as Extending;
    examples = extending.examples();
  });

  it('applies to the tree as it is', function () {
    if (spawnSync('git', ['--version']).status !== 0) this.skip();
    for (const { name, file } of examples) {
      const { ok, output } = extending.gitApply(ROOT, '--check', file);
      assert.ok(ok, `${name}.patch, which docs/extending.md is about, has to be made again: ${output}`);
    }
  });

  it('touches no more files than the page says, and brings tests', () => {
    const page = readFileSync(PAGE, 'utf8');
    for (const { name, touches, touched, added } of examples) {
      const [, stated] = new RegExp(`^\\| .*\`${name}\\.patch\` \\| (\\d+) \\|`, 'm').exec(page) ?? [];
      assert.equal(Number(stated), touches, name);
      assert.ok(touched.length > 0 && touched.length <= touches, `${name}: ${touched.join(', ')}`);
      for (const file of touched) assert.ok(existsSync(path.join(ROOT, file)), file);
      for (const file of added) assert.ok(!existsSync(path.join(ROOT, file)), file);
      assert.ok(
        added.some((file) => file.endsWith('.test.ts')),
        name,
      );
    }
  });

  it('names tests that are there', () => {
    for (const { alsoCore, alsoMocha } of examples) {
      const files = [...alsoCore.map((file) => `core/${file}`), ...alsoMocha.map((file) => `${file}.test.ts`)];
      for (const file of files) assert.ok(existsSync(path.join(ROOT, 'test', file)), file);
    }
  });
});
