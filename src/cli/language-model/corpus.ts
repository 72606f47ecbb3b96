/** The argument `<corpus>`: a file, or a data set by name. */

import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import * as datasets from '../../datasets';
import { requireSameForm } from '../../models/model-header';
import { Corpus } from '../../text/corpus';
import type { Encoding } from '../../text/encodings';
import type { FileCorpus, FileCorpusOptions, ReadingProgress } from '../../text/file-corpus';
import {
  type FormOptions,
  type LineEnds,
  NORMALIZATIONS,
  type Normalization,
  type TextForm,
} from '../../text/text-form';
import type { Vocabulary } from '../../text/vocabulary';
import type { VocabularyOptions } from '../../text/vocabulary-options';
import { choiceOption } from '../options';
import { encodingOption, lineEndsOption, readStandardInput, STANDARD_INPUT } from '../terminal/input';
import { Interrupt } from '../terminal/interrupt';
import { note, outputEnd } from '../terminal/output';
import { readingDisplay } from '../terminal/reading-display';

const NAMED: Record<string, (options: VocabularyOptions) => Promise<Corpus>> = {
  shakespeare: datasets.shakespeare,
  sonnets: datasets.sonnets,
  tang: datasets.tang,
};

export const CORPUS_HELP = `a text file (.gz too), - for standard input, or one of ${Object.keys(NAMED).join(', ')}`;

/** Values of the options that say how the file of a corpus is read. */
export interface CorpusFlags {
  encoding?: Encoding;
  lineEnds?: LineEnds;
  normalize?: Normalization;
  stream?: true;
  reread?: true;
}

/** Adds the options of `CorpusFlags`. */
export function addCorpusOptions(command: Command): Command {
  command
    .addOption(encodingOption('the text file'))
    .addOption(lineEndsOption())
    .addOption(
      choiceOption(
        '--normalize <form>',
        "Unicode normal form to read the text in (default: none, or the model's)",
        NORMALIZATIONS,
      ),
    )
    .option(
      '--stream',
      'leave the text in its file, if it is larger than memory; its ids are written to the cache folder',
    )
    .option(
      '--reread',
      'with --stream: read the whole text again, even if it is unchanged and its ids are in the cache',
    );
  return command;
}

/** The part of the flags that says how the file is read. */
export function corpusFlags({ encoding, lineEnds, normalize, stream, reread }: CorpusFlags): CorpusFlags {
  return {
    ...(encoding !== undefined && { encoding }),
    ...(lineEnds !== undefined && { lineEnds }),
    ...(normalize !== undefined && { normalize }),
    ...(stream && { stream }),
    ...(reread && { reread }),
  };
}

/**
 * Whether there is a file of that name.
 * @throws ERR_UNROLLED_FILE_READ for a folder.
 */
async function isThere(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found !== undefined;
  throw new UnrolledError(
    'ERR_UNROLLED_FILE_READ',
    `${path} is a folder, but the corpus of a language model is one text file: join its files, or give one of them`,
    {
      advice: 'For a folder with one sub-folder per class, use unrolled classify train.',
      option: 'corpus',
      expected: 'a text file',
      received: 'a folder',
    },
  );
}

/** Letters to leave out, to add or to change that make one word the other. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const changed = (row[j] as number) + (letter === other[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}

/**
 * Says which data set a name may have been meant for that is neither a file nor a data set.
 * @throws ERR_UNROLLED_FILE_NOT_FOUND.
 */
function refuseMisspelt(name: string): void {
  const meant = Object.keys(NAMED).find((known) => editsBetween(name.toLowerCase(), known) <= 2);
  if (meant === undefined) return;
  throw new UnrolledError('ERR_UNROLLED_FILE_NOT_FOUND', `There is no file ${name}`, {
    advice: `Did you mean the data set ${meant}?`,
    option: 'corpus',
    expected: 'a text file or a data set',
    received: name,
  });
}

/** How a corpus is read. */
export interface CorpusReading {
  flags: CorpusFlags;
  vocabulary: VocabularyOptions;
  /** The file of a model that there is, and the form of its texts, which is this one's too. */
  model?: { path: string; form: Readonly<TextForm> | undefined } | undefined;
  /** Vocabulary of an existing model: a text that stays in its file is encoded with it at once. */
  trained?: Vocabulary | undefined;
}

/**
 * The form of the text: that of the model, or as the flags say if the model has none.
 * @throws ERR_UNROLLED_MODEL_MISMATCH if they ask for another.
 */
function formOf({ flags: { lineEnds, normalize: normalization }, model }: CorpusReading): FormOptions {
  const asked = { lineEnds, normalization };
  if (model?.form === undefined) return asked;
  requireSameForm(model.path, model.form, asked);
  return model.form;
}

/** A corpus that stays in its file. A signal ends the passes over it, and the process when what they wrote is gone. */
async function streamCorpus(name: string, options: FileCorpusOptions): Promise<FileCorpus> {
  using interrupt = new Interrupt({ onFirst: () => {}, onSecond: () => {} });
  let noted = 0;
  const display = readingDisplay(name);
  const onProgress = (progress: ReadingProgress) => {
    const { pass } = progress;
    if (pass > noted) {
      display.clear();
      note(pass === 1 ? `Reading ${name} to find its tokens.` : `Writing the ids of ${name}.`);
    }
    noted = pass;
    display.update(progress);
  };
  try {
    const signal = AbortSignal.any([interrupt.signal, outputEnd]);
    const corpus = await datasets.textFile(name, { ...options, signal, onProgress });
    if (noted === 0) note(`${name} has not changed: the ids of an earlier run are used.`);
    return corpus;
  } catch (error) {
    if (interrupt.status !== undefined) process.exit(interrupt.status);
    throw error;
  } finally {
    display.clear();
  }
}

/**
 * The corpus of that name or path, or of standard input. A file outranks a data set of the same name.
 * @throws what the data set, `datasets.text` or `datasets.textFile` throws; ERR_UNROLLED_OPTION_RANGE for flags of a
 *   file that a data set by name does not take; ERR_UNROLLED_MODEL_MISMATCH for another form than the model's.
 */
export async function loadCorpus(name: string, how: CorpusReading): Promise<Corpus | FileCorpus> {
  const { flags, vocabulary, trained } = how;
  const load = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  const { encoding, lineEnds, normalize: normalization, stream, reread } = flags;
  const form = formOf(how);
  if (reread && !stream)
    throw check.outOfRange('reread', 'left out unless --stream is given, whose ids it writes again', reread);
  if (name === STANDARD_INPUT) {
    if (stream) throw check.outOfRange('stream', 'left out for standard input, which cannot be read twice', stream);
    const text = await readStandardInput({ encoding, ...form });
    return Corpus.fromLongText(text, { name: 'standard input', ...vocabulary, ...form });
  }
  const isFile = await isThere(name);
  if (!isFile && load === undefined) refuseMisspelt(name);
  if (load === undefined || isFile) {
    if (!stream) return datasets.text(name, { ...vocabulary, encoding, ...form });
    return streamCorpus(name, { ...(trained ? { vocabulary: trained } : vocabulary), encoding, ...form, reread });
  }
  const [given] = Object.entries({ encoding, lineEnds, normalize: normalization, stream }).filter(([, value]) => value);
  if (given !== undefined) throw check.outOfRange(given[0], `left out for the data set ${name}`, given[1]);
  return load({ ...vocabulary, ...form });
}
