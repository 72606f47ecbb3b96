/** Options of `exportOnnx`. */

import * as check from '../base/check';
import { outOfRange } from '../base/check';

/** What one run of an exported model computes. */
export const FORMS = ['step', 'sequence', 'lengths'] as const;

/**
 * `step`: one step of each row, with its states. `sequence`: several steps of rows of equal length, with their states.
 * `lengths`: whole rows, each of its own length.
 */
export type Form = (typeof FORMS)[number];

/** Which axis of sequences comes first. */
export const LAYOUTS = ['time', 'batch'] as const;

/** `time`: `[time, batch]`; `batch`: `[batch, time]`. */
export type Layout = (typeof LAYOUTS)[number];

/** Options of `exportOnnx`. */
export interface OnnxOptions {
  /** `'step'` for a language model, `'lengths'` for a classifier, and for a `Model` one of the other two by default. */
  form?: Form | undefined;
  /** Of the forms `sequence` and `lengths`: `'time'` by default. */
  layout?: Layout | undefined;
}

/** Options with their defaults. */
export interface ResolvedOnnx {
  readonly form: Form;
  readonly layout: Layout;
}

/**
 * Options with their defaults.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option.
 */
export function resolveOnnx(options: OnnxOptions | undefined, byDefault: Form): ResolvedOnnx {
  const given = check.options('exportOnnx', options, ['form', 'layout']);
  const form = given.form === undefined ? byDefault : check.oneOf('form', given.form, FORMS);
  const layout = given.layout === undefined ? undefined : check.oneOf('layout', given.layout, LAYOUTS);
  if (form === 'step' && layout !== undefined) {
    throw outOfRange('layout', 'left out for the form step, which has no axis of time', layout);
  }
  return { form, layout: layout ?? 'time' };
}
