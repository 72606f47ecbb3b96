/** Reference vectors of PyTorch, in `golden` beside the folder of the corpora. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from './data';

/** `{"shape": [...], "data": [...]}`, row-major. */
export interface GoldenArray {
  shape: number[];
  data: number[];
}

/** Shapes: `T` time, `B` batch, `I` inputs, `H` hidden, `L` layers. */
export interface GoldenCase {
  config: {
    cell: 'rnn_tanh' | 'rnn_relu' | 'gru' | 'lstm';
    inputSize: number;
    hiddenSize: number;
    numLayers: number;
    bidirectional: boolean;
  };
  /** By PyTorch's name, `weight_ih_l0` and so on. */
  weights: Record<string, GoldenArray>;
  /** `[T, B, I]` */
  input: GoldenArray;
  lengths?: number[];
  /** `[L, B, H]`, as are all that follow but `output` and `gradOutput`, `[T, B, H]`, and `gradInput`, `[T, B, I]`. */
  h0: GoldenArray;
  c0?: GoldenArray;
  output: GoldenArray;
  hN: GoldenArray;
  cN?: GoldenArray;
  gradOutput: GoldenArray;
  gradInput: GoldenArray;
  gradH0: GoldenArray;
  gradC0?: GoldenArray;
  gradWeights: Record<string, GoldenArray>;
}

const folder = join(dataFolder, '..', 'golden');

/** Names of all cases; none where the folder is missing. */
export function goldenNames(): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

export function readGolden(name: string): GoldenCase {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as GoldenCase;
}
