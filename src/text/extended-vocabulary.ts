/** Appends the tokens of another vocabulary to a vocabulary. */

import { UnrolledError } from '../base/errors';
import { TokenList } from './token-list';
import type { VocabularyContent } from './vocabulary-builder';
import type { VocabularyJSON } from './vocabulary-json';
import type { TokenKind, UnknownPolicy } from './vocabulary-options';

/** The members of a vocabulary that this needs. */
interface Tokens {
  readonly kind: TokenKind;
  readonly size: number;
  readonly unknown: UnknownPolicy;
  readonly unknownId: number | undefined;
  readonly endId: number | undefined;
  readonly frequencies: readonly number[] | undefined;
  toJSON(): VocabularyJSON;
}

/** The parts of a vocabulary; `frequencies` is undefined if nobody has counted. */
interface Extension {
  content: VocabularyContent;
  frequencies: number[] | undefined;
}

/** Tokens that are looked at between two turns of the event loop. */
const PART = 1 << 10;

function* idsOf(tokens: readonly string[]): Generator<void, Map<string, number>> {
  const ids = new Map<string, number>();
  for (const token of tokens) {
    ids.set(token, ids.size);
    if (ids.size % PART === 0) yield;
  }
  return ids;
}

/** The tokens of a list that are not among these. */
function* tokensWithout(tokens: readonly string[], known: ReadonlyMap<string, number>): Generator<void, string[]> {
  const added: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (!known.has(token)) added.push(token);
    if (index % PART === 0) yield;
  }
  return added;
}

/** How often the other vocabulary's text has each id of an extension. */
function* frequenciesOf(
  other: Tokens,
  ids: ReadonlyMap<string, number>,
  content: VocabularyContent,
): Generator<void, number[] | undefined> {
  const { frequencies: counts } = other;
  if (counts === undefined) return undefined;
  const countOf = (id: number | undefined) => (id === undefined ? 0 : (counts[id] as number));
  const frequencies: number[] = [];
  for (const token of content.tokens.strings) {
    frequencies.push(countOf(ids.get(token)));
    if (frequencies.length % PART === 0) yield;
  }
  if (content.unknownToken) frequencies.push(countOf(other.unknownId));
  if (content.endToken === true) frequencies.push(countOf(other.endId));
  return frequencies;
}

/**
 * The tokens of `own`, followed by those of `other` that it lacks; computed in parts.
 * @throws ERR_UNROLLED_OPTION_RANGE for another kind of tokens.
 */
export function* extending(own: Tokens, ownContent: VocabularyContent, other: Tokens): Generator<void, Extension> {
  if (own.kind !== other.kind) {
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_RANGE',
      `The vocabulary's tokens are of kind ${own.kind}, but those to add are of kind ${other.kind}: read the text with ` +
        `tokens: '${own.kind}'`,
      { option: 'vocabulary', expected: `tokens of kind ${own.kind}`, received: other.kind },
    );
  }
  const tokens = ownContent.tokens.strings;
  const others = other.toJSON().tokens;
  const added = yield* tokensWithout(others, yield* idsOf(tokens));
  const unknownToken = own.unknownId !== undefined || other.unknownId !== undefined;
  const content: VocabularyContent = {
    ...ownContent,
    tokens: new TokenList([...tokens, ...added]),
    unknownToken,
    // If the unknown token is new, it is used as in the other vocabulary.
    unknown: unknownToken && own.unknownId === undefined ? other.unknown : own.unknown,
    ...((own.endId ?? other.endId) !== undefined && { endToken: true as const }),
  };
  return { content, frequencies: yield* frequenciesOf(other, yield* idsOf(others), content) };
}

/** Whether every token of `own` has the same id in `other`, which may have more. */
export function isExtension(other: Tokens, own: Tokens): boolean {
  if (other.kind !== own.kind || other.size < own.size) return false;
  if (own.unknownId !== undefined && other.unknownId === undefined) return false;
  if (own.endId !== undefined && other.endId === undefined) return false;
  const tokens = other.toJSON().tokens;
  return own.toJSON().tokens.every((token, id) => tokens[id] === token);
}

/**
 * The former id of each id of an extension; -1 for new ones.
 * @param own the vocabulary that `extended` extends.
 */
export function idsBefore(extended: Tokens, own: Tokens): Int32Array {
  const ids = new Int32Array(extended.size).fill(-1);
  const tokens = own.unknownId ?? own.endId ?? own.size;
  for (let id = 0; id < tokens; id++) ids[id] = id;
  if (extended.unknownId !== undefined) ids[extended.unknownId] = own.unknownId ?? -1;
  if (extended.endId !== undefined) ids[extended.endId] = own.endId ?? -1;
  return ids;
}
