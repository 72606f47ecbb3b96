/** A server on the loopback that misbehaves in the ways a download must survive. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

type Request = IncomingMessage;
type Response = ServerResponse;

/** Behaviours by path. */
const PATHS = {
  /** The file, or the part asked for. */
  '/good': (request: Request, response: Response, file: Buffer) => sendRange(request, response, file),
  /** The first half of it, whatever is asked; then the connection ends. */
  '/truncated': (_request: Request, response: Response, file: Buffer) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, file.length / 2), () => response.destroy());
  },
  /** A third of the file a time, with a validator, until `breakOff`. */
  '/in-thirds': (request: Request, response: Response, file: Buffer) =>
    sendRange(request, response, file, { most: Math.ceil(file.length / 3) }),
  /** The same with a tenth. */
  '/in-tenths': (request: Request, response: Response, file: Buffer) =>
    sendRange(request, response, file, { most: Math.ceil(file.length / 10) }),
  /** The whole file with a validator, whatever is asked. */
  '/without-ranges': (_request: Request, response: Response, file: Buffer) => {
    response.writeHead(200, { 'content-length': file.length, etag: '"1"' }).end(file);
  },
  /** The file's beginning in place of the part asked for. */
  '/another-part': (request: Request, response: Response, file: Buffer) => {
    if (request.headers.range === undefined) return sendRange(request, response, file);
    const headers = { 'content-length': 10, 'content-range': `bytes 0-9/${file.length}` };
    response.writeHead(206, headers).end(file.subarray(0, 10));
  },
  /** Wrong bytes as the part asked for. */
  '/wrong-part': (request: Request, response: Response, file: Buffer) =>
    sendRange(request, response, request.headers.range === undefined ? file : Buffer.alloc(file.length)),
  /** That no part can be had. */
  '/no-part': (request: Request, response: Response, file: Buffer) => {
    if (request.headers.range === undefined) return sendRange(request, response, file);
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
  },
  /** Half of the file, and then nothing. */
  '/stalling': (_request: Request, response: Response, file: Buffer) => {
    response.writeHead(200, { 'content-length': file.length, etag: '"1"' }).write(file.subarray(0, file.length / 2));
  },
  /** Another file. */
  '/wrong': (_request: Request, response: Response) => {
    response.writeHead(200).end('a page that says to log in first');
  },
  /** The file compressed, although nobody asked; with a validator, and parts of the compressed bytes. */
  '/gzipped': (request: Request, response: Response, file: Buffer) => {
    const packed = gzipSync(file);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      ...{ 'content-encoding': 'gzip', 'content-length': packed.length - start, etag: '"1"' },
      ...(start > 0 && { 'content-range': `bytes ${start}-${packed.length - 1}/${packed.length}` }),
    });
    response.end(packed.subarray(start));
  },
  /** Its length again and again, in a compression that has no end. */
  '/bomb': (_request: Request, response: Response, file: Buffer) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(100 * file.length)));
  },
  '/unknown-compression': (_request: Request, response: Response, file: Buffer) => {
    response.writeHead(200, { 'content-encoding': 'x-\u009bodd' }).end(file);
  },
  /** More than the file, and the length of it. */
  '/long': (_request: Request, response: Response, file: Buffer) => {
    response.writeHead(200, { 'content-length': 10 * file.length, etag: '"1"' }).write(file);
  },
  /** Bytes for ever. */
  '/endless': (_request: Request, response: Response, file: Buffer) => {
    response.writeHead(200, { etag: '"1"' });
    const more = () => {
      if (!response.destroyed) response.write(file, more);
    };
    more();
  },
  /** Nothing to those who ask for a part. */
  '/no-such-header': (request: Request, response: Response, file: Buffer) => {
    if (request.headers.range === undefined) return sendRange(request, response, file);
    response.writeHead(431).end();
  },
  /** A reason that a terminal would obey. */
  '/control': (_request: Request, response: Response) => {
    response.socket?.end('HTTP/1.1 404 No\u001b[31m\u009b31m\u00ad\tsuch\r\ncontent-length: 0\r\n\r\n', 'latin1');
  },
  '/missing': (_request: Request, response: Response) => {
    response.writeHead(404).end('nothing here');
  },
  '/redirected': (_request: Request, response: Response) => {
    response.writeHead(302, { location: '/good' }).end();
  },
  '/circle': (_request: Request, response: Response) => {
    response.writeHead(302, { location: '/circle' }).end();
  },
  /** Nothing ever. */
  '/silent': () => {},
} as const;

/** What is asked, or the first `most` bytes of it, after which nothing comes. */
function sendRange({ headers }: Request, response: Response, file: Buffer, { most = file.length } = {}): void {
  const asked = /^bytes=(\d+)-$/.exec(headers.range ?? '');
  const isPart = asked !== null && headers['if-range'] === '"1"';
  const start = isPart ? Number(asked[1]) : 0;
  if (start >= file.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    return;
  }
  response.writeHead(isPart ? 206 : 200, {
    'content-length': file.length - start,
    etag: '"1"',
    ...(isPart && { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` }),
  });
  const bytes = file.subarray(start, start + most);
  if (start + bytes.length === file.length) response.end(bytes);
  else response.write(bytes);
}

export interface FileServer {
  url: (path: keyof typeof PATHS) => string;
  /** The `range` headers of all requests so far, undefined where there was none. */
  ranges: (string | undefined)[];
  /** Ends all connections. */
  breakOff: () => void;
  close: () => Promise<void>;
}

export async function startFileServer(file: Buffer): Promise<FileServer> {
  const ranges: (string | undefined)[] = [];
  const server: Server = createServer((request, response) => {
    ranges.push(request.headers.range);
    PATHS[request.url as keyof typeof PATHS](request, response, file);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    ranges,
    breakOff: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
