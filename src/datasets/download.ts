/** Downloads that continue where they broke off, and are checked before anyone sees them. */

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { isError } from '../base/builtins';
import { UnrolledError } from '../base/errors';
import { writeError } from '../base/files/files';
import { onAbort } from '../native/cancellation';
import { PartFile } from './part-file';

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes of the file that have been received, including those of earlier runs. */
  received: number;
  /** Bytes in all; undefined if the server does not say. */
  total: number | undefined;
  /** Bytes that were there when this connection began. */
  resumed: number;
}

export interface DownloadOptions {
  signal?: AbortSignal | undefined;
  /** Called for every piece that arrives. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Seconds without a byte after which the download fails; 60 by default. */
  timeout?: number | undefined;
}

/** Facts about a file before it is downloaded. */
export interface ExpectedFile {
  /** As hexadecimal digits. */
  sha256: string;
  /** The most bytes that it may have: more are not taken. */
  maxBytes: number;
}

/** Connections tried where each breaks off. */
const ATTEMPTS = 4;
const DEFAULT_TIMEOUT = 60;

const ADVICE =
  'Try again, or get the file in another way and set UNROLLED_DATA to the folder that has it ' +
  '(or pass the folder as directory).';

/** The longest text of a server that is shown. */
const MOST_SHOWN = 200;

/** The text of a server, for people: without characters that a terminal would obey. */
function shown(text: string): string {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return visible.length > MOST_SHOWN ? `${visible.slice(0, MOST_SHOWN)}…` : visible;
}

/** The name and the password that an address has before an `@`. */
const CREDENTIALS = /^(\s*[a-z][a-z\d+.-]*:[/\\]*)[^/\\?#]*@/i;
/** The same of what is not an address: its password may have any character. */
const LOOSE_CREDENTIALS = /^(\s*[a-z][a-z\d+.-]*:[/\\]*|).*@/is;

/** An address for people: without a name and a password. */
function shownUrl(url: string): string {
  return url.replace(URL.canParse(url) ? CREDENTIALS : LOOSE_CREDENTIALS, '$1***@');
}

/** The cause of an error, unless it would be printed with the password of the address. */
function causeFor(url: string, cause: unknown): unknown {
  return shownUrl(url) === url ? cause : undefined;
}

/** A reason without passwords. `fetch` accepts no address with a password, and its error names the address. */
function reasonFor(url: string, reason: string): string {
  if (shownUrl(url) === url || !/@|credentials/.test(reason)) return reason;
  return URL.canParse(url) ? 'an address must not have a user name or a password' : 'it is not a valid address';
}

function downloadError(url: string, reason: string, cause?: unknown): UnrolledError {
  const received = shown(reasonFor(url, reason));
  return new UnrolledError('ERR_UNROLLED_DOWNLOAD', `${shownUrl(url)} could not be downloaded: ${received}`, {
    advice: ADVICE,
    received,
    cause: causeFor(url, cause),
  });
}

/** A connection that ended before the file did; another may continue. */
class BrokenOff extends Error {}

/** An answer that shows the part to be worth nothing: the download begins again. */
class Restart extends Error {}

/** The reason of a failed `fetch`; its own message only says that it failed. */
function reasonOf(cause: unknown): string {
  const { cause: inner, message } = cause as Error;
  return isError(inner) && inner.message !== '' ? inner.message : message;
}

/** Aborts when the caller does, and when nothing has come for a while. */
class Watch {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  isStalled = false;

  constructor(seconds: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    // `AbortSignal.any` takes no signal but Node's own.
    const abort = () => this.#controller.abort(caller?.reason);
    if (caller?.aborted) abort();
    this.#forget = onAbort(caller, abort);
    this.#timer = setTimeout(() => {
      this.isStalled = true;
      this.#controller.abort();
    }, seconds * 1000);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.#caller?.aborted === true;
  }

  alive(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }
}

/** The answer to a request, as far as it matters. */
interface Answer {
  /** The position in the file at which the body begins. */
  start: number;
  total: number | undefined;
  body: AsyncIterable<Uint8Array>;
  validator: string | undefined;
}

/** A part that is whole, open. */
interface Whole {
  file: FileHandle;
  length: number;
}

function numberOf(header: string | null | undefined): number | undefined {
  return header !== null && header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** Compressions that `fetch` has undone before anyone sees the bytes. */
const UNDONE = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

/** The compression that the server applied without being asked. */
function codingsOf(headers: Headers): string[] {
  const codings = (headers.get('content-encoding') ?? '').toLowerCase().split(',');
  return codings.map((coding) => coding.trim()).filter((coding) => coding !== '' && coding !== 'identity');
}

/** Answers to a request that go by what it says of a part: without that, the same server may give the whole. */
const REFUSED_PARTS = [400, 412, 413, 431];

/** The value of `If-Range`: a strong ETag, else the time of the last change. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return (tag?.startsWith('"') ? tag : headers.get('last-modified')) ?? undefined;
}

/** One download: an address, a place, and what may be continuing. */
class Download {
  readonly #url: string;
  readonly #options: DownloadOptions;
  readonly #part: PartFile;
  readonly #expected: ExpectedFile;

  constructor(url: string, path: string, expected: ExpectedFile, options: DownloadOptions) {
    this.#url = url;
    this.#expected = expected;
    this.#options = options;
    this.#part = new PartFile(path);
  }

  /** Fetches until the part is whole. */
  async fetch(): Promise<Whole> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt();
      } catch (cause) {
        if (cause instanceof Restart) await this.#part.remove();
        else if (!(cause instanceof BrokenOff)) throw cause;
        if (attempt === ATTEMPTS) throw downloadError(this.#url, cause.message, cause.cause);
      }
    }
  }

  /** @throws ERR_UNROLLED_CHECKSUM, and the part is removed; the target only appears if it is right. */
  async finish({ file, length }: Whole): Promise<void> {
    const { sha256 } = this.#expected;
    const hash = createHash('sha256');
    const requireSame = () => {
      const received = hash.digest('hex');
      if (received === sha256) return;
      throw new UnrolledError('ERR_UNROLLED_CHECKSUM', `${shownUrl(this.#url)} is not the expected file`, {
        advice: ADVICE,
        expected: `SHA-256 ${sha256}`,
        received: `SHA-256 ${received}`,
      });
    };
    try {
      await this.#part.finish(file, length, (bytes) => hash.update(bytes), requireSame);
    } catch (error) {
      if ((error as UnrolledError).code === 'ERR_UNROLLED_CHECKSUM') await this.#part.remove();
      throw error;
    } finally {
      await file.close();
    }
    await this.#part.remove();
  }

  async #attempt(): Promise<Whole> {
    const { signal, timeout = DEFAULT_TIMEOUT } = this.#options;
    const before = await this.#part.progress(this.#url, this.#expected.maxBytes);
    const watch = new Watch(timeout, signal);
    try {
      const answer = await this.#ask(before, watch);
      if (answer !== undefined) return await this.#receive(answer, before !== undefined, watch);
      return { file: await this.#part.open(), length: before?.length ?? 0 };
    } catch (cause) {
      if (watch.isAborted) {
        throw new UnrolledError('ERR_UNROLLED_ABORTED', `The download of ${shownUrl(this.#url)} was aborted`, {
          cause: causeFor(this.#url, cause),
        });
      }
      if (watch.isStalled) throw downloadError(this.#url, `nothing came for ${timeout} seconds`, cause);
      throw cause;
    } finally {
      watch.end();
      await this.#part.removeIfEmpty();
    }
  }

  /** The server's answer; undefined if it says that nothing is missing. */
  async #ask(before: { length: number; validator: string } | undefined, watch: Watch): Promise<Answer | undefined> {
    // A range of bytes is one of what is sent: nothing may be compressed.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (before !== undefined)
      Object.assign(headers, { range: `bytes=${before.length}-`, 'if-range': before.validator });
    const response = await fetch(this.#url, { signal: watch.signal, headers }).catch((cause) => {
      throw watch.signal.aborted ? cause : downloadError(this.#url, reasonOf(cause), cause);
    });
    watch.alive();
    const answer = this.#read(response, before?.length ?? 0);
    if (answer !== undefined && 'body' in answer) return answer;
    await response.body?.cancel();
    if (answer !== undefined) throw answer;
    return undefined;
  }

  #read(response: Response, asked: number): Answer | Error | undefined {
    const { status, headers } = response;
    const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    const total = numberOf(range?.[2]);
    if (status === 416 && asked > 0) {
      return total === asked ? undefined : new Restart('the server does not have the requested part');
    }
    if (asked > 0 && REFUSED_PARTS.includes(status))
      return new Restart(`the server answered ${status} to the request for a part`);
    const codings = codingsOf(headers);
    const unknown = codings.find((coding) => !UNDONE.has(coding));
    if (unknown !== undefined)
      return downloadError(this.#url, `the server sent it compressed as ${unknown}, which was not requested`);
    // A part of the compressed data is not a part of the file.
    if (status === 206 && codings.length > 0) return new Restart('the server compressed a part of it');
    if (status === 206 && numberOf(range?.[1]) !== asked)
      return new Restart('the server sent another part than requested');
    if (status !== 200 && status !== 206) {
      return downloadError(this.#url, `the server answered ${status} ${response.statusText}`.trim());
    }
    const length = status === 206 ? total : numberOf(headers.get('content-length'));
    if (codings.length === 0 && length !== undefined && length > this.#expected.maxBytes) return this.#tooLong(length);
    return {
      start: status === 206 ? asked : 0,
      // The length is that of what was compressed, and so are places in it.
      total: codings.length === 0 ? length : undefined,
      body: (response.body ?? []) as AsyncIterable<Uint8Array>,
      validator: codings.length === 0 ? validatorOf(headers) : undefined,
    };
  }

  #tooLong(bytes: number): UnrolledError {
    const { maxBytes } = this.#expected;
    return downloadError(this.#url, `it has ${bytes} bytes or more, and at most ${maxBytes} are expected`);
  }

  async #receive({ start, total, body, validator }: Answer, isPartThere: boolean, watch: Watch): Promise<Whole> {
    if (start === 0) {
      if (isPartThere) await this.#part.remove();
      await this.#part.begin({ url: this.#url, validator });
    }
    const file = await this.#part.open();
    let received = start;
    try {
      for await (const piece of this.#pieces(body, watch)) {
        if (received + piece.length > this.#expected.maxBytes) throw this.#tooLong(received + piece.length);
        await this.#write(file, piece, received);
        received += piece.length;
        this.#options.onProgress?.({ received, total, resumed: start });
      }
      if (total !== undefined && received < total) throw new BrokenOff(`only ${received} of ${total} bytes came`);
      return { file, length: received };
    } catch (error) {
      await file.close();
      // If the file is too long, nothing of it is kept.
      if ((error as UnrolledError).code === 'ERR_UNROLLED_DOWNLOAD') await this.#part.remove();
      throw error;
    }
  }

  async *#pieces(body: AsyncIterable<Uint8Array>, watch: Watch): AsyncGenerator<Uint8Array> {
    const pieces = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await pieces.next().catch((cause) => {
          throw watch.signal.aborted
            ? cause
            : new BrokenOff(`the connection broke off (${reasonOf(cause)})`, { cause });
        });
        if (next.done) return;
        watch.alive();
        yield next.value;
      }
    } finally {
      await pieces.return?.().catch(() => undefined);
    }
  }

  async #write(file: FileHandle, piece: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < piece.length; ) {
        const { bytesWritten } = await file.write(piece, done, piece.length - done, position + done);
        done += bytesWritten;
      }
    } catch (cause) {
      throw writeError(this.#part.path, cause);
    }
  }
}

/**
 * Downloads a file to `path`, which appears only when the SHA-256 of its bytes is the one given. Until then the
 * received bytes are in `<path>.part`. A later call continues from there if the server allows it, and a broken
 * connection is retried a few times. If the server compresses the file unasked, it is decompressed.
 * @throws ERR_UNROLLED_DOWNLOAD, ERR_UNROLLED_CHECKSUM (the received bytes are then removed), ERR_UNROLLED_ABORTED,
 *   ERR_UNROLLED_FILE_WRITE.
 */
export async function download(
  url: string,
  path: string,
  expected: ExpectedFile,
  options: DownloadOptions = {},
): Promise<void> {
  const task = new Download(url, path, expected, options);
  await task.finish(await task.fetch());
}
