/** A command opens the file of its model once: what it reads is of one moment, and a large one is not read again. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { MAIN } from '../support/cli';
import { useFolder } from '../support/folder';

/** Writes the paths that are opened to standard error at the end, one a line. */
const WATCH = `
const files = require('node:fs/promises');
const { open } = files;
const opened = [];
files.open = (path, ...rest) => {
  opened.push(String(path));
  return open(path, ...rest);
};
process.on('exit', () => process.stderr.write(opened.map((path) => 'opened ' + path + '\\n').join('')));
`;

describe('the file of a model', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** Runs a command, and tells how often it opened a file. */
  function opensOf(path: string, ...args: string[]): number {
    writeFileSync(at('watch.cjs'), WATCH);
    const { status, stderr } = spawnSync(process.execPath, ['--require', at('watch.cjs'), MAIN, ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stderr.split('\n').filter((line) => line === `opened ${path}`).length;
  }

  it('is opened once by train --resume and --init, and by what uses it', () => {
    const text = at('text');
    writeFileSync(text, 'to be or not to be. '.repeat(40));
    const small = ['--batch', '2', '--window', '8', '--hidden', '4', '--embedding', '4'];
    assert.equal(opensOf(at('c'), 'train', text, ...small, '--epochs', '1', '--checkpoint', at('c')), 0);
    assert.equal(opensOf(at('c'), 'train', text, '--epochs', '2', '--resume', at('c'), '--estimate'), 1);
    assert.equal(opensOf(at('c'), 'train', text, '--epochs', '2', '--resume', at('c'), '--out', at('m')), 1);
    assert.equal(opensOf(at('m'), 'train', text, ...small, '--epochs', '1', '--init', at('m'), '--out', at('n')), 1);
    assert.equal(opensOf(at('m'), 'sample', at('m'), '--length', '3'), 1);
    assert.equal(opensOf(at('m'), 'evaluate', at('m'), text), 1);
  });

  it('is opened once by classify train --resume, predict and evaluate', () => {
    const folder = at('texts');
    for (const [name, word] of [
      ['good', 'lovely'],
      ['poor', 'dreadful'],
    ] as const) {
      mkdirSync(at('texts', name), { recursive: true });
      for (let i = 0; i < 6; i++) writeFileSync(at('texts', name, `${i}.txt`), `a ${word} film ${i}`);
    }
    const small = ['--hidden', '3', '--embedding', '3', '--dense', '3'];
    const train = ['classify', 'train', folder];
    assert.equal(opensOf(at('c'), ...train, ...small, '--epochs', '1', '--checkpoint', at('c')), 0);
    assert.equal(opensOf(at('c'), ...train, '--epochs', '2', '--resume', at('c'), '--out', at('m')), 1);
    assert.equal(opensOf(at('m'), 'classify', 'predict', at('m'), 'a lovely film'), 1);
    assert.equal(opensOf(at('m'), 'classify', 'evaluate', at('m'), folder), 1);
  });
});
