/** Reports: a training as one HTML page. */

export { collectActivations } from './activations';
export { type ModelFigureOptions, renderModelFigure } from './figure/model-figure';
export { collectGradientByStep } from './gradient-by-step';
export { inspectLanguageModel } from './language-model';
export { describeModel } from './model-summary';
export type {
  ReportActivations,
  ReportComparison,
  ReportEpoch,
  ReportGradientByStep,
  ReportInput,
  ReportLayer,
  ReportModel,
  ReportNeighbours,
  ReportRecord,
  ReportSample,
  ReportShape,
  ReportSteps,
  ReportTable,
} from './record';
export { type EpochExtras, TrainingRecorder } from './recorder';
export { renderReport, writeReport } from './render';
