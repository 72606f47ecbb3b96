/** What the command line makes of an error's parts: flags, commands and steps from 1, each where the error names it. */

import assert from 'node:assert/strict';
import { Command } from 'commander';
import { UnrolledError, type WordedDetails } from '../../src/base/errors';
import { phrase, type Reference, type Remedy, refer, type Words } from '../../src/base/messages/phrase';
import { messageOf } from '../../src/cli/terminal/failure';

/** A command with these flags, and one with none. */
const flags = ['--lr <x>', '--clip-norm <x>', '--init <file>', '--stream', '--unknown <policy>', '--line-ends <lf>'];
const full = ['--batch <n>', '--max-vocab <n>', '--bias <token=x>', '--warmup <n>', ...flags].reduce(
  (command, flag) => command.option(flag),
  new Command('full').argument('[text]'),
);
const bare = new Command('bare');

function said(fault: Words, details?: WordedDetails, command: Command | undefined = full): string {
  return messageOf(new UnrolledError('ERR_UNROLLED_OPTION_RANGE', fault, details), command);
}

describe('a message of the command line', () => {
  it('has flags in place of the options that the error names, and of nothing else', () => {
    const { option } = refer;
    assert.equal(said(phrase`${option('batch')} must be 1, not "batch"`), '--batch must be 1, not "batch".');
    assert.equal(said(phrase`a batch needs ${option('batch')}`), 'a batch needs --batch.');
    assert.equal(said(phrase`Lower ${option('maxTokens')}`), 'Lower --max-vocab.');
    assert.equal(said(phrase`${option('schedule.warmup')} must be 0`), '--warmup must be 0.');
    assert.equal(said(phrase`${option('bias["a"]')} must be 0`), '--bias["a"] must be 0.');
    assert.equal(said(phrase`${option('layers[0].units')} must be 1`), 'layers[0].units must be 1.');
    assert.equal(said(phrase`${option('batch')} must be 1`, {}, bare), 'batch must be 1.');
    const early = new UnrolledError('ERR_UNROLLED_OPTION_RANGE', phrase`${option('batch')} must be 1`);
    assert.equal(messageOf(early, undefined), 'batch must be 1.');
    assert.equal(said('batch must be learningRate'), 'batch must be learningRate.');
    const names = ['batch', 'learningRate', 'onProgress'];
    assert.equal(
      said(phrase`no`, { advice: phrase`It knows ${refer.options(names)}.` }),
      'no. It knows --batch, --lr.',
    );
    assert.equal(said(phrase`It knows ${refer.options(names)}`, {}, bare), `It knows ${names.join(', ')}.`);
  });

  it('counts steps from 1', () => {
    assert.equal(said(phrase`no ${refer.step(0)}, no ${refer.step(7, 'step 7 (from 0)')}`), 'no step 1, no step 8.');
  });

  it('says where a prompt was typed, and of a file its line in place of its own', () => {
    const fault = phrase`${refer.prompt(1)}: it${refer.line(1, ', in line 1,')} is not in ${refer.vocabulary}`;
    const details = { option: 'prompts[1]' };
    assert.equal(said(fault, details), "--prompt: it is not in the model's vocabulary.");
    assert.equal(said(fault, details, bare), '--prompt: it is not in the vocabulary.');
    const later = phrase`${refer.prompt(0)}: it${refer.line(2, ', in line 2,')} is not`;
    assert.equal(said(later, { option: 'prompts[0]' }), '--prompt: it, in line 2, is not.');
    assert.equal(said(phrase`it${refer.line(1, ', in line 1,')} is not`), 'it, in line 1, is not.');
    const ofFile = new Command('sample').option('--prompts <file>').option('--seed <n>');
    ofFile.parse(['--prompts', 'file'], { from: 'user' });
    assert.equal(said(fault, details, ofFile), '--prompts, line 2: it is not in the vocabulary.');
    const typed = new Command('sample')
      .argument('<model>')
      .argument('[text]')
      .action(() => undefined);
    typed.parse(['model', 'text'], { from: 'user' });
    assert.equal(said(fault, details, typed), '[text]: it is not in the vocabulary.');
  });

  it('has the flags for what programs do by a call; without those, what helps there or nothing', () => {
    const lineEnd = 'It belongs to a line end that the vocabulary does not have';
    const remedies: Record<Remedy, readonly [withFlags: string, without: string]> = {
      restart: [', or start a new training from its weights: --init instead of --resume', ''],
      initFromFile: ['--init', 'unrolled train --init'],
      keepTextInFile: ['--stream leaves the text in its file.', ''],
      lowerRate: ['The weights are unchanged by that step. A smaller --lr, or --clip-norm 1, may help.', 'TEXT'],
      readLineEnds: [`${lineEnd}: give --line-ends lf when reading the text. `, ''],
      readOtherKind: ['TEXT', 'TEXT'],
      skipUnknown: ['Remove it from the text, or add --unknown skip.', 'TEXT'],
    };
    for (const [remedy, expected] of Object.entries(remedies)) {
      const named: Reference = refer.remedy(remedy as Remedy, 'TEXT');
      const shown = [full, bare].map((command) => said('no', { advice: phrase`<${named}>` }, command));
      assert.deepEqual(
        shown,
        expected.map((text) => `no. <${text}>`),
        remedy,
      );
    }
    const advice = phrase`${refer.remedy('readOtherKind', 'Read it with X.load.')}`;
    assert.match(said('no', { advice, received: 'text-classifier' }), /^no\. It is for unrolled classify predict/);
    assert.equal(said('no', { advice, received: 'poem' }), 'no. Read it with X.load.');
    // What nothing is left of leaves no space.
    assert.equal(said('no', { advice: phrase`${refer.remedy('keepTextInFile', 'TEXT')}` }, bare), 'no.');
  });
});
