/**
 * Texts for people that keep references to options, steps and calls. The API and the command line word a reference
 * differently: an option or a flag, a call or a command.
 */

/** Remedies that the API and the command line word differently. */
export type Remedy =
  | 'restart'
  | 'initFromFile'
  | 'keepTextInFile'
  | 'lowerRate'
  | 'readLineEnds'
  | 'readOtherKind'
  | 'skipUnknown';

/** Something that a text names; `text` is how the API says it. */
export type Reference = { readonly text: string } & (
  | { readonly kind: 'option'; readonly name: string }
  | { readonly kind: 'options'; readonly names: readonly string[] }
  /** A step, from 0. */
  | { readonly kind: 'step'; readonly step: number }
  /** One of several prompts, from 0, whose error it is. */
  | { readonly kind: 'prompt'; readonly index: number }
  /** A line of a text, from 1. */
  | { readonly kind: 'line'; readonly line: number }
  /** The vocabulary that a text is read by. */
  | { readonly kind: 'vocabulary' }
  | { readonly kind: 'remedy'; readonly remedy: Remedy }
);

/** The pieces of a text. */
export type Piece = string | Reference;

/** A text, or one that knows what it names. */
export type Words = string | Phrase;

/** A text in pieces, some of which name something. */
export class Phrase {
  readonly pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces;
  }

  /** The text, with each reference worded by `say`. */
  said(say: (reference: Reference) => string): string {
    return this.pieces.map((piece) => (typeof piece === 'string' ? piece : say(piece))).join('');
  }

  /** The text as the API says it. */
  toString(): string {
    return this.said(({ text }) => text);
  }
}

/** A text in which `other` replaces references; a reference stays if `other` gives undefined. */
export function reworded(words: Words, other: (reference: Reference) => Piece | undefined): Words {
  if (typeof words === 'string') return words;
  return new Phrase(words.pieces.map((piece) => (typeof piece === 'string' ? piece : (other(piece) ?? piece))));
}

function piecesOf(value: Words | Reference | number): readonly Piece[] {
  if (typeof value === 'number') return [String(value)];
  return value instanceof Phrase ? value.pieces : [value];
}

/** A phrase of a template whose values may be phrases and what those name. */
export function phrase(texts: TemplateStringsArray, ...values: readonly (Words | Reference | number)[]): Phrase {
  const pieces = texts.flatMap((text, index) => {
    const value = values[index];
    return value === undefined ? [text] : [text, ...piecesOf(value)];
  });
  return new Phrase(pieces.filter((piece) => piece !== ''));
}

/** Phrases with a text between them. */
export function joined(phrases: readonly (Words | Reference)[], between: string): Phrase {
  return new Phrase(phrases.flatMap((each, index) => (index === 0 ? piecesOf(each) : [between, ...piecesOf(each)])));
}

/** Whether a text names that remedy there. */
export function isRemedy(reference: Reference, remedy: Remedy): boolean {
  return reference.kind === 'remedy' && reference.remedy === remedy;
}

/** Makes what phrases name. */
export const refer = {
  /** @param text what the API says, where that is more than the name. */
  option: (name: string, text = name): Reference => ({ kind: 'option', name, text }),
  options: (names: readonly string[]): Reference => ({ kind: 'options', names, text: names.join(', ') }),
  /** @param text what the API says. */
  step: (step: number, text = `step ${step}`): Reference => ({ kind: 'step', step, text }),
  prompt: (index: number): Reference => ({ kind: 'prompt', index, text: `prompts[${index}]` }),
  line: (line: number, text: string): Reference => ({ kind: 'line', line, text }),
  vocabulary: { kind: 'vocabulary', text: 'the vocabulary' } as Reference,
  /** @param text what the API says, with the spaces and signs that go with it. */
  remedy: (remedy: Remedy, text: string): Reference => ({ kind: 'remedy', remedy, text }),
};
