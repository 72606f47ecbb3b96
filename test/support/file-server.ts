/** A server on the loopback that misbehaves in the ways a download must survive. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  /** Answers with the file under `/good`, half of it under `/truncated`, others' bytes under `/wrong`, never under `/silent`. */
  url: (path: '/good' | '/truncated' | '/wrong' | '/missing' | '/silent') => string;
  close: () => Promise<void>;
}

export async function startFileServer(file: Uint8Array): Promise<FileServer> {
  const server: Server = createServer(({ url }, response) => {
    if (url === '/good') {
      response.writeHead(200, { 'content-length': file.length }).end(file);
    } else if (url === '/truncated') {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, file.length / 2), () => response.destroy());
    } else if (url === '/wrong') {
      response.writeHead(200).end('a page that says to log in first');
    } else if (url === '/missing') {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
