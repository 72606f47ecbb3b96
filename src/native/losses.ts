/**
 * The losses by name. A new loss is one name and one line here, besides its file in the core (`binding/core/losses`).
 */

/** A loss over classes: softmax cross-entropy or binary cross-entropy, both of logits and in nats. */
export type ClassLoss = 'crossEntropy' | 'binaryCrossEntropy';

/** A loss over values: binary cross-entropy of values from 0 to 1, or `(output - target)²`. */
export type ValueLoss = 'binaryCrossEntropy' | 'squaredError';

/** Any loss. */
export type Loss = ClassLoss | ValueLoss;

export const CLASS_LOSSES: readonly ClassLoss[] = ['crossEntropy', 'binaryCrossEntropy'];

interface OfValues {
  /** The values it takes. */
  least: number;
  most: number;
  /** The unit of the loss. */
  unit: string;
}

const OF_VALUES: Readonly<Record<ValueLoss, OfValues>> = {
  squaredError: { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY, unit: 'squared error' },
  binaryCrossEntropy: { least: 0, most: 1, unit: 'nats' },
};

export const VALUE_LOSSES = Object.keys(OF_VALUES) as ValueLoss[];

/** Whether the loss can be over classes. Then its unit is nats, and an accuracy has a meaning. */
export function isOfClasses(loss: Loss): loss is ClassLoss {
  return (CLASS_LOSSES as readonly Loss[]).includes(loss);
}

/** The range of its target values. */
export function valueRange(loss: ValueLoss): { least: number; most: number } {
  return OF_VALUES[loss];
}

/** The unit of a loss, as a report writes it. */
export function unitOf(loss: Loss): string {
  return isOfClasses(loss) ? 'nats' : OF_VALUES[loss].unit;
}
