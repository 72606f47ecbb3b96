/** What `unrolled classify` tells of texts and folders that are not as it takes them to be. */

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { confusionTable } from '../../src/cli/classify/figures';
import { TextClassifier } from '../../src/index';
import { type CliResult, runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';

const WORDS: Record<string, string> = { neg: 'bad', pos: 'good', sport: 'ball' };
const SMALL = ['--embedding', '8', '--hidden', '6', '--dense', '5', '--batch', '8'];

describe('unrolled classify tells', function () {
  this.timeout(60_000);
  const at = useFolder();

  function write(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** A folder of so many texts a class. */
  function texts(folder: string, classes: readonly string[], count: number): string {
    for (const name of classes) {
      for (let i = 0; i < count; i++) write(at(folder, name, `${i}.txt`), `A film ${i} is ${WORDS[name]}.`);
    }
    return at(folder);
  }

  it('what there is to train on, in a short line where there are very many classes', async () => {
    for (const count of [12, 13]) {
      for (let label = 0; label < count; label++) {
        const name = `c${String(label).padStart(3, '0')}`;
        for (let i = 0; i < (label === 7 ? 5 : 2); i++) write(at(`of ${count}`, name, `${i}.txt`), `a text ${label}`);
      }
    }
    const noteOf = async (count: number) =>
      (await runCli('classify', 'train', at(`of ${count}`), '--epochs', '1', '--validation', '0')).stderr;
    assert.match(
      await noteOf(12),
      /^12 classes: c000 2, .*, c007 5, .*, c011 2; none of 27 texts are for validation\.$/m,
    );
    assert.match(
      await noteOf(13),
      /^13 classes of 2 to 5 texts: c000 2, c001 2, c002 2, …; none of 29 texts are for validation\.$/m,
    );
  });

  it('where spaces do not part the words', async () => {
    const chinese = [
      ['难看', '无聊', '失望', '讨厌'],
      ['好看', '精彩', '喜欢', '值得'],
    ];
    for (const [label, words] of chinese.entries()) {
      for (const [index, word] of words.entries()) {
        for (const [part, subject] of ['这部电影真的', '昨天的片子让人觉得', '导演的新作确实很'].entries()) {
          write(at('电影', label === 0 ? '差' : '好', `${index}-${part}.txt`), `${subject}${word}。`);
        }
      }
    }
    const args = ['classify', 'train', at('电影'), ...SMALL, '--epochs', '1', '--validation', '0.25'];
    const [spaces, words, characters] = await Promise.all(
      [[], ['--split', 'word'], ['--split', 'character']].map((more) => runCli(...args, ...more)),
    );
    assert.equal(spaces?.stderr.match(/--split word/g)?.length, 1, spaces?.stderr);
    assert.match(spaces?.stderr ?? '', /script without spaces between words/);
    for (const other of [words, characters]) {
      assert.equal(other?.status, 0, other?.stderr);
      assert.doesNotMatch(other?.stderr ?? '', /script|warning/i);
    }
    assert.equal(spaces?.status, 0);
    assert.doesNotMatch(spaces?.stderr ?? '', /Warning/, 'the note alone');
  });

  it('of links that lead nowhere: texts are refused or left out by name, classes noted', async () => {
    const folder = texts('links', ['neg', 'pos'], 4);
    symlinkSync('circle.txt', join(folder, 'neg', 'circle.txt'));
    symlinkSync(at('nowhere'), join(folder, 'middling'));
    const args = ['classify', 'train', folder, ...SMALL, '--epochs', '1'];
    const refused = await runCli(...args);
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /1 of the 9 files in .* cannot be read: neg\/circle\.txt \(the link points back to itself\)\..* --skip-unreadable\./,
    );
    const { status, stderr } = await runCli(...args, '--skip-unreadable');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^1 file of .* left out: neg\/circle\.txt \(the link points back to itself\)$/m);
    assert.match(stderr, /^1 link of .* is broken and was skipped: middling$/m);
    const named = await runCli(...args, '--skip-unreadable', '--classes', 'neg,pos');
    assert.doesNotMatch(named.stderr, /middling/);
  });

  it('texts apart that differ in emoji alone, and takes --standardize', async () => {
    const marks = { 差: ['😡', '👎', '💔'], 好: ['😀', '👍', '❤️'] };
    for (const [name, faces] of Object.entries(marks)) {
      for (let i = 0; i < 60; i++) write(at('表情', name, `${i}.txt`), `第${i % 7}次来,味道${faces[i % 3]}`);
    }
    const args = ['classify', 'train', at('表情'), ...SMALL, '--split', 'word', '--epochs', '8', '--json'];
    const accuracies = await Promise.all(
      ['lower-and-strip-punctuation', 'lower', 'strip-punctuation', 'none'].map(async (standardize) => {
        const out = at(`${standardize}.safetensors`);
        const { status, stdout, stderr } = await runCli(...args, '--standardize', standardize, '--out', out);
        assert.equal(status, 0, stderr);
        using classifier = await TextClassifier.load(out);
        assert.equal(classifier.vectorizer.toJSON().options.standardize, standardize);
        return parseJsonLines<{ validationAccuracy: number }>(stdout).at(-1)?.validationAccuracy;
      }),
    );
    assert.deepEqual(accuracies, [1, 1, 1, 1]);
    const wrong = await runCli(...args, '--standardize', 'upper');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--standardize/);
  });

  it('stop words of a file, of Chinese, and other ones than a checkpoint has', async () => {
    const folder = texts('films', ['neg', 'pos'], 10);
    const args = ['classify', 'train', folder, ...SMALL, '--epochs', '1', '--out', at('m')];
    const list = at('list.txt');
    writeFileSync(list, '\ufeffA\r\n  film\r\n\r\nfilm\r\n\u6211\u4eec');
    const kept = async () => {
      using classifier = await TextClassifier.load(at('m'));
      const { vocabulary } = classifier.vectorizer;
      return [
        classifier.vectorizer.toJSON().options.stopWords,
        ['a', 'film', 'is'].filter((word) => vocabulary.includes(word)),
      ];
    };
    const checkpoint = ['--checkpoint', at('run')];
    assert.equal((await runCli(...args, ...checkpoint, '--stop-words', list)).status, 0);
    assert.deepEqual(await kept(), [['A', 'film', '\u6211\u4eec'], ['is']]);
    const resume = ['classify', 'train', folder, '--epochs', '2', '--resume', at('run'), '--stop-words'];
    const same = await runCli(...resume, list);
    assert.equal(same.status, 0, same.stderr);
    const other = await runCli(...resume, 'english');
    assert.deepEqual(
      [other.status, /--stop-words.* but "english" was requested/.test(other.stderr)],
      [1, true],
      other.stderr,
    );
    for (const name of ['english', 'chinese'] as const) {
      assert.equal((await runCli(...args, '--stop-words', name)).status, 0);
      assert.deepEqual(await kept(), [name, name === 'english' ? ['film'] : ['a', 'film', 'is']]);
    }
    writeFileSync(list, Buffer.from([0xce, 0xd2, 0xc3, 0xc7, 0x0a]));
    const unread = await runCli(...args, '--stop-words', list);
    assert.match(unread.stderr, /list\.txt is not UTF-8.*ERR_UNROLLED_ENCODING/);
    assert.equal((await runCli(...args, '--stop-words', list, '--encoding', 'GBK')).status, 0);
    assert.deepEqual((await kept())[0], ['\u6211\u4eec']);
    writeFileSync(list, ' \n');
    const empty = await runCli(...args, '--stop-words', list);
    assert.deepEqual([empty.status, /--stop-words must be english, chinese, or a file/.test(empty.stderr)], [2, true]);
    const none = await runCli(...args, '--stop-words', at('german'));
    assert.deepEqual([none.status, /ERR_UNROLLED_FILE_NOT_FOUND/.test(none.stderr)], [1, true], none.stderr);
    const meant = await runCli(...args, '--stop-words', 'Chinese');
    assert.equal(meant.status, 1);
    assert.match(
      meant.stderr,
      /--stop-words must be english, chinese, or a file .* no file Chinese\. Did you mean chinese\? \(ERR_UNROLLED_FILE_NOT_FOUND/,
    );
  });

  it('another --standardize than a checkpoint has', async () => {
    const checkpoint = at('run.safetensors');
    const args = ['classify', 'train', texts('films', ['neg', 'pos'], 10), ...SMALL, '--checkpoint', checkpoint];
    assert.equal((await runCli(...args, '--epochs', '1', '--standardize', 'lower')).status, 0);
    const resume = [...args, '--epochs', '2', '--resume', checkpoint];
    const other = await runCli(...resume, '--standardize', 'none');
    assert.equal(other.status, 1);
    assert.match(other.stderr, /has --standardize "lower", but "none" was requested/);
    assert.equal((await runCli(...resume, '--standardize', 'lower')).status, 0);
  });

  it('confusions in a table that is lined up, also of wide characters', () => {
    const score = {
      loss: 0,
      accuracy: 1,
      confusion: [
        [10, 0],
        [2, 300],
      ],
    };
    assert.equal(
      confusionTable(['体育', 'news'], score.confusion),
      '      体育  news\n体育    10     0\nnews     2   300',
    );
  });

  it('which texts it knows no word of', async () => {
    const out = at('m.safetensors');
    const trained = ['classify', 'train', texts('train', ['neg', 'pos'], 10), ...SMALL, '--epochs', '1', '--out', out];
    assert.equal((await runCli(...trained)).status, 0);
    const asked = ['classify', 'predict', out, 'a good film', 'qwer tyui', '?!'];
    const plain = await runCli(...asked);
    assert.equal(plain.stdout.match(/\n/g)?.length, 3);
    assert.equal(
      plain.stderr,
      'Text 2 (qwer tyui) has no word that the model knows (2 unknown ones): the predicted class means nothing.\n' +
        'Text 3 (?!) has no words: the predicted class means nothing.\n',
    );
    const json = await runCli(...asked, '--json');
    assert.deepEqual(
      parseJsonLines<{ knownTokens: number; unknownTokens: number }>(json.stdout).map(
        ({ knownTokens, unknownTokens }) => [knownTokens, unknownTokens],
      ),
      [
        [3, 0],
        [0, 2],
        [0, 0],
      ],
    );
    assert.equal(json.stderr, '');
    write(at('many.txt'), 'qwer\n'.repeat(25));
    const { stderr } = await runCli('classify', 'predict', out, '--file', at('many.txt'));
    const notes = stderr.trimEnd().split('\n');
    assert.match(notes[19] as string, /^Text 20 /);
    assert.deepEqual(notes.slice(20), ['5 more texts without any word that the model knows.']);
  });

  it('what folders have that it does not read, or reads as texts without words', async () => {
    texts('some', ['neg', 'pos'], 10);
    for (const name of ['a', 'b', 'c', 'd']) write(at('some', 'neg', `${name}.txt`), name === 'a' ? '\n' : '');
    const args = ['classify', 'train', at('some'), ...SMALL, '--epochs', '1'];
    const { status, stderr } = await runCli(...args);
    assert.equal(status, 0, stderr);
    const named = 'neg/a.txt, neg/b.txt, neg/c.txt, …';
    assert.ok(
      stderr.startsWith(`4 of the 24 texts in ${at('some')} are empty and count as texts without words: ${named}\n`),
      stderr,
    );
    assert.match(stderr, /^2 classes: neg 14, pos 10; 2 of 24 texts are for validation\.$/m);
    assert.doesNotMatch(stderr, /skipped/);
    for (const name of ['a.md', 'b.md', 'd.html', 'inner.csv']) write(at('some', 'neg', name), 'text');
    const passing = await runCli(...args, '--validation', '0');
    assert.ok(
      passing.stderr.includes(
        `4 files of ${at('some')} were skipped, because only .txt files are read: neg/a.md, neg/b.md, neg/d.html, …\n` +
          '2 classes: neg 14, pos 10; none of 24 texts are for validation.\n',
      ),
      passing.stderr,
    );
    write(at('some', 'sport', 'notes.md'), 'text');
    const other = await runCli(...args);
    assert.match(
      other.stderr,
      /class sport has no text in .*: it has 1 other file, and only \.txt files are read\. \(/,
    );
    const one = await runCli(...args, '--classes', 'neg');
    assert.equal(one.status, 2);
    assert.match(one.stderr, /^unrolled: --classes names a single class, neg, but training needs at least two/);
  });

  it('which files cannot be read, and goes on without them where it is asked to', async () => {
    const folder = texts('some', ['neg', 'pos'], 10);
    const path = at('some');
    for (const name of ['neg/x', 'neg/y', 'pos/z'])
      writeFileSync(at('some', `${name}.txt`), Buffer.from('A caf\xe9', 'latin1'));
    const args = ['classify', 'train', path, ...SMALL, '--epochs', '1', '--out', at('model.safetensors')];
    const refused = await runCli(...args);
    assert.equal(refused.status, 1, folder);
    assert.equal(
      refused.stderr,
      `unrolled: 3 of the 23 files in ${path} cannot be read: neg/x.txt (0xe9 at offset 5), neg/y.txt (0xe9 at offset 5), ` +
        'pos/z.txt (0xe9 at offset 5). Set --encoding to their encoding, convert them to UTF-8, or leave them out with ' +
        '--skip-unreadable. (ERR_UNROLLED_ENCODING)\n',
    );
    const skipping = await runCli(...args, '--skip-unreadable');
    assert.equal(skipping.status, 0, skipping.stderr);
    const left =
      `3 files of ${path} cannot be read and were left out: neg/x.txt (0xe9 at offset 5), neg/y.txt (0xe9 at offset 5), ` +
      'pos/z.txt (0xe9 at offset 5)\n';
    assert.ok(skipping.stderr.startsWith(left), skipping.stderr);
    assert.match(skipping.stderr, /^2 classes: neg 10, pos 10; /m);
    const judge = ['classify', 'evaluate', at('model.safetensors'), path];
    assert.equal((await runCli(...judge)).status, 1);
    const judged = await runCli(...judge, '--skip-unreadable', '--json');
    assert.deepEqual([judged.status, judged.stderr], [0, left]);
    assert.equal((parseJsonLines(judged.stdout)[0] as { texts: number }).texts, 20);
    writeFileSync(at('wide.txt'), Buffer.from('A film is good.\n', 'utf16le'));
    const wide = await runCli('classify', 'predict', at('model.safetensors'), '--file', at('wide.txt'));
    assert.equal(wide.status, 1);
    assert.match(
      wide.stderr,
      /looks like UTF-16LE without a byte-order mark, not like UTF-8: .*Give --encoding utf-16le\./,
    );
  });

  it('the classes on both sides where a test has others, and what can be done', async () => {
    const train = texts('train', ['neg', 'pos'], 10);
    const more = texts('more', ['neg', 'pos', 'sport'], 2);
    const less = texts('less', ['neg', 'sport'], 2);
    const none = texts('none', ['sport'], 2);
    const out = at('m');
    assert.equal((await runCli('classify', 'train', train, ...SMALL, '--epochs', '1', '--out', out)).status, 0);
    const refused: [args: string[], has: string, advice: string][] = [
      [['train', train, '--test', more], `${more} has the classes neg, pos, sport`, 'give --classes neg,pos.'],
      [
        ['train', train, '--test', less],
        `${less} has the classes neg, sport`,
        `Keep only the model's classes in ${less}: neg.`,
      ],
      [['evaluate', out, less], `${less} has the classes neg, sport`, 'give --classes neg.'],
      [['evaluate', out, none], `${none} has the classes sport`, 'give the sub-folders'],
      [['evaluate', out, less, '--classes', 'neg,sport'], '--classes names the classes neg, sport', '--classes neg.'],
    ];
    const results = await Promise.all(refused.map(([args]) => runCli('classify', ...args)));
    for (const [index, [args, has, advice]] of refused.entries()) {
      const { status, stderr } = results[index] as CliResult;
      assert.equal(status, 1, args.join(' '));
      assert.ok(stderr.startsWith(`unrolled: ${has}, but the model has neg, pos. `), stderr);
      assert.ok(stderr.includes(advice), stderr);
      assert.match(stderr, /\(ERR_UNROLLED_MODEL_MISMATCH\)\n$/);
    }
    // The advice helps.
    const helped = await runCli(
      'classify',
      'train',
      train,
      '--test',
      more,
      '--classes',
      'neg,pos',
      ...SMALL,
      '--epochs',
      '1',
    );
    assert.equal(helped.status, 0, helped.stderr);
    assert.equal((await runCli('classify', 'evaluate', out, less, '--classes', 'neg')).status, 0);
  });
});
