/** Finds the option that an unknown name was meant for: names from other libraries, and typing errors. */

import { type Phrase, phrase, type Reference } from './phrase';

/** Names of Keras, PyTorch, TensorFlow.js and brain.js, in small letters alone, and ours for the same; the first known counts. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  batchsize: ['batch'],
  learningrate: ['learningRate', 'lr'],
  lr: ['learningRate'],
  eta: ['learningRate', 'lr'],
  units: ['hidden'],
  hiddensize: ['hidden'],
  hiddenunits: ['hidden'],
  hiddenlayers: ['hidden', 'layers'],
  numlayers: ['layers'],
  depth: ['layers'],
  embeddingdim: ['embedding'],
  embeddingsize: ['embedding'],
  outputdim: ['embedding'],
  celltype: ['cell'],
  rnntype: ['cell'],
  validationsplit: ['validation'],
  valsplit: ['validation'],
  iterations: ['epochs', 'steps'],
  numepochs: ['epochs'],
  maxepochs: ['epochs'],
  maxsteps: ['steps'],
  bptt: ['window'],
  timesteps: ['window', 'sequenceLength'],
  seqlen: ['window', 'sequenceLength'],
  seqlength: ['window', 'sequenceLength'],
  maxlen: ['sequenceLength', 'length'],
  vocabsize: ['maxTokens', 'maxVocab', 'vocabulary'],
  numwords: ['maxTokens', 'maxVocab'],
  maxfeatures: ['maxTokens', 'maxVocab'],
  maxvocab: ['maxTokens'],
  vocab: ['maxTokens', 'vocabulary'],
  maxtokens: ['maxVocab'],
  maxsize: ['maxVocab'],
  maxgradnorm: ['clipNorm'],
  gradclip: ['clipNorm'],
  optim: ['optimizer'],
  l2: ['weightDecay'],
  randomseed: ['seed'],
  randomstate: ['seed'],
  workers: ['threads'],
  numworkers: ['threads'],
  numthreads: ['threads'],
  patience: ['earlyStopping', 'callbacks'],
  maxnewtokens: ['length'],
  maxlength: ['length', 'sequenceLength'],
  numclasses: ['classes'],
  verbose: ['onProgress', 'logEvery'],
  onepochend: ['callbacks'],
  output: ['out'],
  outputfile: ['out'],
  savepath: ['out'],
};

/** Names of other tools' commands, and ours for the same; those below `classify` by both words. */
const PEER_COMMANDS: Readonly<Record<string, string>> = {
  predict: 'classify predict',
  generate: 'sample',
  complete: 'sample',
  infer: 'sample',
  inference: 'sample',
  write: 'sample',
  chat: 'sample',
  run: 'sample',
  fit: 'train',
  finetune: 'train',
  resume: 'train',
  learn: 'train',
  eval: 'evaluate',
  test: 'evaluate',
  validate: 'evaluate',
  perplexity: 'score',
  benchmark: 'bench',
  info: 'doctor',
  version: 'doctor',
};

/** Names that mean something else below a command. */
const PEER_COMMANDS_BELOW: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  classify: {
    guess: 'predict',
    run: 'predict',
    infer: 'predict',
    inference: 'predict',
    label: 'predict',
    classify: 'predict',
    score: 'evaluate',
  },
};

/** A name without its capitals and signs: `batch_size`, `batch-size` and `batchSize` are one. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Letters to put in, to leave out or to exchange until one word is the other; two that changed places are one. */
function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + other);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] as number) + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}

/** The longest name that is compared letter by letter: options have no longer ones. */
const LONGEST = 40;

/**
 * The known option that a name was meant for; undefined if none is near.
 * @param known names in camel case.
 */
export function meantOption(name: string, known: readonly string[]): string | undefined {
  const asked = plain(name.slice(0, LONGEST));
  const same = known.find((option) => plain(option) === asked);
  if (same !== undefined) return same;
  const peers = Object.hasOwn(PEERS, asked) ? PEERS[asked] : undefined;
  const peer = peers?.find((option) => known.includes(option));
  if (peer !== undefined) return peer;
  let nearest: string | undefined;
  // A third of the letters at most, and no more than two.
  let least = Math.min(2, Math.floor(asked.length / 3)) + 1;
  for (const option of known) {
    const away = distance(asked, plain(option));
    if (away < least) [least, nearest] = [away, option];
  }
  return nearest;
}

/** The suggestion as a sentence, with the suggested name worded by `referTo`. */
export function didYouMean(
  name: string,
  known: readonly string[],
  referTo: (meant: string) => string | Reference = (meant) => meant,
): Phrase | undefined {
  const meant = meantOption(name, known);
  return meant === undefined ? undefined : phrase`Did you mean ${referTo(meant)}?`;
}

function own(table: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * The command that a name was meant for; undefined if none is near.
 * @param known commands that could stand there.
 * @param below the command below which the name stands, and the commands of the program, which may be meant too.
 */
export function meantCommand(
  name: string,
  known: readonly string[],
  below?: { command: string; program: readonly string[] },
): string | undefined {
  const asked = plain(name.slice(0, LONGEST));
  const peer = own(PEER_COMMANDS, asked);
  // A command below another is typed as its last word only.
  const candidates = [below && own(PEER_COMMANDS_BELOW[below.command], asked), peer, peer?.split(' ').at(-1)];
  const found = candidates.find((each) => each !== undefined && known.includes(each)) ?? meantOption(name, known);
  if (found !== undefined || below === undefined) return found;
  const elsewhere = [asked, peer].find((each) => each !== undefined && below.program.includes(each));
  return elsewhere === undefined ? undefined : `unrolled ${elsewhere}`;
}
