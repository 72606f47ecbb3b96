/** What is minimised, by name. A new loss is a name and a line here, beside its file in the core (`binding/core/losses`). */

/** A loss that may be of classes: softmax cross-entropy, or binary cross-entropy, both of logits and in nats. */
export type ClassLoss = 'crossEntropy' | 'binaryCrossEntropy';

/** A loss that may be of values: binary cross-entropy, of values from 0 to 1, or `(output - target)²`. */
export type ValueLoss = 'binaryCrossEntropy' | 'squaredError';

/** What is minimised. */
export type Loss = ClassLoss | ValueLoss;

export const CLASS_LOSSES: readonly ClassLoss[] = ['crossEntropy', 'binaryCrossEntropy'];

interface OfValues {
  /** The values it takes. */
  least: number;
  most: number;
  /** What it is measured in. */
  unit: string;
}

const OF_VALUES: Readonly<Record<ValueLoss, OfValues>> = {
  squaredError: { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY, unit: 'squared error' },
  binaryCrossEntropy: { least: 0, most: 1, unit: 'nats' },
};

export const VALUE_LOSSES = Object.keys(OF_VALUES) as ValueLoss[];

/** Whether it may be of classes: it is in nats then, and an accuracy has a meaning. */
export function isOfClasses(loss: Loss): loss is ClassLoss {
  return (CLASS_LOSSES as readonly Loss[]).includes(loss);
}

/** What values it takes. */
export function valueRange(loss: ValueLoss): { least: number; most: number } {
  return OF_VALUES[loss];
}

/** What it is measured in, as a report writes it. */
export function unitOf(loss: Loss): string {
  return isOfClasses(loss) ? 'nats' : OF_VALUES[loss].unit;
}
