/** Text from a language model: drawn, searched for, and judged. */

export { type BeamResult, searchText } from './beam/beam';
export type { ConstraintOptions, GenerationStep, TokenBias, TokenChoice, TokenChoices } from './constraint';
export {
  type BeamOptions,
  type GenerationOptions,
  resolveBeam,
  resolveGeneration,
  resolveStream,
  type StopOptions,
  type StreamOptions,
} from './options';
export { tokenProbabilities } from './probabilities';
export { type Generator, sampleText, sampleTexts, streamText } from './sample';
export {
  type NextOptions,
  type NextToken,
  nextTokens,
  resolveScore,
  type ScoreOptions,
  scoreText,
  type TextScore,
  type TokenScore,
} from './score';
export { TextDrawer } from './text-drawer';
