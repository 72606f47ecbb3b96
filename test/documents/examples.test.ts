/** How the examples take their arguments; what they learn is for their readers to see. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runExample } from '../support/kept-process';

describe('examples', function () {
  this.timeout(60_000);

  for (const [name, option, least = 1] of [
    ['bag-of-words', '--epochs'],
    ['browser', '--epochs'],
    ['exercises', '--seed', 0],
    ['from-sums-to-rnn', '--epochs'],
    ['neighbours', '--seed', 0],
    ['poem-forms', '--steps'],
    ['poems', '--steps'],
    ['reviews', '--epochs'],
    ['server', '--epochs'],
    ['shakespeare', '--epochs'],
    ['sonnets', '--epochs'],
    ['toy-sentiment', '--epochs'],
  ] as const) {
    it(`${name} helps, and refuses wrong arguments before any work`, async () => {
      const help = await runExample(name, '--help');
      assert.deepEqual([help.status, help.stderr], [0, '']);
      assert.match(help.stdout, /^npm .*\n$/);
      for (const [args, message] of [
        [['--bogus'], /^Unknown option '--bogus'\n\nnpm /],
        [[option, 'abc'], new RegExp(`^${option} must be a whole number at least ${least}, not "abc"\\.\\n\\nnpm `)],
      ] as const) {
        const { status, stdout, stderr } = await runExample(name, ...args);
        assert.deepEqual([status, stdout], [2, '']);
        assert.match(stderr, message);
      }
    });
  }

  it('poems and poem-forms read a text of their user in its encoding, with the line ends of Windows', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'unrolled-'));
    try {
      const file = path.join(folder, 'poems.txt');
      const line = '\u79e6\u5ddd\u96c4\u5e1d\u5b85\uff0c\u51fd\u8c37\u58ee\u7687\u5c45\u3002\r\n';
      const poem = `\u9898\r\n${line}${line}\r\n`;
      writeFileSync(file, Buffer.from(poem.repeat(300), 'utf16le'));
      const args = ['--encoding', 'UTF-16', '--steps', '1'];
      const forms = await runExample(
        'poem-forms',
        file,
        ...args,
        '--poems',
        '1',
        '--heads',
        '\u79e6\u5ddd\u96c4\u5e1d',
      );
      assert.equal(forms.status, 0, forms.stderr);
      assert.match(forms.stdout, /^300 poems of lines of five characters; 14 distinct/);
      const poems = await runExample('poems', file, ...args);
      assert.equal(poems.status, 0, poems.stderr);
      assert.match(poems.stdout, /poems\.txt: 8700 characters, 14 distinct/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
