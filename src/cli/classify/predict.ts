/** `unrolled classify predict <model> [text…]`: the class of each text, one line each. */

import { Command } from 'commander';
import { readError } from '../../base/files/files';
import { counted } from '../../base/messages/plurals';
import { TextClassifier } from '../../models/text-classifier';
import type { TextPrediction } from '../../models/text-classifier-types';
import { type Encoding, TextChunks } from '../../text/encodings';
import { fileBytes } from '../../text/text-stream';
import { resolveBatch } from '../../training/options/example-options';
import { jsonOption, numberOption, threadsOption } from '../options';
import { encodingOption, fileOption, type InputFlags, notePaths, requireSource } from '../terminal/input';
import { note, outputEnd, printJson, printLine } from '../terminal/output';
import { nameShower } from '../terminal/visible-text';

interface PredictFlags extends InputFlags {
  batch?: number;
  threads?: number;
  json?: true;
}

/** Characters of a text that a line for people shows. */
const SHOWN = 60;

/**
 * The lines of a text that comes in pieces; the lines of one piece come together, so a program that writes one line and
 * waits gets its answer. A final line break ends a line and does not start one.
 */
async function* linesOf(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  encoding: Encoding = 'utf-8',
): AsyncGenerator<string[]> {
  const chunks = new TextChunks(encoding, path);
  const cut = (text: string) => text.split('\n').map((line) => line.replace(/\r$/, ''));
  let held = '';
  for await (const piece of pieces) {
    const text = chunks.push(piece);
    const end = text.lastIndexOf('\n');
    if (end !== -1) yield cut(held + text.slice(0, end));
    held = end === -1 ? held + text : text.slice(end + 1);
  }
  held += chunks.end();
  if (held !== '') yield cut(held.replace(/\n$/, ''));
}

async function* standardInput(): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of process.stdin) yield piece as Buffer;
  } catch (cause) {
    throw readError('Standard input', cause);
  }
}

/** The texts to classify, in batches: arguments, the lines of a file, or those of standard input. */
async function* textsOf(texts: string[], { file, encoding }: InputFlags): AsyncGenerator<string[]> {
  if (file !== undefined) yield* linesOf(file, fileBytes(file, {}), encoding);
  else if (texts.length === 0 || (texts.length === 1 && texts[0] === '-')) {
    yield* linesOf('Standard input', standardInput(), encoding);
  } else {
    notePaths(texts);
    yield texts;
  }
}

/** Most texts that notes name; more of a long file would bury its answers. */
const MOST_NAMED = 20;

/** Notes of texts whose class says nothing of them. */
class GuessNotes {
  #texts = 0;
  #guesses = 0;

  /** Counts the text, and notes its number from 1 if the model knows none of its words. */
  add(text: string, { knownTokens, unknownTokens }: TextPrediction): void {
    this.#texts++;
    if (knownTokens > 0 || this.#guesses++ >= MOST_NAMED) return;
    const reason =
      unknownTokens === 0
        ? 'has no words'
        : `has no word that the model knows (${counted(unknownTokens, 'unknown one')})`;
    const name = shown(text);
    note(`Text ${this.#texts}${name === '' ? '' : ` (${name})`} ${reason}: the predicted class means nothing.`);
  }

  end(): void {
    const more = this.#guesses - MOST_NAMED;
    if (more > 0) note(`${counted(more, 'more text')} without any word that the model knows.`);
  }
}

/** A text on one line; a long one is cut short. */
function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SHOWN
    ? `${Array.from(line)
        .slice(0, SHOWN - 1)
        .join('')}…`
    : line;
}

function print(text: string, prediction: TextPrediction, classNames: readonly string[], json: boolean): void {
  const { className, label, probability, probabilities, knownTokens, unknownTokens } = prediction;
  if (!json) {
    const show = nameShower(process.stdout);
    printLine(`${show(className)}\t${probability.toFixed(4)}\t${show(shown(text))}`);
    return;
  }
  const named = Object.fromEntries(classNames.map((name, index) => [name, probabilities[index]]));
  printJson({ text, className, label, probability, probabilities: named, knownTokens, unknownTokens });
}

async function predict(path: string, texts: string[], flags: PredictFlags): Promise<void> {
  const { file, batch, threads, json } = flags;
  resolveBatch(batch);
  const isPiped = file === undefined && !process.stdin.isTTY;
  requireSource(
    texts.length > 0 || isPiped,
    flags,
    'give texts, or - to read lines from standard input, or --file FILE',
  );
  using classifier = await TextClassifier.load(path, { threads });
  const guesses = new GuessNotes();
  for await (const list of textsOf(texts, flags)) {
    const predictions = await classifier.predict(list, { batch, signal: outputEnd });
    for (const [index, prediction] of predictions.entries()) {
      const text = list[index] as string;
      print(text, prediction, classifier.classNames, json === true);
      if (!json) guesses.add(text, prediction);
    }
  }
  guesses.end();
}

export function classifyPredictCommand(): Command {
  return new Command('predict')
    .description('print the class of each text and its probability, one line per text')
    .argument('<model>', 'a model file saved by classify train')
    .argument('[text...]', 'the texts; if none are given, or -, the lines of standard input')
    .addOption(fileOption('read one text per line from this file (.gz too) instead of the arguments'))
    .addOption(encodingOption('the file, or of standard input'))
    .addOption(numberOption('--batch <n>', 'texts in one batch (default: 32)'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(predict);
}
