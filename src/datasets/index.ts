/** Corpora and labelled sets by name. */

export { type DocumentsFormat, type DocumentsReadOptions, documents } from './documents';
export type { DownloadProgress } from './download';
export { type ShakespeareOptions, shakespeare } from './shakespeare';
export { sonnets } from './sonnets';
export { type TangOptions, tang } from './tang';
export { type TextOptions, text, textFile } from './text';
export { type ToySentiment, toySentiment } from './toy-sentiment';
export type { Phrase } from './toy-sentiment-data';
