/** Files of others that are given for a model: each is told by what it is, with the way to one that is read. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { LanguageModel, Model, TextClassifier } from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { CORPUS } from '../support/models';

/** The beginning of what `torch.save` writes: a zip archive that is not compressed, with a folder of the file's name. */
const ZIP = Buffer.from('504b0304000008080000000000000000000000000000000000000d000800', 'hex');
/** The beginning of what it wrote before version 1.6: pickles, the first of which is a magic number. */
const OLD = Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de903', 'hex');

describe("PyTorch's own file in a model's place", () => {
  const at = useFolder();

  it('is recognised by whatever reads models, and the way to safetensors is told', async () => {
    for (const [name, bytes, kind] of [
      ['new.pt', ZIP, 'a zip archive'],
      ['old.pth', OLD, 'a Python pickle'],
      ['of protocol 4.bin', Buffer.from([0x80, 4, 0x95]), 'a Python pickle'],
    ] as const) {
      writeFileSync(at(name), Buffer.concat([bytes, Buffer.alloc(5000, 0x7f)]));
      const to = at(name.replace(/\.\w+$/, '.safetensors'));
      const expected = {
        code: 'ERR_UNROLLED_MODEL_FORMAT',
        message:
          `${at(name)} is not a safetensors file: it is ${kind}, as PyTorch saves weights. ` +
          'unrolled never runs the code in such a file. Convert it to safetensors in Python: from safetensors.torch import save_file; ' +
          `save_file(torch.load("${at(name)}", map_location="cpu", weights_only=True), "${to}").`,
      };
      await assert.rejects(LanguageModel.load(at(name)), expected);
      await assert.rejects(LanguageModel.initFrom(at(name), { vocabulary: CORPUS.vocabulary }), expected);
      await assert.rejects(Model.load(at(name)), expected);
      await assert.rejects(TextClassifier.load(at(name)), expected);
    }
  });

  it('is told of on the command line', async () => {
    writeFileSync(at('model.pt'), ZIP);
    for (const args of [
      ['sample', at('model.pt')],
      ['train', 'sonnets', '--init', at('model.pt')],
      ['classify', 'predict', at('model.pt'), 'a text'],
    ]) {
      const { status, stderr } = await runCli(...args);
      assert.equal(status, 1);
      assert.match(stderr, /it is a zip archive, as PyTorch saves weights\. .* \(ERR_UNROLLED_MODEL_FORMAT\)\n$/);
    }
  }).timeout(30_000);

  it('is not what begins like it by chance', async () => {
    for (const bytes of ['PK', 'PK\x05\x06', '\x80\x00', '\x80\xff']) {
      writeFileSync(at('model'), Buffer.concat([Buffer.from(bytes, 'latin1'), Buffer.alloc(20, 0x01)]));
      await assert.rejects(LanguageModel.load(at('model')), {
        code: 'ERR_UNROLLED_MODEL_FORMAT',
        message: /is not a valid safetensors file/,
      });
    }
  });
});
