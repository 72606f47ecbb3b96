/** A vocabulary with the tokens of another behind its own. */

import { UnrolledError } from '../errors';
import { TokenList } from './token-list';
import type { Vocabulary } from './vocabulary';
import type { VocabularyContent } from './vocabulary-builder';

/** What a vocabulary is made of; `frequencies` are undefined where nobody has counted. */
interface Extension {
  content: VocabularyContent;
  frequencies: number[] | undefined;
}

/** How often the other vocabulary's text has each id of an extension. */
function frequenciesOf(other: Vocabulary, content: VocabularyContent): number[] | undefined {
  const { frequencies: counts } = other;
  if (counts === undefined) return undefined;
  const countOf = (id: number | undefined) => (id === undefined ? 0 : (counts[id] as number));
  return [
    ...content.tokens.strings.map((token) => countOf(other.id(token))),
    ...(content.unknownToken ? [countOf(other.unknownId)] : []),
    ...(content.endToken === true ? [countOf(other.endId)] : []),
  ];
}

/**
 * The tokens of `other` that `own` lacks, behind its own.
 * @throws ERR_UNROLLED_OPTION_RANGE for another kind of tokens.
 */
export function extensionOf(own: Vocabulary, ownContent: VocabularyContent, other: Vocabulary): Extension {
  if (own.kind !== other.kind) {
    throw new UnrolledError(
      'ERR_UNROLLED_OPTION_RANGE',
      `The vocabulary's tokens are of kind ${own.kind}, and those to add of kind ${other.kind}: read the text with ` +
        `tokens: '${own.kind}'.`,
      { option: 'vocabulary', expected: `tokens of kind ${own.kind}`, received: other.kind },
    );
  }
  const added = other.toJSON().tokens.filter((token) => own.id(token) === undefined);
  const unknownToken = own.unknownId !== undefined || other.unknownId !== undefined;
  const content: VocabularyContent = {
    ...ownContent,
    tokens: new TokenList([...ownContent.tokens.strings, ...added]),
    unknownToken,
    // What is new in it, an unknown token, is used as the other vocabulary uses it.
    unknown: unknownToken && own.unknownId === undefined ? other.unknown : own.unknown,
    ...((own.endId ?? other.endId) !== undefined && { endToken: true as const }),
  };
  return { content, frequencies: frequenciesOf(other, content) };
}

/** Whether every token of `own` has the same id in `other`, which may have more. */
export function isExtension(other: Vocabulary, own: Vocabulary): boolean {
  if (other.kind !== own.kind || other.size < own.size) return false;
  if (own.unknownId !== undefined && other.unknownId === undefined) return false;
  if (own.endId !== undefined && other.endId === undefined) return false;
  return own.toJSON().tokens.every((token, id) => other.id(token) === id);
}

/**
 * The id that each id of an extension had; -1 for those that are new.
 * @param own what `extended` is an extension of.
 */
export function idsBefore(extended: Vocabulary, own: Vocabulary): Int32Array {
  const ids = new Int32Array(extended.size).fill(-1);
  const tokens = own.unknownId ?? own.endId ?? own.size;
  for (let id = 0; id < tokens; id++) ids[id] = id;
  if (extended.unknownId !== undefined) ids[extended.unknownId] = own.unknownId ?? -1;
  if (extended.endId !== undefined) ids[extended.endId] = own.endId ?? -1;
  return ids;
}
