/**
 * `unrolled/text`: what a page needs beside the runtime of an exported model, without a module of Node.js: vocabularies,
 * vectorizers, and the drawing of tokens.
 * @module text
 */

export { UnrolledError } from '../../base/errors';
export { TextVectorizer } from '../text-vectorizer';
export { Vocabulary } from '../vocabulary';
export { WordList } from '../word-list';
export { type DrawOptions, drawToken, type Scores, tokenProbabilities } from './draw';
export { type OnnxFacts, type OnnxTextFacts, onnxFacts } from './onnx-facts';
