/** The argument `<folder>` of `classify`: one sub-folder per class, or a data set by name. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { shownPath } from '../../base/files/system-names';
import { roundedCount } from '../../base/fractions';
import { phrase, refer } from '../../base/messages/phrase';
import { counted } from '../../base/messages/plurals';
import * as datasets from '../../datasets';
import { lostLinks, otherFiles, subFolders } from '../../datasets/labelled-files';
import { listFiles, type SkippedFile } from '../../datasets/unreadable-files';
import type { Encoding } from '../../text/encodings';
import type { Example, LabelledTexts, SourcedExample } from '../../text/example';
import { note } from '../terminal/output';

export const FOLDER_HELP =
  'a folder with one sub-folder per class (reviews/neg/1.txt), or with train and test folders of that form inside; or imdb';

const IMDB = 'imdb';

/** The data of a classifier: texts to train on, and texts to test on if there are any. */
export interface ClassifyData extends LabelledTexts {
  test: readonly Example[] | undefined;
}

/** How a folder of texts is read. */
export interface FolderReading {
  classes?: readonly string[] | undefined;
  encoding?: Encoding | undefined;
  skipUnreadable?: boolean | undefined;
}

export function skipUnreadableOption(): Option {
  return new Option('--skip-unreadable', 'leave out files that cannot be read or have another encoding, and list them');
}

export function classesOption(): Option {
  const description = 'the sub-folders to use as classes, in this order (default: all, by name)';
  return new Option('--classes <names>', `${description}; for example --classes neg,pos`).argParser((names) =>
    names.split(','),
  );
}

/** A folder of that path outranks the data set of the same name. */
function isNamed(name: string): boolean {
  return name === IMDB && !existsSync(name);
}

/** The part of a folder that has classes inside. */
async function partOf(folder: string, part: string, names: readonly string[]): Promise<string | undefined> {
  if (!names.includes(part)) return undefined;
  const path = join(folder, part);
  return (await subFolders(path)).length > 0 ? path : undefined;
}

/**
 * The parts of a folder: `train` and `test` of a folder with both (or `train` alone), else the folder itself to train
 * on. Other folders next to these two, such as `validation`, are skipped.
 */
async function partsOf(folder: string): Promise<{ train: string; test: string | undefined }> {
  const names = await subFolders(folder);
  const train = await partOf(folder, 'train', names);
  const test = await partOf(folder, 'test', names);
  const hasParts = train !== undefined && (test !== undefined || names.length === 1);
  return hasParts ? { train, test } : { train: folder, test: undefined };
}

function requireClasses(folder: string, classNames: readonly string[]): void {
  if (classNames.length > 1) return;
  throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${folder} has a single class, ${classNames.join('')}`, {
    advice: 'Give a folder with one sub-folder for each class.',
    expected: 'at least two sub-folders with texts',
    received: classNames.join(''),
  });
}

/** Most files that a message names. */
const MOST_NAMED = 3;

function firstOf(names: readonly string[]): string {
  return names.slice(0, MOST_NAMED).join(', ') + (names.length > MOST_NAMED ? ', …' : '');
}

/** Tells of links that may have been meant for classes. */
async function noteLostLinks(folder: string): Promise<void> {
  const links = (await lostLinks(folder)).map(shownPath);
  if (links.length === 0) return;
  const [is, was] = links.length === 1 ? ['is', 'was'] : ['are', 'were'];
  note(`${counted(links.length, 'link')} of ${folder} ${is} broken and ${was} skipped: ${firstOf(links)}`);
}

/** Tells of files that may have been meant for texts. */
async function noteOthers(folder: string, classNames: readonly string[]): Promise<void> {
  const folders = (await subFolders(folder)).filter((name) => classNames.includes(shownPath(name)));
  const others = (await Promise.all(folders.map((name) => otherFiles(folder, name)))).flat().map(shownPath);
  if (others.length === 0) return;
  const passed = `${counted(others.length, 'file')} of ${folder} ${others.length === 1 ? 'was' : 'were'} skipped`;
  note(`${passed}, because only .txt files are read: ${firstOf(others)}`);
}

/** Most classes that are listed one by one, as in `classify evaluate`. */
const MOST_LISTED = 12;

/**
 * The number of texts in each class. With very many classes: the names of the first, and the smallest and the largest
 * number.
 */
function textsOfClasses({ classNames, examples }: LabelledTexts): string {
  const counts = classNames.map(() => 0);
  for (const { label } of examples) counts[label] = (counts[label] ?? 0) + 1;
  const named = classNames.map((name, label) => `${name} ${counts[label]}`);
  if (named.length <= MOST_LISTED) return `${named.length} classes: ${named.join(', ')}`;
  const [fewest, most] = counts.reduce(
    ([low, high], count) => [Math.min(low, count), Math.max(high, count)],
    [Number.POSITIVE_INFINITY, 0],
  );
  const texts = fewest === most ? counted(most, 'text') : `${fewest} to ${counted(most, 'text')}`;
  return `${named.length} classes of ${texts}: ${firstOf(named)}`;
}

/**
 * Tells what there is to train on.
 * @param validation the fraction that validates.
 */
export function noteTexts(labelled: LabelledTexts, validation: number): void {
  const { examples } = labelled;
  const unseen = roundedCount(examples.length, validation);
  const validate = validation === 0 ? 'none' : String(unseen);
  note(
    `${textsOfClasses(labelled)}; ${validate} of ` +
      `${counted(examples.length, 'text')} ${unseen === 1 ? 'is' : 'are'} for validation.`,
  );
}

/** Names all files that were left out. */
function noteSkipped(folder: string, skipped: readonly SkippedFile[]): void {
  if (skipped.length === 0) return;
  const left = `cannot be read and ${skipped.length === 1 ? 'was' : 'were'} left out`;
  note(`${counted(skipped.length, 'file')} of ${folder} ${left}: ${listFiles(skipped)}`);
}

/** Tells of texts that are read as texts without words, as an empty file is. */
function noteEmpty(folder: string, examples: readonly SourcedExample[]): void {
  const empty = examples.filter(({ text }) => text.trim() === '').map(({ source }) => source);
  if (empty.length === 0) return;
  const named = firstOf(empty);
  const all = counted(examples.length, 'text');
  note(
    empty.length === 1
      ? `1 of the ${all} in ${folder} is empty and counts as a text without words: ${named}`
      : `${empty.length} of the ${all} in ${folder} are empty and count as texts without words: ${named}`,
  );
}

/** Refuses a single class name: training needs at least two. */
function requireTwoNames(classes: readonly string[] | undefined): void {
  if (classes?.length !== 1 || classes[0] === '') return;
  const [name] = classes as [string];
  throw new UnrolledError(
    'ERR_UNROLLED_OPTION_RANGE',
    phrase`${refer.option('classes')} names a single class, ${name}, but training needs at least two: --classes ${name},OTHER`,
    { option: 'classes', expected: 'at least two names', received: name },
  );
}

/** What to do about a folder with classes that the model does not have. */
function adviceFor(folder: string, common: readonly string[], isTraining: boolean, isPartOfModel: boolean): string {
  if (common.length === 0)
    return "They have no class in common: give the sub-folders the names of the model's classes.";
  // While training, --classes is for what trains too.
  if (isTraining && isPartOfModel) return `Keep only the model's classes in ${folder}: ${common.join(', ')}.`;
  return `To use only the model's classes, give --classes ${common.join(',')}.`;
}

/**
 * Texts of the classes of a model.
 * @throws ERR_UNROLLED_MODEL_MISMATCH for a sub-folder that is not one of them; the errors of `datasets.textFolder`.
 */
async function textsOf(
  folder: string,
  classNames: readonly string[],
  { classes, encoding, skipUnreadable }: FolderReading,
  { isTraining = false } = {},
): Promise<readonly Example[]> {
  const names = classes ?? (await subFolders(folder)).map(shownPath);
  const common = names.filter((name) => classNames.includes(name));
  if (common.length < names.length) {
    const [found, known] = [names.join(', '), classNames.join(', ')];
    const who = classes === undefined ? `${folder} has` : '--classes names';
    const advice = adviceFor(folder, common, isTraining, common.length < classNames.length);
    throw new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', `${who} the classes ${found}, but the model has ${known}`, {
      advice,
      option: 'classes',
      expected: known,
      received: found,
    });
  }
  const read = await datasets.textFolder(folder, { classes: names, encoding, skipUnreadable });
  noteSkipped(folder, read.skipped);
  noteEmpty(folder, read.examples);
  return read.examples.map(({ text, label }) => ({ text, label: classNames.indexOf(names[label] as string) }));
}

function requirePlain({ classes, encoding, skipUnreadable }: FolderReading): void {
  if (classes !== undefined) throw check.outOfRange('classes', `left out for the data set ${IMDB}`, classes.join(','));
  if (encoding !== undefined) throw check.outOfRange('encoding', `left out for the data set ${IMDB}`, encoding);
  if (skipUnreadable) throw check.outOfRange('skipUnreadable', `left out for the data set ${IMDB}`, skipUnreadable);
}

/**
 * The texts to train on, and the texts to test on if `test` names a folder or the data has a test part.
 * @throws the errors of `datasets.textFolder` and `datasets.imdb`; ERR_UNROLLED_CORPUS_EMPTY for a single class;
 *   ERR_UNROLLED_MODEL_MISMATCH for a test folder with other classes.
 */
export async function loadTraining(
  name: string,
  { test, classes, encoding, skipUnreadable }: FolderReading & { test?: string },
): Promise<ClassifyData> {
  const reading = { classes, encoding, skipUnreadable };
  if (isNamed(name)) {
    requirePlain({ classes, ...(test === undefined && { encoding, skipUnreadable }) });
    const { classNames, train, test: own } = await datasets.imdb();
    const tested =
      test === undefined ? own : await textsOf(test, classNames, { encoding, skipUnreadable }, { isTraining: true });
    return { classNames, examples: train, test: tested.length > 0 ? tested : undefined };
  }
  requireTwoNames(classes);
  const parts = await partsOf(name);
  const { classNames, examples, skipped } = await datasets.textFolder(parts.train, reading);
  requireClasses(parts.train, classNames);
  noteSkipped(parts.train, skipped);
  noteEmpty(parts.train, examples);
  await noteOthers(parts.train, classNames);
  if (classes === undefined) await noteLostLinks(parts.train);
  const tested = test ?? parts.test;
  return {
    ...{ classNames, examples },
    test: tested === undefined ? undefined : await textsOf(tested, classNames, reading, { isTraining: true }),
  };
}

/**
 * The texts to evaluate a model of these classes on: the test part, if a folder or data set has parts.
 * @throws the errors of `loadTraining`; ERR_UNROLLED_MODEL_MISMATCH for other classes.
 */
export async function loadEvaluation(
  name: string,
  classNames: readonly string[],
  reading: FolderReading,
): Promise<readonly Example[]> {
  if (!isNamed(name)) return textsOf((await partsOf(name)).test ?? name, classNames, reading);
  requirePlain(reading);
  const { classNames: names, test } = await datasets.imdb();
  if (names.some((className) => !classNames.includes(className))) {
    throw new UnrolledError(
      'ERR_UNROLLED_MODEL_MISMATCH',
      `The data set ${name} has the classes ${names.join(', ')}, but the model has ${classNames.join(', ')}`,
      {
        advice: "Train a model on it, or evaluate this one on a folder that has the model's classes.",
        expected: classNames.join(', '),
        received: names.join(', '),
      },
    );
  }
  return test.map(({ text, label }) => ({ text, label: classNames.indexOf(names[label] as string) }));
}
