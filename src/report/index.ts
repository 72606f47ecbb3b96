/**
 * Reports: a training as one HTML page.
 * @module
 */

export { collectActivations } from './activations';
export { type ModelFigureOptions, renderModelFigure } from './figure/model-figure';
export { collectGradientByStep } from './gradient-by-step';
export { type Inspection, inspect, type TextModel } from './inspect';
export type { ReportOptions, TextReportOptions } from './model-report';
export { type DescriptionOptions, describeModel } from './model-summary';
export type {
  ReportActivations,
  ReportComparison,
  ReportConfusion,
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
export { renderReport, writeReport } from './render';
export type { OneSequence } from './stepping';
export { type TrainingHistory, trainingParts, type UnfinishedSteps } from './training-parts';
