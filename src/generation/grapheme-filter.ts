/** Text that comes in pieces, as extended grapheme clusters. */

/** The rules of clusters do not depend on a language. */
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts text into clusters. The last one is held back until the next begins: what follows may belong to it. */
export class GraphemeFilter {
  #held = '';

  /** The clusters that are whole. */
  push(piece: string): string[] {
    const clusters = Array.from(segmenter.segment(this.#held + piece), ({ segment }) => segment);
    this.#held = clusters.pop() ?? '';
    return clusters;
  }

  /** The last cluster, where there is one. */
  end(): string[] {
    const clusters = this.#held === '' ? [] : [this.#held];
    this.#held = '';
    return clusters;
  }
}
