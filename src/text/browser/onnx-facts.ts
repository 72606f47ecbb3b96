/** What an exported model says of its texts, read from the bytes of its file: runtimes in a browser do not tell. */

import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { TextVectorizer } from '../text-vectorizer';
import { Vocabulary } from '../vocabulary';
import { WordList } from '../word-list';

/** The facts about a model that `exportOnnx` wrote; `docs/concepts/onnx.md` specifies it. */
export interface OnnxFacts {
  /** The vocabulary of a language model or a sequence classifier. */
  vocabulary?: Vocabulary | WordList;
  /** The vectorizer of a text classifier. */
  vectorizer?: TextVectorizer;
  /** The name of each class, or its number, for classifiers. */
  classes?: readonly (string | number)[];
  /** How texts become ids, and outputs answers. */
  text?: OnnxTextFacts;
}

/** How a model reads texts and what its outputs are. */
export interface OnnxTextFacts {
  kind: 'language-model' | 'sequence-classifier' | 'text-classifier';
  /** For a language model: whether the end token is fed before each text. */
  documents?: boolean;
  /** For a language model: the ids of the unknown token, the end token and the line end. */
  unknown?: number | null;
  end?: number | null;
  lineEnd?: number | null;
  /** For a classifier: the function from its logits to probabilities. */
  probabilities?: 'softmax' | 'sigmoid';
}

/** The field of a model with its texts, and those of one of them. */
const METADATA = 14;
const [KEY, VALUE] = [1, 2];

/** How fields are written: a number of up to ten bytes, eight bytes, bytes behind their length, four bytes. */
const [NUMBER, EIGHT, BYTES, FOUR] = [0, 1, 2, 5];

function damaged(): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', 'The bytes are not an ONNX file, or not a complete one');
}

/** Fields of a message of protocol buffers. */
function* fieldsOf(bytes: Uint8Array): Generator<[field: number, content: Uint8Array]> {
  let at = 0;
  const number = () => {
    let [value, factor] = [0, 1];
    for (let length = 0; length < 10; length++) {
      const byte = bytes[at++];
      if (byte === undefined) throw damaged();
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) return value;
    }
    throw damaged();
  };
  while (at < bytes.length) {
    const tag = number();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) throw damaged();
    let length = 0;
    if (type === NUMBER) number();
    else if (type === EIGHT) length = 8;
    else if (type === FOUR) length = 4;
    else if (type === BYTES) length = number();
    else throw damaged();
    if (at + length > bytes.length) throw damaged();
    if (type === BYTES) yield [field, bytes.subarray(at, at + length)];
    at += length;
  }
}

/** The texts of a file by their names. */
function metadataOf(bytes: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  const decoder = new TextDecoder();
  for (const [field, content] of fieldsOf(bytes)) {
    if (field !== METADATA) continue;
    const entry = new Map([...fieldsOf(content)].map(([part, text]) => [part, decoder.decode(text)]));
    found.set(entry.get(KEY) ?? '', entry.get(VALUE) ?? '');
  }
  return found;
}

/** The value of a text. @throws ERR_UNROLLED_MODEL_FORMAT. */
function parsed(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', `The metadata ${key} of the ONNX file is not JSON`, { cause });
  }
}

/**
 * What a file that `exportOnnx` wrote says of its texts; of another ONNX file nothing.
 * @param file all its bytes.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_MODEL_FORMAT for what is no ONNX file, and for damaged texts.
 */
export function onnxFacts(file: Uint8Array | ArrayBuffer): OnnxFacts {
  const isBytes = ArrayBuffer.isView(file) || Object.prototype.toString.call(file) === '[object ArrayBuffer]';
  if (!isBytes) throw check.wrongType('file', 'the bytes of a file', file);
  const bytes = ArrayBuffer.isView(file)
    ? new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    : new Uint8Array(file);
  const metadata = metadataOf(bytes);
  const of = (name: string) => {
    const key = `unrolled.${name}`;
    const text = metadata.get(key);
    return text === undefined ? undefined : parsed(key, text);
  };
  const [vocabulary, vectorizer, classes, text] = ['vocabulary', 'vectorizer', 'classes', 'text'].map(of);
  const isWordList = (vocabulary as { kind?: unknown } | undefined)?.kind === 'words';
  return {
    ...(vocabulary !== undefined && {
      vocabulary: isWordList ? WordList.fromJSON(vocabulary) : Vocabulary.fromJSON(vocabulary),
    }),
    ...(vectorizer !== undefined && { vectorizer: TextVectorizer.fromJSON(vectorizer) }),
    ...(classes !== undefined && { classes: classes as (string | number)[] }),
    ...(text !== undefined && { text: text as OnnxTextFacts }),
  };
}
