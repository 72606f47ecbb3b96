/** What is minimised, by name. A new loss is a few words here, beside its file in the core (`binding/core/losses`). */

/** A loss that may be of classes: softmax cross-entropy, or binary cross-entropy, both of logits and in nats. */
export type ClassLoss = 'crossEntropy' | 'binaryCrossEntropy';

/** A loss that may be of values: binary cross-entropy, of values from 0 to 1, or `(output - target)²`. */
export type ValueLoss = 'binaryCrossEntropy' | 'squaredError';

/** What is minimised. */
export type Loss = ClassLoss | ValueLoss;

export const CLASS_LOSSES: readonly ClassLoss[] = ['crossEntropy', 'binaryCrossEntropy'];

const VALUE_RANGES: Readonly<Record<ValueLoss, { least: number; most: number }>> = {
  squaredError: { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY },
  binaryCrossEntropy: { least: 0, most: 1 },
};

export const VALUE_LOSSES = Object.keys(VALUE_RANGES) as ValueLoss[];

/** Whether it may be of classes: it is in nats then, and an accuracy has a meaning. */
export function isOfClasses(loss: Loss): boolean {
  return (CLASS_LOSSES as readonly Loss[]).includes(loss);
}

/** What values it takes. */
export function valueRange(loss: ValueLoss): { least: number; most: number } {
  return VALUE_RANGES[loss];
}
