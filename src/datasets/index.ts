/**
 * Corpora and labelled sets by name.
 * @module
 */

export { type DocumentsFormat, type DocumentsReadOptions, documents } from './documents';
export type { DownloadProgress } from './download';
export { type Imdb, type ImdbOptions, imdb } from './imdb/imdb';
export { type ShakespeareOptions, shakespeare } from './shakespeare';
export { sonnets } from './sonnets';
export { type Split, type SplitOptions, split } from './split';
export { type TangOptions, tang } from './tang';
export { type TextOptions, text, textFile } from './text';
export { type TextFolder, type TextFolderOptions, textFolder } from './text-folder';
export { type ToySentiment, toySentiment } from './toy-sentiment';
export type { Phrase } from './toy-sentiment-data';
export type { SkippedFile } from './unreadable-files';
