/** A vocabulary as plain data, and the reading of it: a file may be damaged, or made to do harm. */

import { UnrolledError } from '../errors';
import * as check from '../validation';
import type { Tokenizer } from './tokenizer';
import { TOKEN_KINDS, TOKENIZERS, type TokenKind, UNKNOWN_POLICIES, type UnknownPolicy } from './vocabulary-options';

/** A vocabulary as plain data. */
export interface VocabularyJSON {
  kind: TokenKind;
  /** Token i has the id i. */
  tokens: string[];
  /** Whether the id behind the tokens is the unknown token. */
  unknownToken: boolean;
  unknown: UnknownPolicy;
  /** Present where the last id is the end-of-document token. */
  endToken?: true;
}

function damaged(what: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `The vocabulary is damaged: ${what}.`);
}

/**
 * Checks what `Vocabulary.toJSON` wrote.
 * @throws ERR_UNROLLED_MODEL_FORMAT for anything else.
 */
export function parseVocabulary(value: unknown): VocabularyJSON {
  if (typeof value !== 'object' || value === null) throw damaged(`it is ${check.show(value)}, not an object`);
  const { kind, tokens, unknownToken, unknown, endToken } = value as Partial<Record<keyof VocabularyJSON, unknown>>;
  if (!(TOKEN_KINDS as unknown[]).includes(kind)) throw damaged(`${check.show(kind)} is no kind of token`);
  if (!Array.isArray(tokens) || tokens.length === 0) throw damaged('its tokens are not a list of strings');
  if (typeof unknownToken !== 'boolean') throw damaged('unknownToken is not true or false');
  if (!(UNKNOWN_POLICIES as readonly unknown[]).includes(unknown)) throw damaged(`unknown is ${check.show(unknown)}`);
  if (endToken !== undefined && endToken !== true) throw damaged(`endToken is ${check.show(endToken)}`);
  if (unknown === 'replace' && !unknownToken) throw damaged('it replaces by an unknown token that it does not have');

  const tokenizer: Tokenizer = TOKENIZERS[kind as TokenKind];
  const seen = new Set<string>();
  for (const token of tokens as unknown[]) {
    if (typeof token !== 'string' || !tokenizer.isToken(token)) {
      throw damaged(`${check.show(token)} is no ${tokenizer.noun}`);
    }
    if (seen.has(token)) throw damaged(`${check.show(token)} has two ids`);
    seen.add(token);
  }
  const described = { kind: kind as TokenKind, tokens: [...seen], unknownToken, unknown: unknown as UnknownPolicy };
  return { ...described, ...(endToken && { endToken }) };
}
