/** Corpora and labelled sets by name. */

export type { DownloadProgress } from './download';
export { type ShakespeareOptions, shakespeare } from './shakespeare';
export { sonnets } from './sonnets';
export { type TangOptions, tang } from './tang';
export { text } from './text';
export { type ToySentiment, toySentiment } from './toy-sentiment';
export type { Phrase } from './toy-sentiment-data';
