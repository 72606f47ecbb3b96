/** `unrolled export <model> --onnx FILE`: a model of any kind for another runtime. */

import { Command, Option } from 'commander';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { isSamePlace, requireWritable } from '../base/files/files';
import { phrase, refer } from '../base/messages/phrase';
import { LanguageModel } from '../models/language-model';
import { Model } from '../models/model';
import { SequenceClassifier } from '../models/sequence-classifier';
import { TextClassifier } from '../models/text-classifier';
import { FORMS, type Form, LAYOUTS, type Layout, type OnnxOptions, resolveOnnx } from '../onnx/options';
import { choiceOption } from './options';
import { note } from './terminal/output';

interface ExportFlags {
  onnx?: string;
  form?: Form;
  layout?: Layout;
}

type Exportable = Pick<Model, 'exportOnnx' | 'dispose'>;

/** The classes of models by the kinds that files name. */
const LOADERS: Readonly<Record<string, (path: string) => Promise<Exportable>>> = {
  'text-classifier': (path) => TextClassifier.load(path),
  'sequence-classifier': (path) => SequenceClassifier.load(path),
  model: (path) => Model.load(path),
};

/** A model of whatever kind. Most are language models. */
async function loadAny(path: string): Promise<Exportable> {
  try {
    return await LanguageModel.load(path);
  } catch (error) {
    const isOther = error instanceof UnrolledError && error.option === 'kind';
    const load = isOther ? LOADERS[error.received ?? ''] : undefined;
    if (load === undefined) throw error;
    return load(path);
  }
}

/** The file to write. @throws ERR_UNROLLED_OPTION_RANGE where none is named, or the model itself. */
async function requireTarget(model: string, onnx: string | undefined): Promise<string> {
  if (onnx === undefined) {
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_RANGE',
      phrase`${refer.option('onnx')} is missing: export writes a file`,
      {
        ...{ option: 'onnx', expected: 'a file to write' },
        advice: phrase`Give ${refer.option('onnx')} model.onnx.`,
      },
    );
  }
  check.nonEmptyString('onnx', onnx);
  if (await isSamePlace(model, onnx)) throw check.outOfRange('onnx', "another file than the model's", onnx);
  await requireWritable(onnx);
  return onnx;
}

async function exportModel(path: string, flags: ExportFlags): Promise<void> {
  const { form, layout } = flags;
  const options: OnnxOptions = { form, layout };
  resolveOnnx(options, 'lengths');
  const target = await requireTarget(path, flags.onnx);
  const model = await loadAny(path);
  try {
    await model.exportOnnx(target, options);
    note(`Wrote ${target}.`);
  } finally {
    model.dispose();
  }
}

export function exportCommand(): Command {
  return new Command('export')
    .argument('<model>', 'a file that train, classify train or a program saved')
    .addOption(new Option('--onnx <file>', 'the ONNX file to write'))
    .addOption(
      choiceOption(
        '--form <form>',
        'what one run computes: a step with its states, a sequence with its states, or sequences of different lengths ' +
          '(default: step for a language model, lengths for a classifier)',
        FORMS,
      ),
    )
    .addOption(choiceOption('--layout <axis>', 'the first axis of sequences (default: time)', LAYOUTS))
    .action(exportModel);
}
