/** Labelled texts: what classifiers learn from and datasets give. */

/** A text and the number of its class. */
export interface Example {
  readonly text: string;
  /** Index of the class, from 0. */
  readonly label: number;
}

/** An example with the file that it was read from. */
export interface SourcedExample extends Example {
  /** The path of its file below the dataset's folder, with `/` between its parts; or a file and a line, `reviews.txt:7`. */
  readonly source: string;
}

/** Examples of named classes. */
export interface LabelledTexts<E extends Example = Example> {
  /** The class with the label i is `classNames[i]`. */
  readonly classNames: readonly string[];
  readonly examples: readonly E[];
}
