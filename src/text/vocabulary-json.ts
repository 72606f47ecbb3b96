/** A vocabulary as plain data, and the reading of it: a file may be damaged, or made to do harm. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { LINE_ENDS, type LineEnds, NORMALIZATIONS, type Normalization, type TextForm } from './text-form';
import { SeenStrings } from './token-list';
import type { Tokenizer } from './tokenizers/tokenizer';
import { TOKEN_KINDS, TOKENIZERS, type TokenKind, UNKNOWN_POLICIES, type UnknownPolicy } from './vocabulary-options';

/** A vocabulary as plain data. */
export interface VocabularyJSON {
  kind: TokenKind;
  /** Token i has the id i. */
  tokens: string[];
  /** Whether the id after the tokens is the unknown token. */
  unknownToken: boolean;
  unknown: UnknownPolicy;
  /** Present where the last id is the end-of-document token. */
  endToken?: true;
  /** The form that every text is brought into before it is split; absent if none was given. */
  form?: TextForm;
}

function damaged(what: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `The vocabulary is damaged: ${what}`);
}

function parseForm(value: unknown): TextForm {
  const { lineEnds, normalization } = (value ?? {}) as Partial<Record<keyof TextForm, unknown>>;
  if (!(LINE_ENDS as readonly unknown[]).includes(lineEnds)) throw damaged(`lineEnds is ${check.show(lineEnds)}`);
  if (!(NORMALIZATIONS as readonly unknown[]).includes(normalization)) {
    throw damaged(`normalization is ${check.show(normalization)}`);
  }
  return { lineEnds: lineEnds as LineEnds, normalization: normalization as Normalization };
}

/** Tokens that are looked at between two turns of the event loop. */
const PART = 1 << 10;

/**
 * Checks what `Vocabulary.toJSON` wrote, a little at a time.
 * @throws ERR_UNROLLED_MODEL_FORMAT for anything else.
 */
export function* parseVocabulary(value: unknown): Generator<void, VocabularyJSON> {
  if (typeof value !== 'object' || value === null) throw damaged(`it is ${check.show(value)}, not an object`);
  const { form, ...rest } = value as Partial<Record<keyof VocabularyJSON, unknown>>;
  const { kind, tokens, unknownToken, unknown, endToken } = rest;
  if (!(TOKEN_KINDS as unknown[]).includes(kind)) throw damaged(`${check.show(kind)} is not a kind of token`);
  if (!Array.isArray(tokens) || tokens.length === 0) throw damaged('its tokens are not a list of strings');
  if (typeof unknownToken !== 'boolean') throw damaged('unknownToken is not true or false');
  if (!(UNKNOWN_POLICIES as readonly unknown[]).includes(unknown)) throw damaged(`unknown is ${check.show(unknown)}`);
  if (endToken !== undefined && endToken !== true) throw damaged(`endToken is ${check.show(endToken)}`);
  if (unknown === 'replace' && !unknownToken) throw damaged('it replaces unknown tokens, but has no unknown token');

  const tokenizer: Tokenizer = TOKENIZERS[kind as TokenKind];
  const seen = new SeenStrings();
  for (const [index, token] of (tokens as unknown[]).entries()) {
    if (typeof token !== 'string' || !tokenizer.isToken(token)) {
      throw damaged(`${check.show(token)} is not a ${tokenizer.noun}`);
    }
    if (!seen.isNew(token)) throw damaged(`${check.show(token)} has two ids`);
    if (index % PART === 0) yield;
  }
  const described = {
    kind: kind as TokenKind,
    tokens: [...tokens] as string[],
    unknownToken,
    unknown: unknown as UnknownPolicy,
  };
  return { ...described, ...(endToken && { endToken }), ...(form !== undefined && { form: parseForm(form) }) };
}
