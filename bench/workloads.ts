/** What is timed, and what is asked of each. */

/** Training steps of a language model on random ids: options of `unrolled bench`, which the peer takes too. */
export interface LanguageModelWorkload {
  name: string;
  title: string;
  options: {
    cell: 'rnn' | 'gru' | 'lstm';
    layers: number;
    vocab: number;
    embedding: number;
    hidden: number;
    window: number;
    batch: number;
  };
  /** Ours; PyTorch's is exact always. */
  output?: 'adaptive' | 'sampled';
  /** Met where either is reached: so many times PyTorch's speed, or such a fraction of the machine's GEMM. */
  asked: { timesPeer: number; ofMachine?: number };
  /** Other peers, timed once beside it. */
  extras?: readonly ('TensorFlow.js' | 'brain.js' | 'adaptive PyTorch')[];
}

/** A whole system of the tutorials, timed by a function of its own. */
export interface SystemWorkload {
  name: string;
  title: string;
  asked: { timesPeer: number };
}

export const shakespeare: SystemWorkload = {
  name: 'W1',
  title: 'Shakespeare RNN: one-hot, H 20, 25 × 1',
  asked: { timesPeer: 40 },
};

export const toySentiment: SystemWorkload = {
  name: 'W10',
  title: 'toy sentiment: all 1000 epochs',
  asked: { timesPeer: 30 },
};

export const timeToLoss: SystemWorkload = {
  name: 'W11',
  title: 'LSTM, E 64, H 256: to 1.60 nats',
  asked: { timesPeer: 2 },
};

export const languageModels: LanguageModelWorkload[] = [
  {
    name: 'W2',
    title: 'RNN, V 65, E 64, H 128, 50 × 50',
    options: { cell: 'rnn', layers: 1, vocab: 65, embedding: 64, hidden: 128, window: 50, batch: 50 },
    asked: { timesPeer: 3, ofMachine: 0.6 },
    extras: ['TensorFlow.js'],
  },
  {
    name: 'W3',
    title: 'LSTM ×2, V 65, E 64, H 128, 50 × 50',
    options: { cell: 'lstm', layers: 2, vocab: 65, embedding: 64, hidden: 128, window: 50, batch: 50 },
    asked: { timesPeer: 2.5, ofMachine: 0.7 },
    extras: ['TensorFlow.js', 'brain.js'],
  },
  {
    name: 'W4',
    title: 'LSTM ×2, V 65, E 64, H 512, 50 × 50',
    options: { cell: 'lstm', layers: 2, vocab: 65, embedding: 64, hidden: 512, window: 50, batch: 50 },
    asked: { timesPeer: 1.5, ofMachine: 0.8 },
  },
  {
    name: 'W5',
    title: 'GRU, V 65, E 64, H 512, 100 × 32',
    options: { cell: 'gru', layers: 1, vocab: 65, embedding: 64, hidden: 512, window: 100, batch: 32 },
    asked: { timesPeer: 2.2, ofMachine: 0.8 },
  },
  {
    name: 'W6',
    title: 'RNN, V 8,000, E 256, H 512, 64 × 32',
    options: { cell: 'rnn', layers: 1, vocab: 8000, embedding: 256, hidden: 512, window: 64, batch: 32 },
    asked: { timesPeer: 1.2, ofMachine: 0.85 },
  },
  {
    name: 'W7',
    title: 'LSTM, V 8,000, E 256, H 512, 64 × 32',
    options: { cell: 'lstm', layers: 1, vocab: 8000, embedding: 256, hidden: 512, window: 64, batch: 32 },
    asked: { timesPeer: 1.4, ofMachine: 0.8 },
  },
  {
    name: 'W8',
    title: 'RNN, V 74,000, E 64, H 128, 32 × 16',
    options: { cell: 'rnn', layers: 1, vocab: 74_000, embedding: 64, hidden: 128, window: 32, batch: 16 },
    asked: { timesPeer: 2, ofMachine: 0.7 },
  },
  ...(['adaptive', 'sampled'] as const).map((output) => ({
    name: `W9-${output}`,
    title: `W8, ${output} against exact`,
    options: { cell: 'rnn' as const, layers: 1, vocab: 74_000, embedding: 64, hidden: 128, window: 32, batch: 16 },
    output,
    asked: { timesPeer: 12 },
    ...(output === 'adaptive' && { extras: ['adaptive PyTorch'] as const }),
  })),
];
