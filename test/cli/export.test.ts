/** `unrolled export`: models of every kind, and what is refused. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { layers, Model, SequenceClassifier, TextClassifier, TextVectorizer, WordList } from '../../src/index';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { smallModel } from '../support/models';

describe('unrolled export', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('writes a model of each kind as a program does', async () => {
    using language = smallModel();
    using model = Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [layers.embedding(3), layers.gru(4)] });
    using sequences = SequenceClassifier.create({ vocabulary: new WordList(['x', 'y']), classes: 3, hidden: 3 });
    const vectorizer = await TextVectorizer.adapt(['good film', 'bad film'], { maxTokens: 10 });
    using texts = TextClassifier.create({ vectorizer, classNames: ['no', 'yes'], hidden: 3 });
    for (const [name, one] of Object.entries({ language, model, sequences, texts })) {
      await one.save(at(`${name}.safetensors`));
      for (const flags of [[], ['--form', 'lengths', '--layout', 'batch']]) {
        const { status, stdout, stderr } = await runCli(
          'export',
          at(`${name}.safetensors`),
          '--onnx',
          at('m.onnx'),
          ...flags,
        );
        assert.deepEqual([status, stdout, stderr], [0, '', `Wrote ${at('m.onnx')}.\n`], name);
        await one.exportOnnx(at('program.onnx'), flags.length === 0 ? {} : { form: 'lengths', layout: 'batch' });
        assert.deepEqual(readFileSync(at('m.onnx')), readFileSync(at('program.onnx')), name);
      }
    }
  });

  it('refuses what cannot be, in words of the command line, and writes nothing', async () => {
    using language = smallModel();
    await language.save(at('l.safetensors'));
    writeFileSync(at('text.txt'), 'no model');
    const before = readdirSync(at());
    const cases: [args: string[], status: number, message: RegExp][] = [
      [['l.safetensors'], 2, /--onnx is missing.*Give --onnx model\.onnx/],
      [['l.safetensors', '--onnx', 'l.safetensors'], 2, /--onnx must be another file than the model's/],
      [['l.safetensors', '--onnx', 'no/m.onnx'], 1, /m\.onnx cannot be written: the folder does not exist/],
      [['l.safetensors', '--onnx', 'm.onnx', '--form', 'stpe'], 2, /--form.*step, sequence, lengths.*step/],
      [
        ['l.safetensors', '--onnx', 'm.onnx', '--layout', 'batch', '--form', 'step'],
        2,
        /^unrolled: --layout must be left out/,
      ],
      [['l.safetensors', '--onnx', 'm.onnx', '--layout', 'batch'], 2, /^unrolled: --layout must be left out/],
      [['none.safetensors', '--onnx', 'm.onnx'], 1, /There is no file .*none\.safetensors/],
      [['text.txt', '--onnx', 'm.onnx'], 1, /text\.txt/],
    ];
    for (const [[model = '', ...flags], expected, message] of cases) {
      const paths = flags.map((word, i) => (flags[i - 1] === '--onnx' ? at(word) : word));
      const { status, stderr } = await runCli('export', at(model), ...paths);
      assert.match(stderr, message);
      assert.equal(status, expected, stderr);
      assert.deepEqual(readdirSync(at()), before);
    }
  });
});
