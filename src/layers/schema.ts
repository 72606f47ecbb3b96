/** The core's declarations of its layers, and checks of descriptions by them. This file knows no layer by name. */

import * as check from '../base/check';
import { addon } from '../native/load';
import type { NativeLayerType, NativeOption } from '../native/native';

let declared: ReadonlyMap<string, NativeLayerType> | undefined;

/**
 * The layers by type, in the order of the core's list. The first call requests them.
 * @throws ERR_UNROLLED_NATIVE_LOAD
 */
export function layerTypes(): ReadonlyMap<string, NativeLayerType> {
  declared ??= new Map(
    addon()
      .layerSchema()
      .map((layer) => [layer.type, layer]),
  );
  return declared;
}

/** The declaration of a layer. */
export function layerTypeOf({ type }: { type: string }): NativeLayerType {
  return layerTypes().get(type) as NativeLayerType;
}

function checkValue(option: string, value: unknown, declaration: NativeOption): unknown {
  switch (declaration.kind) {
    case 'integer':
      return check.integer(option, value, declaration);
    case 'integers':
      return check.integers(option, value, declaration);
    case 'number':
      return check.number(option, value, declaration);
    case 'flag':
      return check.boolean(option, value);
    case 'choice':
      return check.oneOf(option, value, declaration.choices);
    case 'layer':
      return check.nonEmptyString(option, value);
  }
}

/**
 * Checks the values of a layer's own options, named as in `layers[1].features`; what is needed must be there.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function checkValues(
  layer: string,
  { options }: NativeLayerType,
  given: Readonly<Record<string, unknown>>,
): void {
  for (const declaration of options) {
    const value = given[declaration.name];
    if (value !== undefined || declaration.needed) checkValue(`${layer}.${declaration.name}`, value, declaration);
  }
}

/** An option's value: what was given, or the default; undefined if there is neither. */
export function optionValue(declaration: NativeOption, given: Readonly<Record<string, unknown>>): unknown {
  return given[declaration.name] ?? ('default' in declaration ? declaration.default : undefined);
}
