/** A model drawn as SVG. */

import * as check from '../../base/check';
import type { ReportModel } from '../record';
import { drawFolded } from './folded';
import { modelGraph } from './graph';
import { svg } from './svg';
import { drawUnrolled } from './unrolled';

/** Options of `renderModelFigure`. */
export interface ModelFigureOptions {
  /** A column for each of a few time steps instead of loops; false by default. */
  unrolled?: boolean | undefined;
}

/** @internal */
export function figure(model: ReportModel, isUnrolled: boolean, isAlone: boolean): string {
  const nodes = modelGraph(model);
  const layers = model.layers.map(({ name, type }) => `${name} (${type})`).join(', ');
  const label = `The model ${isUnrolled ? 'unrolled over time' : 'folded'}, from input to output: ${layers}`;
  const drawing = isUnrolled ? drawUnrolled(nodes) : drawFolded(nodes);
  return svg(drawing, isUnrolled ? 'unrolled' : 'folded', label, isAlone);
}

/**
 * A model as a complete SVG document, with colours for light and dark mode.
 * @throws ERR_UNROLLED_OPTION_RANGE if a layer reads a layer that is not listed before it; ERR_UNROLLED_UNKNOWN_OPTION,
 *   ERR_UNROLLED_OPTION_TYPE.
 */
export function renderModelFigure(model: ReportModel, options?: ModelFigureOptions): string {
  const { unrolled = false } = check.options('renderModelFigure', options, ['unrolled']);
  return figure(model, check.boolean('unrolled', unrolled), true);
}
