/** Models of every kind that keep their best epoch, each with data of its own to be trained on. */

import {
  type Callback,
  callbacks,
  type Example,
  LanguageModel,
  layers,
  Model,
  type Parameters,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  type Training,
  type TrainingOptions,
  WordList,
} from '../../src/index';
import { CORPUS, smallModel } from './models';

/** Every model of the package that has `fit`. */
type AnyModel = LanguageModel | Model | SequenceClassifier | TextClassifier;

/** A model on its data. */
export interface Trainee {
  fit(options: TrainingOptions): Training;
  /** All parameters as one array. */
  weights(): Promise<number[]>;
  [Symbol.dispose](): void;
}

export interface Kind {
  /** Steps of an epoch. */
  steps: number;
  /** A fresh one, or that of a file. */
  make(path?: string): Promise<Trainee>;
}

/** Labels that nothing in the texts tells: too large steps make a model worse. */
const EXAMPLES: Example[] = Array.from({ length: 40 }, (_, index) => ({
  text: `${['it is', 'that was'][(index * 7) % 2]} ${['bad', 'good', 'dull', 'fine'][(index * 3) % 4]}`,
  label: ((index * 7919) % 13) % 2,
}));
const WORDS = ['it', 'is', 'that', 'was', 'bad', 'good', 'dull', 'fine'];
const INPUTS = Array.from({ length: 50 }, (_, i) => [i % 5, (i * 7) % 5, (i * 3 + 1) % 5].slice(0, 1 + (i % 3)));
const LABELLED = { inputs: INPUTS, labels: INPUTS.map((_, index) => ((index * 7919) % 13) % 3) };

/** From the third epoch on each is far worse than the first, on any processor: at a hundredth of the rate some learn again. */
export const worsening: Callback = {
  onEpochEnd({ epoch }, control) {
    if (epoch === 1) control.learningRateScale = 1e6;
  },
};

/** All parameters as one array, in the order of their names. */
export function flat(parameters: Parameters): number[] {
  const names = Object.keys(parameters).sort();
  return names.flatMap((name) => [...(parameters[name]?.data ?? [])]);
}

function trainee(model: AnyModel, fit: Trainee['fit']): Trainee {
  return { fit, weights: async () => flat(await model.parameters()), [Symbol.dispose]: () => model.dispose() };
}

/** Options with a callback that keeps the best epoch before the others. */
function stopping(options: TrainingOptions): TrainingOptions {
  const first: Callback = callbacks.earlyStopping({ patience: 100 });
  return { ...options, callbacks: [first, ...(options.callbacks ?? [])] };
}

async function textClassifier(path: string | undefined): Promise<TextClassifier> {
  if (path !== undefined) return TextClassifier.load(path);
  const vectorizer = await TextVectorizer.adapt(EXAMPLES.map(({ text }) => text));
  const small = { embedding: 4, hidden: 3, dense: 4, dropout: 0.1 };
  return TextClassifier.create({ vectorizer, classNames: ['neg', 'pos'], ...small });
}

/** Each keeps its best epoch by early stopping, but for the last, which does so by itself. */
export const KINDS: Readonly<Record<string, Kind>> = {
  LanguageModel: {
    steps: 33,
    async make(path) {
      const model = path === undefined ? smallModel({ dropout: 0.1 }) : await LanguageModel.load(path);
      const stream = { validation: 0.1, batch: 4, window: 8 };
      return trainee(model, (options) => model.fit(CORPUS, { ...stream, ...stopping(options) }));
    },
  },
  Model: {
    steps: 5,
    async make(path) {
      const graph = [layers.embedding(4), layers.gru(6), layers.pooling('last'), layers.dense(3)];
      const create = () => Model.create({ input: { kind: 'ids', vocabulary: 5 }, layers: graph });
      const model = path === undefined ? create() : await Model.load(path);
      return trainee(model, (options) => model.fit(LABELLED, { validation: 0.2, batch: 8, ...stopping(options) }));
    },
  },
  SequenceClassifier: {
    steps: 4,
    async make(path) {
      const options = { vocabulary: new WordList(WORDS), classes: 2, embedding: 4, hidden: 4 };
      const model = path === undefined ? SequenceClassifier.create(options) : await SequenceClassifier.load(path);
      return trainee(model, (fit) => model.fit(EXAMPLES, { validation: 0.2, batch: 8, ...stopping(fit) }));
    },
  },
  'TextClassifier with early stopping': {
    steps: 4,
    async make(path) {
      const model = await textClassifier(path);
      const own = { validation: 0.2, batch: 8, keepBest: false };
      return trainee(model, (options) => model.fit(EXAMPLES, { ...own, ...stopping(options) }));
    },
  },
  'TextClassifier with keepBest': {
    steps: 4,
    async make(path) {
      const model = await textClassifier(path);
      return trainee(model, (options) => model.fit(EXAMPLES, { validation: 0.2, batch: 8, ...options }));
    },
  },
};
