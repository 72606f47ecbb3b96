/** The check of plain English, which lint runs on the sources of the package. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(__dirname, '..');

interface English {
  englishFaultsIn(file: string, text: string): string[];
  englishFaults(root: string): string[];
}

describe('plain English', () => {
  let english: English;
  before(async () => {
    english = await import(pathToFileURL(path.join(ROOT, 'scripts', 'english.mjs')).href);
  });

  it('is what messages and comments of the package have', () => {
    assert.deepEqual(english.englishFaults(ROOT), []);
  });

  it('refuses a comment that begins with "Of", in each form of comment', () => {
    const comments = [
      '/** Of the model. */',
      '/**',
      ' * Of the model,',
      ' */',
      '  // Of it.',
      '/** Often. */',
      'let a; // Of b',
    ];
    assert.deepEqual(
      english.englishFaultsIn('src/a.ts', comments.join('\n')).map((fault) => fault.split(': ')[0]),
      ['src/a.ts:1', 'src/a.ts:3', 'src/a.ts:5'],
    );
  });

  it('refuses phrases in the text of strings, and nowhere else', () => {
    const sentence = 'it is to be given anew';
    const found = [
      'src/a.ts:1: a message says "is to be"; say must be',
      'src/a.ts:1: a message says "anew"; say again',
    ];
    for (const text of [`f('${sentence}');`, `f("${sentence}");`, `f(\`\${a} ${sentence} \${b}\`);`])
      assert.deepEqual(english.englishFaultsIn('src/a.ts', text), found, text);
    const native = english.englishFaultsIn('binding/core/a.cpp', `throw Error("${sentence}");`);
    assert.deepEqual(
      native,
      found.map((fault) => fault.replace('src/a.ts', 'binding/core/a.cpp')),
    );
    for (const text of [`// ${sentence}`, "f('again');", 'const anew = parted + beside;'])
      assert.deepEqual(english.englishFaultsIn('src/a.ts', text), [], text);
  });

  it('lets "there is no" be, and takes "is no" for "is not a"', () => {
    assert.deepEqual(english.englishFaultsIn('src/a.ts', "f('There is no file a');"), []);
    const [fault] = english.englishFaultsIn('src/a.ts', "f('a is no file');");
    assert.match(fault ?? '', /"is no f"; say is not a/);
  });
});
