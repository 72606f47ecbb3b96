/** An HTTP server that streams text of one model to many clients: what `examples/server.ts` starts. */

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type LanguageModel, type StreamOptions, UnrolledError } from '../../src/index';

/** What the server allows. */
export interface Limits {
  /** Clients served at once. */
  clients: number;
  /** Characters of a prompt (UTF-16 units). */
  promptLength: number;
  /** Tokens of a text. */
  length: number;
  /** Milliseconds that a connection may stand still, as that of a client who does not read. */
  idle: number;
}

export const DEFAULT_LIMITS: Limits = { clients: 64, promptLength: 4000, length: 2000, idle: 30_000 };

/** Tokens of a text whose client did not say. */
const DEFAULT_LENGTH = 200;

/** A request that is not served. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What a client asks for. */
interface Request {
  prompt: string;
  options: StreamOptions & { seed: number };
}

/** The status and body that tell a client why it gets no text. */
function refusal(error: unknown): { status: number; body: { code: string; message: string; option?: string } } {
  if (error instanceof Refusal) return { status: error.status, body: { code: error.code, message: error.message } };
  if (!(error instanceof UnrolledError)) {
    return { status: 500, body: { code: 'INTERNAL', message: 'The server failed; its log says more.' } };
  }
  const { code, message, option } = error;
  const gone = code === 'ERR_UNROLLED_DISPOSED' || code === 'ERR_UNROLLED_ABORTED';
  const ofClient = error.name === 'TypeError' || error.name === 'RangeError';
  return {
    status: gone ? 503 : ofClient ? 400 : 500,
    body: { code, message, ...(option !== undefined && { option }) },
  };
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, body } = refusal(error);
  if (status === 500) console.error(error);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    ...(status === 429 && { 'retry-after': '1' }),
    // What is left of a body that nobody wants is not read, and a server that closes takes no more requests.
    ...((status === 413 || status === 503) && { connection: 'close' }),
  });
  response.end(`${JSON.stringify({ error: body })}\n`);
}

async function readBody(request: IncomingMessage, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > most) throw new Refusal(413, 'BODY_TOO_LARGE', `The body must have at most ${most} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What the body of a request asks for; options that `model.stream` knows are left for it to check. */
function parse(body: string, { promptLength, length: most }: Limits): Request {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch (error) {
    throw new Refusal(400, 'NOT_JSON', `The body must be JSON: ${(error as Error).message}.`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Refusal(400, 'NOT_JSON', 'The body must be a JSON object, as {"prompt": "The "}.');
  }
  const {
    prompt = '',
    length = Math.min(DEFAULT_LENGTH, most),
    seed = randomInt(2 ** 47),
    ...options
  } = given as Record<string, unknown>;
  if (typeof prompt !== 'string') throw new Refusal(400, 'PROMPT_TYPE', 'prompt must be a string.');
  if (prompt.length > promptLength) {
    throw new Refusal(413, 'PROMPT_TOO_LONG', `prompt must have at most ${promptLength} characters.`);
  }
  if (typeof length === 'number' && length > most) {
    throw new Refusal(400, 'LENGTH_TOO_LARGE', `length must be at most ${most}.`);
  }
  return { prompt, options: { ...options, length, seed } as Request['options'] };
}

/** Writes the text as it is drawn. A client that reads slowly is waited for, and takes no work meanwhile. */
async function stream(
  model: LanguageModel,
  { prompt, options }: Request,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const pieces = model.stream(prompt, { ...options, signal: gone });
  // Until the first piece is there, a request can be refused.
  let piece = await pieces.next();
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-seed': String(options.seed) });
  try {
    for (; piece.done !== true; piece = await pieces.next()) {
      if (!response.write(piece.value)) await once(response, 'drain', { signal: gone });
    }
  } finally {
    await pieces.return();
  }
  response.end();
}

/**
 * A server for `POST /generate`, with the options of `LanguageModel.stream` and a `prompt` as a JSON object, and for
 * `GET /health`. It needs no batching of its own: streams that are read at the same time are computed together. Once it
 * is closed, requests on connections that are still open are refused, and the streams that run come to their end.
 */
export function textServer(model: LanguageModel, limits: Limits = DEFAULT_LIMITS): Server {
  let clients = 0;
  // The requests of each connection. A response that waits behind another one is not told that its connection has broken.
  const connections = new WeakMap<Socket, Set<AbortController>>();

  const generate = async (request: IncomingMessage, response: ServerResponse) => {
    if (!server.listening) throw new Refusal(503, 'CLOSING', 'The server is closing.');
    if (clients >= limits.clients) throw new Refusal(429, 'FULL', `All ${limits.clients} places are taken.`);
    const gone = new AbortController();
    const requests = connections.get(request.socket);
    requests?.add(gone);
    clients++;
    try {
      // A character has at most six bytes in JSON (\\uXXXX); the other options need few.
      const body = await readBody(request, 6 * limits.promptLength + 4096);
      await stream(model, parse(body, limits), response, gone.signal);
    } finally {
      clients--;
      requests?.delete(gone);
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [path] = (request.url ?? '').split('?');
    if (path === '/health' && request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify({ clients, limit: limits.clients })}\n`);
    } else if (path !== '/generate') {
      throw new Refusal(404, 'NOT_FOUND', 'There is POST /generate, and GET /health.');
    } else if (request.method !== 'POST') {
      throw new Refusal(405, 'METHOD', 'Generate with POST.');
    } else {
      await generate(request, response);
    }
  };

  const server = createServer((request, response) => {
    const { socket } = request;
    // A connection that is kept for another request would keep a closed server waiting.
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections();
    });
    answer(request, response).catch((error: unknown) => {
      if (socket.destroyed || response.destroyed) return; // its client has gone
      // Text that breaks off must not look like one that has ended.
      if (response.headersSent) response.destroy();
      else refuse(response, error);
    });
  });
  server.on('connection', (socket) => {
    const requests = new Set<AbortController>();
    connections.set(socket, requests);
    socket.once('close', () => {
      for (const gone of requests) gone.abort();
    });
  });
  server.setTimeout(limits.idle);
  return server;
}

/** Takes no more clients and resolves when the last one has its text, or has been sent away after `grace` milliseconds. */
export async function closeServer(server: Server, grace: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(timer);
}
