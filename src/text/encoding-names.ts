/** The names that encodings are known by. */

import { TextDecoder } from 'node:util';
import * as check from '../base/check';
import { ENCODINGS, type Encoding } from './encodings';

/**
 * An encoding by one of its usual names, in any case: a name of `Encoding`, a label of the WHATWG Encoding Standard for
 * one of these (`gb2312`, `sjis`, `cp1251`, `utf8`), or the name of a code page (`cp936`).
 */
export type EncodingName = Encoding | (string & Record<never, never>);

/** Common names that are not WHATWG labels, in lower case without spaces, `-` and `_`. */
const OTHER_NAMES: Readonly<Record<string, Encoding>> = {
  ...{ utf8sig: 'utf-8', utf8bom: 'utf-8', cp65001: 'utf-8' },
  ...{ utf16: 'utf-16le', ucs2: 'utf-16le', ucs2le: 'utf-16le', ucs2be: 'utf-16be' },
  ...{ gb180302000: 'gb18030', gb180302005: 'gb18030', gb180302022: 'gb18030', cp54936: 'gb18030' },
  ...{ cp936: 'gbk', ms936: 'gbk', windows936: 'gbk', euccn: 'gbk', gb2312: 'gbk' },
  ...{ cp950: 'big5', ms950: 'big5', windows950: 'big5' },
  ...{ cp932: 'shift_jis', ms932: 'shift_jis', windows932: 'shift_jis' },
  ...{ cp949: 'euc-kr', ms949: 'euc-kr', uhc: 'euc-kr' },
  // For WHATWG these names mean Windows-1252, which differs at 0x80 to 0x9F.
  ...{ iso88591: 'latin1', l1: 'latin1', cp819: 'latin1', isoir100: 'latin1' },
};

function plainName(name: string): string {
  return name.replace(/[\s_-]/g, '');
}

function isEncoding(name: string): name is Encoding {
  return (ENCODINGS as readonly string[]).includes(name);
}

/** The encoding of a label, as the platform's decoder knows it; undefined for one that it does not know. */
function labelled(name: string): string | undefined {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return undefined;
  }
}

function encodingOf(name: string): Encoding | undefined {
  const lower = name.trim().toLowerCase();
  if (isEncoding(lower)) return lower;
  const plain = plainName(lower);
  const own = ENCODINGS.find((encoding) => plainName(encoding) === plain);
  if (own !== undefined) return own;
  if (Object.hasOwn(OTHER_NAMES, plain)) return OTHER_NAMES[plain];
  const found = labelled(lower);
  return found !== undefined && isEncoding(found) ? found : undefined;
}

/**
 * The encoding with this name; UTF-8 if no name is given.
 * @param option the option that an error names.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveEncoding(name: unknown, option = 'encoding'): Encoding {
  if (name === undefined) return 'utf-8';
  const expected = `one of ${ENCODINGS.join(', ')}, or another name of one of these`;
  if (typeof name !== 'string') throw check.wrongType(option, expected, name);
  const encoding = encodingOf(name);
  if (encoding !== undefined) return encoding;
  throw check.outOfRange(option, expected, name);
}
