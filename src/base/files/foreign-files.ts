/**
 * Describes a file that was given as a model but is none, so that the message is about the file and not about its
 * header.
 */

import { TextDecoder } from 'node:util';
import { UnrolledError } from '../errors';
import { openToRead } from './files';

/** How much of a file is looked at. */
const LOOKED_AT = 4096;

/** The first bytes of a zip archive. */
const ZIP = 'PK\x03\x04';

/** The first byte of a pickle in any current protocol; the protocol follows. */
const PICKLE = 0x80;
const NEWEST_PICKLE = 5;

/** UTF-8 without control characters, except those of lines and tabs. */
function isText(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes, { stream: bytes.length === LOOKED_AT });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells bytes from text.
  return text !== '' && !/[\0-\x08\x0b\x0e-\x1f\ufffd]/.test(text);
}

function isPickle([first, protocol = 0]: Uint8Array): boolean {
  return first === PICKLE && protocol >= 2 && protocol <= NEWEST_PICKLE;
}

interface Described {
  fault: string;
  advice?: string;
}

/** The way of PyTorch's own files into safetensors. */
function fromPyTorch(path: string, kind: string): Described {
  const [from, to] = [path, `${path.replace(/\.\w+$/, '')}.safetensors`].map((name) => JSON.stringify(name));
  return {
    fault: `${path} is not a safetensors file: it is ${kind}, as PyTorch saves weights`,
    advice:
      'unrolled never runs the code in such a file. Convert it to safetensors in Python: from safetensors.torch import save_file; ' +
      `save_file(torch.load(${from}, map_location="cpu", weights_only=True), ${to}).`,
  };
}

/** What the first bytes say about a file; undefined if they say nothing. */
function described(path: string, bytes: Uint8Array): Described | undefined {
  if (Buffer.from(bytes).toString('latin1', 0, ZIP.length) === ZIP) return fromPyTorch(path, 'a zip archive');
  if (isPickle(bytes)) return fromPyTorch(path, 'a Python pickle');
  return isText(bytes) ? { fault: `${path} is not a model of unrolled: it looks like text` } : undefined;
}

async function beginning(path: string): Promise<Uint8Array> {
  const file = await openToRead(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * The error for a file that is not a safetensors file: a specific one for texts and PyTorch's own files, else the error
 * about its header.
 */
export async function foreignFile(path: string, cause: UnrolledError): Promise<UnrolledError> {
  const bytes = await beginning(path).catch(() => undefined);
  const found = bytes && described(path, bytes);
  if (found === undefined) return cause;
  const { fault, ...advice } = found;
  return new UnrolledError('ERR_UNROLLED_MODEL_FORMAT', fault, {
    ...advice,
    expected: 'a safetensors file',
    received: path,
    cause,
  });
}
