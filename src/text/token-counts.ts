/** How much of a text a vocabulary knows. */

/** Number of tokens of a text, known and unknown. */
export interface TokenCounts {
  /** Tokens that have their own id. */
  knownTokens: number;
  /** Tokens that have none, be they skipped or replaced by the unknown token. */
  unknownTokens: number;
}

/** The counts of several texts together. */
export function sumCounts(counts: readonly TokenCounts[]): TokenCounts {
  return counts.reduce(
    (sum, { knownTokens, unknownTokens }) => ({
      knownTokens: sum.knownTokens + knownTokens,
      unknownTokens: sum.unknownTokens + unknownTokens,
    }),
    { knownTokens: 0, unknownTokens: 0 },
  );
}
