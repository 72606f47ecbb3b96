/** `--stop-words`: a list by its name, or the words of a file, one per line. */

import { Option } from 'commander';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { phrase, refer } from '../../base/messages/phrase';
import { didYouMean } from '../../base/messages/suggestions';
import type { Encoding } from '../../text/encodings';
import { readText } from '../../text/read-text';
import { STOP_WORD_LISTS, type StopWords } from '../../text/vectorizer-options';

export function stopWordsOption(): Option {
  return new Option(
    '--stop-words <list>',
    `leave out common words: ${STOP_WORD_LISTS.join(', ')}, or a file with one word per line (default: none)`,
  );
}

/** The text of a list, which may be in UTF-8 or, as the texts, in the encoding that was given. */
async function textOf(path: string, encoding: Encoding | undefined): Promise<string> {
  try {
    return await readText(path, { lineEnds: 'lf' });
  } catch (error) {
    const isOther = error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ENCODING';
    if (!isOther || encoding === undefined || encoding === 'utf-8') throw error;
    return readText(path, { lineEnds: 'lf', encoding });
  }
}

/** The error for what is neither a list's name nor a file. */
function noList(list: string, { code, fault }: UnrolledError): UnrolledError {
  const expected = `${STOP_WORD_LISTS.join(', ')}, or a file with one word per line`;
  const meant = didYouMean(list, STOP_WORD_LISTS);
  return new UnrolledError(code, phrase`${refer.option('stopWords')} must be ${expected}. ${fault}`, {
    ...{ option: 'stopWords', expected, received: check.show(list) },
    ...(meant !== undefined && { advice: meant }),
  });
}

/**
 * The words that `--stop-words` names. A list of that name takes precedence over a file.
 * @throws the errors of `readText`, naming the option if there is no such file; ERR_UNROLLED_OPTION_RANGE for a file
 *   without words.
 */
export async function readStopWords(
  list: string | undefined,
  encoding: Encoding | undefined,
): Promise<StopWords | undefined> {
  if (list === undefined) return undefined;
  const named = STOP_WORD_LISTS.find((name) => name === list);
  if (named !== undefined) return named;
  const text = await textOf(check.nonEmptyString('stopWords', list), encoding).catch((error) => {
    throw error instanceof UnrolledError && error.code === 'ERR_UNROLLED_FILE_NOT_FOUND' ? noList(list, error) : error;
  });
  const words = text.split('\n').map((line) => line.trim());
  const distinct = [...new Set(words)].filter((word) => word !== '');
  if (distinct.length > 0) return distinct;
  throw check.outOfRange('stopWords', `${STOP_WORD_LISTS.join(', ')}, or a file with one word per line`, list);
}
