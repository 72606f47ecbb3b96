/** Recognises texts in a script without spaces between words, which spaces cannot split. */

/** Scripts that write the words of a sentence, or the whole sentence, in one run. Hangul has spaces. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Letters alone: marks, digits and punctuation are shared by scripts, or of any. */
const LETTERS = /\p{L}/gu;

/** Most texts that are counted, and UTF-16 units of each. */
const MOST_TEXTS = 1024;
const MOST_UNITS = 512;

/** The longest mean run of a text in which a program inserted spaces: Thai words have 3 to 4 letters. */
const LONGEST_MEAN_WORD = 4;

/** The counts of a text. */
interface TextCounts {
  letters: number;
  /** Letters of scripts without spaces. */
  unspaced: number;
  /** Runs between white space that have such letters. */
  runs: number;
}

function countsOf(text: string): TextCounts {
  const counts = { letters: 0, unspaced: 0, runs: 0 };
  for (const run of text.slice(0, MOST_UNITS).match(/\S+/g) ?? []) {
    const letters = run.match(LETTERS) ?? [];
    const unspaced = letters.filter((letter) => UNSPACED.test(letter)).length;
    counts.letters += letters.length;
    counts.unspaced += unspaced;
    if (unspaced > 0) counts.runs++;
  }
  return counts;
}

/** Samples texts as they come: the beginnings of a limited number of texts, spread over all. */
export class ScriptSample {
  #counts: TextCounts[] = [];
  /** One of this many texts is sampled. */
  #stride = 1;
  #seen = 0;

  add(text: string): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#counts.push(countsOf(text));
    if (this.#counts.length <= MOST_TEXTS) return;
    this.#counts = this.#counts.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  /**
   * Whether most letters are of a script without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese),
   * and no program inserted spaces there before.
   */
  get isUnspaced(): boolean {
    const sum = (key: keyof TextCounts) => this.#counts.reduce((total, counts) => total + counts[key], 0);
    const [letters, unspaced, runs] = [sum('letters'), sum('unspaced'), sum('runs')];
    const texts = this.#counts.filter((counts) => counts.runs > 0).length;
    // Texts of one run each, however short, say nothing of spaces.
    const isCut = runs >= 2 * texts && unspaced <= LONGEST_MEAN_WORD * runs;
    return unspaced > letters / 2 && !isCut;
  }
}
