/** Control characters of models, texts and names: a terminal shows them and does not obey them. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { visibleJson, visibleText } from '../../src/cli/terminal/visible-text';
import { Corpus, LanguageModel } from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { hasTerminal, runInTerminal } from '../support/terminal';

/** A window's title, a clearing of the screen by C1, and what is no control. */
const TITLE = '\x1b]0;owned\x07';
const CLEAR = '\x9b2J';
const HARMLESS = 'tab\t, line\n, é, 汉, \u{1f600}, \u202e';
const CONTROL = /(?![\t\n\r])\p{Cc}/u;

describe('control characters', function () {
  this.timeout(120_000);
  const at = useFolder();

  /** A model that writes nothing but controls. */
  async function saveControls(): Promise<string> {
    const corpus = Corpus.fromText(`${TITLE}${CLEAR}`);
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 4, hidden: 4 });
    await model.save(at('model.safetensors'));
    return at('model.safetensors');
  }

  async function saveClassifier(): Promise<string> {
    for (const name of [`good${TITLE}`, `bad${CLEAR}`]) {
      mkdirSync(at('texts', name), { recursive: true });
      for (let i = 0; i < 4; i++) writeFileSync(at('texts', name, `${i}.txt`), `it is ${name.slice(0, 3)} ${i}`);
    }
    const out = at('classes.safetensors');
    const { status, stderr } = await runCli('classify', 'train', at('texts'), '--epochs', '1', '--out', out);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, CONTROL);
    return out;
  }

  it('are shown as escapes, but for tabs and line feeds', () => {
    assert.equal(visibleText(`a${TITLE}b${CLEAR}\r\x7f\0`), 'a\\x1b]0;owned\\x07b\\x9b2J\\x0d\\x7f\\x00');
    assert.equal(visibleText(HARMLESS), HARMLESS);
  });

  it('are escaped in JSON, which means the same', () => {
    const value = { text: `a${TITLE}b${CLEAR}\x7f\x85${HARMLESS}` };
    assert.doesNotMatch(visibleJson(value), /\p{Cc}/u);
    assert.deepEqual(JSON.parse(visibleJson(value)), value);
  });

  it('of what a model writes go to a pipe as they are, and are escaped in its JSON', async () => {
    const model = await saveControls();
    const sample = ['sample', model, '--length', '60', '--seed', '1'];
    const { stdout } = await runCli(...sample);
    for (const control of ['\x1b', '\x9b']) assert.ok(stdout.includes(control));
    const { stdout: json } = await runCli(...sample, '--json');
    assert.doesNotMatch(json, /(?!\n)\p{Cc}/u);
    assert.equal(`${JSON.parse(json).text}\n`, stdout);
  });

  it('in names are shown in messages, to a pipe too', async () => {
    const name = `none${TITLE}${CLEAR}.safetensors`;
    for (const args of [['sample', at(name)], ['train', at(name)], ['classify', 'train', at(name)], [`tr${TITLE}`]]) {
      const { stderr } = await runCli(...args);
      assert.match(stderr, /\\x1b\]0;owned\\x07/);
      assert.doesNotMatch(stderr, CONTROL);
    }
  });

  it('reach no terminal, whatever the command', async function () {
    if (!hasTerminal()) this.skip();
    const [model, classifier] = [await saveControls(), await saveClassifier()];
    writeFileSync(at('lines.txt'), `it is ${TITLE}\n`);
    for (const args of [
      ['sample', model, '--length', '60', '--seed', '1'],
      ['sample', model, '--length', '20', '--beams', '3'],
      ['next', model, TITLE],
      ['score', model, `${TITLE}${CLEAR}`],
      ['classify', 'predict', classifier, `it ${TITLE}`],
      ['classify', 'predict', classifier, '--file', at('lines.txt')],
      ['classify', 'evaluate', classifier, at('texts')],
      ['sample', at(`none${CLEAR}`)],
    ]) {
      const { sent } = await runInTerminal(80, ...args);
      assert.doesNotMatch(sent, CONTROL, args.join(' '));
      assert.notEqual(sent.trim(), '', args.join(' '));
    }
  });
});
