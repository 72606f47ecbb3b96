/** `unrolled classify train <folder>`: a classifier of texts, one class a sub-folder. */

import { basename } from 'node:path';
import { Command } from 'commander';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { absolutePath, requireWritable } from '../../base/files/files';
import { resolveThreads } from '../../base/limits';
import * as callbacks from '../../callbacks';
import * as datasets from '../../datasets';
import { resolveClassifierArchitecture } from '../../models/architecture/classifier-architecture';
import { type AskedTextFit, resolveTextFit, TextClassifier } from '../../models/text-classifier';
import type { TextClassifierFitOptions } from '../../models/text-classifier-types';
import { readModelFile } from '../../network/model-file';
import type { Encoding } from '../../text/encodings';
import { NORMALIZATIONS } from '../../text/text-form';
import { TextVectorizer } from '../../text/text-vectorizer';
import {
  resolveVectorizerOptions,
  SPLITS,
  STANDARDIZATIONS,
  type TextVectorizerOptions,
} from '../../text/vectorizer-options';
import { checkpointOf } from '../../training/checkpoint/checkpoint-file';
import type { Checkpoint } from '../../training/checkpoint/record';
import { History } from '../../training/history';
import { VALIDATING_TEXTS } from '../../training/options/training-options-table';
import { printEstimate } from '../estimate';
import type { KeptWeights } from '../kept-weights';
import { endOf, ReportFile } from '../language-model/report-file';
import {
  endOfRun,
  isNonFinite,
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
} from '../language-model/training-run';
import { choiceOption, jsonOption, numberOption } from '../options';
import { messageOf } from '../terminal/failure';
import { encodingOption, type InputFlags } from '../terminal/input';
import { Interrupt } from '../terminal/interrupt';
import { note, outputEnd } from '../terminal/output';
import { progressDisplay } from '../terminal/progress';
import { rememberedEncoding, remembersReading } from '../terminal/remembered-reading';
import {
  addCheckpointOptions,
  addNetworkOptions,
  addTrainingOptions,
  classifierOptions,
  fitOptions,
  GIVEN_AGAIN,
  type SharedFlags,
} from '../training-flags';
import { type ClassifyData, classesOption, FOLDER_HELP, loadTraining, noteTexts, skipUnreadableOption } from './data';
import { type ModelFlags, vectorizerFor } from './model';
import { type Parting, writePage } from './page';
import { ClassifyReport } from './report';
import { readStopWords, stopWordsOption } from './stop-words';

interface TrainFlags extends SharedFlags, ModelFlags, Pick<InputFlags, 'encoding'> {
  test?: string;
  classes?: string[];
  skipUnreadable?: true;
  validation?: number;
  earlyStopping?: number;
  checkpoint?: string;
  resume?: string;
  out?: string;
  report?: string;
  tensorboard?: string;
  json?: true;
  estimate?: true;
}

/** The flags as they are typed, where stop words are a name. */
type TypedFlags = Omit<TrainFlags, 'stopWords'> & { stopWords?: string };

/** Options that a checkpoint has not: which texts are read, callbacks, and where to write. */
const KEPT: readonly string[] = [
  ...GIVEN_AGAIN,
  ...(['test', 'classes', 'skipUnreadable', 'out', 'report', 'tensorboard', 'json'] satisfies (keyof TrainFlags)[]),
];

const DEFAULT_VOCABULARY = 5000;

const UNSPACED =
  'Most of the texts is in a script without spaces between words, so that a whole sentence is taken for a word: give ' +
  '--split word, or --split character.';

function vectorizerOptions({
  maxVocab,
  normalize,
  standardize,
  split,
  stopWords,
  sequenceLength,
}: TrainFlags): TextVectorizerOptions {
  const maxTokens = maxVocab ?? DEFAULT_VOCABULARY;
  return { maxTokens, normalization: normalize, standardize, split, stopWords, sequenceLength };
}

interface Prepared {
  /** Of the texts: as asked, or as the checkpoint says. */
  encoding: Encoding | undefined;
  options: AskedTextFit;
  /** How `fit` will part the texts. */
  parting: Parting;
  end: RunEnd;
  /** What training goes on from. */
  origin: Origin | undefined;
}

/** What `--resume` names. It is read once. */
interface Origin {
  checkpoint: Checkpoint;
  vectorizer: TextVectorizer | undefined;
}

/**
 * What `--resume` names.
 * @throws ERR_UNROLLED_MODEL_MISMATCH for one of another model than the flags say.
 */
async function originOf(flags: TrainFlags): Promise<Origin | undefined> {
  if (flags.resume === undefined) return undefined;
  const file = await readModelFile(check.nonEmptyString('resume', flags.resume));
  const vectorizer = file.header && (await vectorizerFor(file, flags));
  return { checkpoint: await checkpointOf(file), vectorizer };
}

/** Refuses what can be known to be wrong before the texts are read. */
async function prepare(flags: TrainFlags, history: History, page: ReportFile | undefined): Promise<Prepared> {
  const { resume, checkpoint, out, earlyStopping, tensorboard } = flags;
  if (resume === undefined) {
    resolveVectorizerOptions(vectorizerOptions(flags));
    resolveClassifierArchitecture(classifierOptions(flags));
  }
  const origin = await originOf(flags);
  const encoding = flags.encoding ?? rememberedEncoding(origin?.checkpoint);
  const options: TextClassifierFitOptions = {
    ...fitOptions(flags),
    onWarning: note,
    validation: flags.validation ?? (resume === undefined ? VALIDATING_TEXTS : undefined),
    callbacks: [
      history,
      ...(page === undefined ? [] : [page]),
      ...(earlyStopping === undefined
        ? []
        : [callbacks.earlyStopping({ patience: earlyStopping, restoreBest: false })]),
      ...remembersReading(encoding),
      ...(tensorboard === undefined ? [] : [callbacks.tensorBoard(check.nonEmptyString('tensorboard', tensorboard))]),
      ...(checkpoint === undefined ? [] : [callbacks.checkpoint({ path: checkpoint })]),
    ],
  };
  const resolved = resolveTextFit(options, origin?.checkpoint);
  const { validation, native } = resolved;
  if (earlyStopping !== undefined && validation === 0) {
    throw nothingValidates(earlyStopping);
  }
  if (out !== undefined) await requireWritable(check.nonEmptyString('out', out));
  if (checkpoint !== undefined) await requireWritable(check.nonEmptyString('checkpoint', checkpoint));
  await requireTwoFiles(flags);
  return {
    options: resolved,
    parting: { validation, seed: native.seed },
    end: endOfRun(resolved),
    ...{ encoding, origin },
  };
}

/** The classifier of a checkpoint, which must be of the same classes. */
async function resumedClassifier(origin: Origin, { classNames }: ClassifyData, threads: number | undefined) {
  const { file } = origin.checkpoint;
  const classifier = await TextClassifier.fromFile(file, resolveThreads(threads), origin.vectorizer);
  const [before, now] = [classifier.classNames.join(', '), classNames.join(', ')];
  if (before === now) return classifier;
  classifier.dispose();
  throw new UnrolledError(
    'ERR_UNROLLED_MODEL_MISMATCH',
    `${file.path} was trained with the classes ${before}, and the folder has ${now}`,
    { option: 'resume', expected: before, received: now },
  );
}

/** A new classifier with the vocabulary of what trains: what validates is unseen. */
async function newClassifier({ classNames, examples }: ClassifyData, flags: TrainFlags, validation: number) {
  const { train } = datasets.split(examples, { validation, seed: flags.seed });
  const texts = train.map(({ text }) => text);
  const onWarning = () => note(UNSPACED);
  const vectorizer = await TextVectorizer.adapt(texts, { ...vectorizerOptions(flags), onWarning });
  return TextClassifier.create({ ...classifierOptions(flags), vectorizer, classNames, threads: flags.threads });
}

/** The classifier that is trained. */
async function classifierOf(
  data: ClassifyData,
  flags: TrainFlags,
  { origin, parting }: Pick<Prepared, 'origin' | 'parting'>,
): Promise<TextClassifier> {
  return origin === undefined
    ? newClassifier(data, flags, parting.validation)
    : resumedClassifier(origin, data, flags.threads);
}

/** Says what the training would take, and trains nothing. */
async function estimate(name: string, flags: TrainFlags): Promise<void> {
  const prepared = await prepare(flags, new History(), undefined);
  const data = await loadTraining(name, { ...flags, encoding: prepared.encoding });
  noteTexts(data, prepared.parting.validation);
  using classifier = await classifierOf(data, flags, prepared);
  const { options, end } = prepared;
  const estimated = await classifier.estimateAs(data.examples, { ...options, signal: outputEnd });
  printEstimate(classifier.model, estimated, end, flags.json === true);
}

async function train(name: string, typed: TypedFlags, command: Command): Promise<void> {
  const { stopWords, ...others } = typed;
  const read = await readStopWords(stopWords, typed.encoding);
  const flags: TrainFlags = { ...others, ...(read !== undefined && { stopWords: read }) };
  if (flags.estimate) return estimate(name, flags);
  const { out, checkpoint, resume } = flags;
  const history = new History();
  const places = { '--out': out, '--checkpoint': checkpoint, '--resume': resume };
  const page = await ReportFile.open(flags.report, history, places);
  const prepared = await prepare(flags, history, page);
  const { options, parting, end } = prepared;
  const { best } = options;
  noteShards(options);
  const data = await loadTraining(name, { ...flags, encoding: prepared.encoding });
  noteTexts(data, parting.validation);
  using classifier = await classifierOf(data, flags, prepared);

  const { cell } = classifier.architecture;
  const title = `${cell === 'rnn' ? 'Vanilla RNN' : cell.toUpperCase()} on ${basename(absolutePath(name))}`;
  const training = { title, data, parting };
  const report = new ClassifyReport(flags.json === true);
  const display = progressDisplay(process.stderr, 'texts');
  using interrupt = new Interrupt(onTerminal(display));
  const signal = AbortSignal.any([interrupt.signal, outputEnd]);
  let seconds = 0;
  let trained = false;
  const onProgress: TextClassifierFitOptions['onProgress'] = (progress) => {
    trained = true;
    if (out === undefined && checkpoint === undefined && progress.firstStep === 0)
      note('The model will not be kept: give --out FILE to save it.');
    seconds = progress.seconds;
    page?.progress(progress);
    display.update(progress);
  };
  /** The epoch whose weights the model has; a checkpoint of an earlier release does not say. */
  const bestEpoch = () => best && (best.bestEpoch ?? history.best('validationLoss')?.epoch);
  const kept = (): KeptWeights => ({ bestEpoch: bestEpoch(), out, keepBest: '--validation 0.1' });
  const run = async (): Promise<boolean> => {
    const epochs = classifier.fitAs(data.examples, { ...options, signal, onProgress });
    try {
      return await runEpochs(epochs.ahead(), display, (epoch) => {
        trained = true;
        report.epoch(epoch);
        const stopped = endOf(history, false, bestEpoch());
        if (stopped !== undefined) note(stopped);
      });
    } catch (error) {
      if (trained || isNonFinite(error)) {
        await saveFailed({
          ...{ out, bestEpoch: bestEpoch() },
          save: (path) => classifier.save(path),
          writePage: () => writePage(page, classifier, training, kept(), messageOf(error, command)),
        });
      }
      throw error;
    }
  };
  const interrupted = await run();
  if (!trained && !interrupted) noteNothingTrained(end);
  if (out !== undefined) await classifier.save(out);
  const keptEpoch = best === undefined && !interrupted ? history.last?.epoch : bestEpoch();
  if (interrupted && best !== undefined) noteKept(keptEpoch, trained);
  await writePage(page, classifier, training, kept(), endOf(history, interrupted, keptEpoch));
  seconds = Math.max(seconds, history.last?.seconds ?? 0);
  try {
    const test = interrupted || data.test === undefined ? undefined : await classifier.evaluate(data.test, { signal });
    const figures = best === undefined ? history.last : history.epochs.find(({ epoch }) => epoch === keptEpoch);
    const sharing = sharingOf(options);
    const outcome = { seconds, test, savedTo: out, interrupted, trained: trained || interrupted, sharing };
    report.done({ keptEpoch, figures, ...outcome });
  } catch (error) {
    // While the test was running: the model is saved already.
    const isAborted = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED';
    if (!isAborted || interrupt.status === undefined) throw error;
  }
  if (interrupt.status === undefined) return;
  process.exitCode = interrupt.status;
  noteGoingOn(command, flags, KEPT);
}

export function classifyTrainCommand(): Command {
  const command = new Command('train')
    .description('train a classifier of texts on a folder with one class a sub-folder')
    .argument('<folder>', FOLDER_HELP)
    .option('--test <folder>', 'texts of the same classes to test with at the end')
    .addOption(classesOption())
    .addOption(encodingOption('the text files'))
    .addOption(skipUnreadableOption())
    .addOption(
      numberOption(
        '--vocab, --max-vocab <n>',
        `most words known, padding and unknown among them (default: ${DEFAULT_VOCABULARY})`,
      ),
    )
    .addOption(
      choiceOption(
        '--normalize <form>',
        "Unicode's normal form of all texts, also later ones (default: none)",
        NORMALIZATIONS,
      ),
    )
    .addOption(
      choiceOption(
        '--standardize <kind>',
        'whether upper case goes, and punctuation; lower keeps ，。 and the like for tokens of --split word (default: ' +
          'lower-and-strip-punctuation)',
        Object.keys(STANDARDIZATIONS),
      ),
    )
    .addOption(
      choiceOption(
        '--split <kind>',
        'how texts are cut; word is for languages without spaces (default: whitespace)',
        SPLITS,
      ),
    )
    .addOption(stopWordsOption())
    .addOption(numberOption('--sequence-length <n>', 'words of a text that are read (default: all)'));
  addNetworkOptions(addTrainingOptions(command, 'classify train'), 'classify train');
  return addCheckpointOptions(command, 'classify train')
    .option('--out <file>', 'save the model there')
    .option('--report <file>', 'write a page there that shows the training: curves, confusions, hidden units (.html)')
    .option('--tensorboard <folder>', 'log the training there for TensorBoard')
    .addOption(jsonOption())
    .option('--estimate', 'say what memory and time the training would take; train nothing and write no file')
    .addHelpText(
      'after',
      [
        '\nOf the epochs, the one with the lowest validation loss is kept. --json prints a line an epoch, and a last one',
        'for the epoch that was kept, with testLoss and testAccuracy where there is something to test with.',
        '\nCtrl-C ends training at a whole step and saves the best epoch so far (exit status 130), or with --checkpoint the',
        'whole training, and says how to go on.',
      ].join('\n'),
    )
    .action(train);
}
