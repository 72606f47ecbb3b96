/** `unrolled train <corpus>`: a language model on a text file or a named data set. */

import { Command } from 'commander';
import * as check from '../../base/check';
import { isSameFile, requireWritable } from '../../base/files/files';
import * as callbacks from '../../callbacks';
import type { LanguageModel } from '../../models/language-model';
import { inspect, tokensToInspect } from '../../report/inspect';
import { TOKEN_KINDS, UNKNOWN_POLICIES } from '../../text/vocabulary-options';
import type { Callback } from '../../training/callbacks/callback';
import { History } from '../../training/history';
import { type AskedFit, type FitOptions, resolveFit } from '../../training/options/options';
import { printEstimate } from '../estimate';
import type { KeptWeights } from '../kept-weights';
import { choiceOption, jsonOption, numberOption } from '../options';
import { messageOf } from '../terminal/failure';
import { Interrupt } from '../terminal/interrupt';
import { note, outputEnd } from '../terminal/output';
import { progressDisplay } from '../terminal/progress';
import { rememberedEncoding, remembersReading } from '../terminal/remembered-reading';
import {
  addCheckpointOptions,
  addNetworkOptions,
  addTrainingOptions,
  fitOptions,
  GIVEN_AGAIN,
} from '../training-flags';
import { addCorpusOptions, CORPUS_HELP } from './corpus';
import { endOf, ReportFile } from './report-file';
import { type Origin, originOf, type Prepared, prepare, type TrainFlags } from './train-model';
import { TrainingReport } from './training-report';
import {
  endOfRun,
  isNonFinite,
  noteBest,
  noteGoingOn,
  noteKept,
  noteNothingTrained,
  noteShards,
  nothingValidates,
  onTerminal,
  type RunEnd,
  requireTwoFiles,
  runEpochs,
  saveFailed,
  sharingOf,
} from './training-run';
import { unseenIds } from './unseen-text';

/** Options that a checkpoint has not: where the text stays, callbacks, and where to write. */
const KEPT: readonly string[] = [
  ...GIVEN_AGAIN,
  ...(['stream', 'reread', 'out', 'report', 'tensorboard', 'logEvery', 'json'] satisfies (keyof TrainFlags)[]),
];

/** Checkpoints, as asked. */
function checkpointsOf({ checkpoint, checkpointEvery }: TrainFlags): Callback[] {
  if (checkpoint === undefined && checkpointEvery !== undefined) {
    throw check.outOfRange('checkpointEvery', 'left out without --checkpoint', checkpointEvery);
  }
  return checkpoint === undefined ? [] : [callbacks.checkpoint({ path: checkpoint, everySteps: checkpointEvery })];
}

interface PreparedTraining {
  /** The flags, with what a checkpoint says of the reading of its text. */
  asked: TrainFlags;
  options: AskedFit;
  /** Keeps the best epoch, where that was asked for. */
  stopping: callbacks.EarlyStopping | undefined;
  end: RunEnd;
  origin: Origin | undefined;
}

/** Options of `fit`, checked as far as they can be before the text is read. */
async function trainingOptions(flags: TrainFlags, history: History): Promise<PreparedTraining> {
  const { earlyStopping } = flags;
  const origin = await originOf(flags);
  const encoding = flags.encoding ?? rememberedEncoding(origin?.checkpoint);
  const stopping = earlyStopping === undefined ? undefined : callbacks.earlyStopping({ patience: earlyStopping });
  const options: FitOptions = {
    ...fitOptions(flags),
    onWarning: note,
    callbacks: [
      ...(stopping === undefined ? [] : [stopping]),
      history,
      ...remembersReading(encoding),
      ...checkpointsOf(flags),
    ],
  };
  const resolved = resolveFit(options, origin?.checkpoint);
  if (earlyStopping !== undefined && resolved.validation === 0) {
    throw nothingValidates(earlyStopping);
  }
  const asked = encoding === undefined ? flags : { ...flags, encoding };
  return { asked, options: resolved, stopping, end: endOfRun(resolved), origin };
}

/** Tokens that it writes after each epoch, for the report. */
const SAMPLE = { word: 80, other: 300 };

/** Writes a text with the model as it is. */
function sampler(model: LanguageModel): () => Promise<string> {
  const length = model.vocabulary.kind === 'word' ? SAMPLE.word : SAMPLE.other;
  return () => model.sample('', { length, temperature: 0.8 });
}

/** Writes the page of a training that is over. */
async function writePage(
  page: ReportFile | undefined,
  { model, corpus }: Prepared,
  validated: number,
  kept: KeptWeights,
  remark: string | undefined,
): Promise<void> {
  if (page === undefined) return;
  const { cell } = model.architecture;
  await page.write({
    title: `${cell === 'rnn' ? 'Vanilla RNN' : cell.toUpperCase()} on ${corpus.name}`,
    note: remark,
    kept,
    model: model.model.description,
    inspect: async () =>
      inspect(model, await unseenIds(corpus, model.vocabulary, validated, tokensToInspect(model.model))),
  });
  note(`The report is in ${page.path}.`);
}

/** Refuses a place where the model could not be saved, or that would cost the text. */
async function requireOut(option: string, path: string, corpus: string): Promise<void> {
  await requireWritable(check.nonEmptyString(option, path));
  if (await isSameFile(path, corpus)) throw check.outOfRange(option, 'another file than the corpus', path);
}

/** Says what the training would take, and trains nothing. */
async function estimate(name: string, flags: TrainFlags): Promise<void> {
  const { asked, options, end, origin } = await trainingOptions(flags, new History());
  const { corpus, model } = await prepare(name, origin, asked);
  try {
    const estimated = await model.estimateAs(corpus, { ...options, signal: outputEnd });
    printEstimate(model, estimated, end, flags.json === true);
  } finally {
    model.dispose();
  }
}

async function train(name: string, flags: TrainFlags, command: Command): Promise<void> {
  if (flags.estimate) return estimate(name, flags);
  const { out, checkpoint, init, resume, report, tensorboard } = flags;
  const history = new History();
  const training = await trainingOptions(flags, history);
  const { options, stopping, end } = training;
  const validated = options.validation;
  const logEvery = flags.logEvery === undefined ? 0 : check.integer('logEvery', flags.logEvery, { min: 1 });
  if (tensorboard !== undefined) check.nonEmptyString('tensorboard', tensorboard);
  if (out !== undefined) await requireOut('out', out, name);
  if (checkpoint !== undefined) await requireOut('checkpoint', checkpoint, name);
  await requireTwoFiles(flags);
  const others = { 'the corpus': name, '--out': out, '--checkpoint': checkpoint, '--init': init, '--resume': resume };
  const page = await ReportFile.open(report, history, others);

  noteShards(options);
  const prepared = await prepare(name, training.origin, training.asked);
  const { corpus, model, counts } = prepared;
  if (page !== undefined) page.sample = sampler(model);
  const lines = new TrainingReport(flags.json === true, logEvery);
  const display = progressDisplay();
  using interrupt = new Interrupt(onTerminal(display));
  const signal = AbortSignal.any([interrupt.signal, outputEnd]);
  let stepped = false;
  let trained = false;
  const onProgress: FitOptions['onProgress'] = (progress) => {
    stepped = true;
    trained = true;
    if (out === undefined && checkpoint === undefined && progress.firstStep === 0)
      note('The model will not be kept: give --out FILE to save it.');
    lines.progress(progress);
    page?.progress(progress);
    display.update(progress);
  };
  // The page comes after the history, whose epochs it shows.
  const logged = tensorboard === undefined ? [] : [callbacks.tensorBoard(tensorboard, { sample: sampler(model) })];
  const all = [...options.callbacks, ...(page === undefined ? [] : [page]), ...logged];
  const keepBest = `${validated > 0 ? '' : '--validation 0.1 '}--early-stopping N`;
  const kept = (): KeptWeights => ({ bestEpoch: stopping?.bestEpoch, out, keepBest });
  const run = async (): Promise<boolean> => {
    const epochs = model.fitAs(corpus, { ...options, callbacks: all, signal, onProgress });
    try {
      return await runEpochs(epochs.ahead(), display, (epoch) => {
        trained = true;
        lines.epoch(epoch);
      });
    } catch (error) {
      if (trained || isNonFinite(error)) {
        await saveFailed({
          ...{ out, bestEpoch: stopping?.bestEpoch },
          save: (path) => model.save(path),
          writePage: () => writePage(page, prepared, validated, kept(), messageOf(error, command)),
        });
      }
      throw error;
    }
  };
  try {
    const interrupted = await run();
    if (out !== undefined) await model.save(out);
    const keptEpoch = stopping?.bestEpoch;
    await writePage(page, prepared, validated, kept(), endOf(history, interrupted, keptEpoch));
    const { last } = history;
    if (last !== undefined) lines.resumedAt(last);
    const stopped = endOf(history, false, keptEpoch);
    if (stopped !== undefined && (trained || interrupted)) note(stopped);
    else if (!stepped && !interrupted) noteNothingTrained(end);
    const best = validated > 0 ? history.best('validationLoss') : undefined;
    if (stopping !== undefined) noteKept(keptEpoch, trained);
    else if (best !== undefined && trained) noteBest(best, lines.isBetweenEpochs ? last : undefined);
    const sharing = sharingOf(options);
    lines.done({ savedTo: out, interrupted, trained: trained || interrupted, keptEpoch, best, counts, sharing });
    if (interrupt.status === undefined) return;
    process.exitCode = interrupt.status;
    if (interrupted) noteGoingOn(command, flags, KEPT);
  } finally {
    model.dispose();
  }
}

export function trainCommand(): Command {
  const command = new Command('train')
    .argument('<corpus>', CORPUS_HELP)
    .addOption(choiceOption('--tokens <kind>', 'what the text is cut into (default: char)', TOKEN_KINDS))
    .addOption(
      numberOption(
        '--vocab, --max-vocab <n>',
        'keep the n most frequent tokens; the unknown token is one of n (default: all)',
      ),
    )
    .addOption(numberOption('--min-count <n>', 'keep the tokens that occur so often (default: 1)'));
  addCorpusOptions(addTrainingOptions(command, 'train'));
  addNetworkOptions(command, 'train')
    .option(
      '--init <file>',
      'start from the weights of a safetensors file, and its vocabulary where it has one; frozen weights are trained',
    )
    .addOption(
      choiceOption(
        '--unknown <policy>',
        'of --init: what becomes of tokens that the model lacks (default: as it was trained)',
        [...UNKNOWN_POLICIES],
      ),
    )
    .option('--extend-vocab', "of --init: give the model the text's tokens that it lacks, with fresh weights");
  return addCheckpointOptions(command, 'train')
    .option('--out <file>', 'save the model there')
    .option('--report <file>', 'write a page there that shows the training: curves, samples, hidden units (.html)')
    .option('--tensorboard <folder>', 'log the training there for TensorBoard')
    .addOption(numberOption('--log-every <n>', 'report every nth step'))
    .option('--estimate', 'say what memory and time the training would take; train nothing and write no file')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      [
        '\nCtrl-C ends training at a whole step and saves the model so far (exit status 130), or with',
        '--checkpoint the whole training, and says how to go on; a second one ends at once. With',
        '--early-stopping the model that is saved is the best epoch, however training ends.',
      ].join('\n'),
    )
    .action(train);
}
