/** What is minimised, by name. A new loss is a line here, beside its file in the core (`binding/core/losses`). */

interface LossTraits {
  /** It may be of classes, one at each position: it is in nats, and an accuracy has a meaning. */
  classes?: true;
  /** It may be of values, one for each output, from `least` to `most`. */
  values?: { least?: number; most?: number };
}

const TABLE = {
  crossEntropy: { classes: true },
  binaryCrossEntropy: { classes: true, values: { least: 0, most: 1 } },
  squaredError: { values: {} },
} as const satisfies Record<string, LossTraits>;

/**
 * What is minimised: `'crossEntropy'` and `'binaryCrossEntropy'`, both of logits and in nats, or `'squaredError'`.
 */
export type Loss = keyof typeof TABLE;

type LossWith<Trait extends keyof LossTraits> = {
  [Name in Loss]: (typeof TABLE)[Name] extends Required<Pick<LossTraits, Trait>> ? Name : never;
}[Loss];

/** A loss that may be of classes. */
export type ClassLoss = LossWith<'classes'>;

/** A loss that may be of values. */
export type ValueLoss = LossWith<'values'>;

const TRAITS: Readonly<Record<Loss, LossTraits>> = TABLE;

function withTrait<Name extends Loss>(trait: keyof LossTraits): Name[] {
  return (Object.keys(TABLE) as Name[]).filter((name) => TRAITS[name][trait] !== undefined);
}

export const CLASS_LOSSES = withTrait<ClassLoss>('classes');
export const VALUE_LOSSES = withTrait<ValueLoss>('values');

/** Whether it may be of classes. */
export function isOfClasses(loss: Loss): boolean {
  return TRAITS[loss].classes === true;
}

/** What values it takes. */
export function valueRange(loss: ValueLoss): { least: number; most: number } {
  return { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY, ...TRAITS[loss].values };
}
