/** What the processes say to each other. */

/** Trains a model on a text, and lets it write after epochs: the first, the last, and some ten a second between. */
export interface Train {
  type: 'train';
  text: string;
  epochs: number;
  hidden: number;
  prompt: string;
}

/** An order of the window, which the main process hands on. */
export type ToTrainer = Train | { type: 'stop' };

/** What the window is told. Epochs and steps count from 0. */
export type FromTrainer =
  | { type: 'progress'; step: number; loss: number; tokensPerSecond: number }
  | { type: 'epoch'; epoch: number; loss: number }
  | { type: 'text'; epoch: number; piece: string }
  | { type: 'done' }
  | { type: 'failed'; code: string; message: string; reason?: string };

/** What the preload script gives to the window. */
export interface Trainer {
  send(order: ToTrainer): void;
  onMessage(listener: (message: FromTrainer) => void): void;
}

declare global {
  interface Window {
    trainer: Trainer;
  }
}
