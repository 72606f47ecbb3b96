/** The server of `examples/server.ts`, over the loopback. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { closeServer, DEFAULT_LIMITS, type Limits, textServer } from '../../examples/support/server';
import type { LanguageModel } from '../../src/index';
import { useFolder } from '../support/folder';
import { smallModel } from '../support/models';

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  text: string;
}

interface Asking {
  path?: string;
  method?: string;
  agent?: Agent;
}

/** The head of an answer, whose body is still to be read. */
async function ask(port: number, body: unknown, { path = '/generate', method = 'POST', agent }: Asking = {}) {
  const sent = request({ port, host: '127.0.0.1', path, method, ...(agent && { agent }) });
  sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer.setEncoding('utf8');
}

async function fetched(port: number, body: unknown, asking?: Asking): Promise<Answer> {
  const answer = await ask(port, body, asking);
  let text = '';
  for await (const part of answer) text += part;
  return { status: answer.statusCode, headers: answer.headers, text };
}

async function errorOf(answer: Promise<Answer>): Promise<[status: number | undefined, code: string, option?: string]> {
  const { status, text } = await answer;
  const { code, option } = JSON.parse(text).error;
  return option === undefined ? [status, code] : [status, code, option];
}

describe('the server of the examples', function () {
  this.timeout(30_000);
  const useTemporary = useFolder();
  let model: LanguageModel;
  const servers: Server[] = [];

  before(() => {
    model = smallModel({ cell: 'gru', hidden: 32 });
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => closeServer(server, 0)));
  });

  after(() => model.dispose());

  async function start(limits: Partial<Limits> = {}, served = model): Promise<{ server: Server; port: number }> {
    const server = textServer(served, { ...DEFAULT_LIMITS, ...limits });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    return { server, port: (server.address() as AddressInfo).port };
  }

  async function clients(port: number): Promise<number> {
    return JSON.parse((await fetched(port, undefined, { path: '/health', method: 'GET' })).text).clients;
  }

  it('streams to each client the text of its seed, whoever else is served', async () => {
    const { port } = await start();
    const asked = Array.from({ length: 12 }, (_, i) => ({
      ...{ prompt: 'the lazy dog'.slice(i), length: 20 + 30 * (i % 4), seed: i, temperature: 0.5 + i / 10 },
      ...(i % 3 === 0 && { topK: 4 }),
    }));
    const answers = await Promise.all(asked.map((body) => fetched(port, body)));
    for (const [i, { prompt, ...options }] of asked.entries()) {
      assert.equal(answers[i]?.status, 200);
      assert.equal(answers[i]?.text, await model.sample(prompt, options));
      assert.equal(answers[i]?.headers['x-seed'], String(i));
    }
    const { headers, text } = await fetched(port, {});
    assert.equal(text, await model.sample('', { seed: Number(headers['x-seed']) }));
  });

  it('refuses with a status and a code', async () => {
    const { port } = await start({ promptLength: 10, length: 50 });
    for (const [body, ...expected] of [
      ['{', 400, 'NOT_JSON'],
      ['[1]', 400, 'NOT_JSON'],
      [{ prompt: 3 }, 400, 'PROMPT_TYPE'],
      [{ prompt: 'the'.repeat(4) }, 413, 'PROMPT_TOO_LONG'],
      [{ prompt: 'x'.repeat(10_000) }, 413, 'BODY_TOO_LARGE'],
      [{ length: 51 }, 400, 'LENGTH_TOO_LARGE'],
      [{ length: '5' }, 400, 'ERR_UNROLLED_OPTION_TYPE', 'length'],
      [{ temperature: -1 }, 400, 'ERR_UNROLLED_OPTION_RANGE', 'temperature'],
      [{ seed: -1 }, 400, 'ERR_UNROLLED_OPTION_RANGE', 'seed'],
      [{ tempreature: 1 }, 400, 'ERR_UNROLLED_UNKNOWN_OPTION', 'tempreature'],
      [{ prompt: 'É' }, 400, 'ERR_UNROLLED_UNKNOWN_TOKEN', 'text'],
    ] as const) {
      assert.deepEqual(await errorOf(fetched(port, body)), expected, JSON.stringify(body));
    }
    assert.deepEqual(await errorOf(fetched(port, {}, { path: '/' })), [404, 'NOT_FOUND']);
    assert.deepEqual(await errorOf(fetched(port, undefined, { method: 'GET' })), [405, 'METHOD']);
    assert.equal(await clients(port), 0);
  });

  it('takes so many clients, and another when one has gone', async () => {
    const { port } = await start({ clients: 2, length: 1e9 });
    const endless = { length: 1e9 };
    const [first, second] = await Promise.all([ask(port, endless), ask(port, endless)]);
    assert.deepEqual(await errorOf(fetched(port, {})), [429, 'FULL']);
    first.destroy();
    while ((await clients(port)) > 1); // the server hears of it in its own time
    assert.equal((await fetched(port, { length: 5 })).status, 200);
    second.destroy();
  });

  for (const [how, leave] of [
    ['breaks', (socket: Socket) => socket.resetAndDestroy()],
    ['ends', (socket: Socket) => socket.destroy()],
  ] as const) {
    it(`gives back the places of a connection with many requests at once that ${how}`, async () => {
      const { port } = await start({ clients: 16, length: 1e9 });
      const socket = connect(port, '127.0.0.1');
      const body = JSON.stringify({ length: 1e9 });
      const asked = `POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      socket.write(asked.repeat(20));
      while ((await clients(port)) < 16); // four wait in vain
      await once(socket, 'data');
      leave(socket);
      while ((await clients(port)) > 0);
      assert.equal((await fetched(port, { length: 5 })).status, 200);
    });
  }

  it('draws no more for a client that does not read', async () => {
    let pieces = 0;
    let timer: NodeJS.Timeout | undefined;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    await new Promise<void>((resolve) => {
      const eager = {
        async *stream() {
          try {
            for (;;) {
              pieces++;
              clearTimeout(timer);
              timer = setTimeout(resolve, 200);
              yield 'x'.repeat(2 ** 18);
            }
          } finally {
            end();
          }
        },
      };
      void start({}, eager as unknown as LanguageModel).then(({ port }) => ask(port, {}));
    }); // once it stands still; else this goes on for ever
    assert.ok(pieces > 1);
    await Promise.all(servers.splice(0).map((server) => closeServer(server, 0)));
    await ended;
  });

  it('lets texts come to their end when it closes, refuses others, and waits no longer than it may', async () => {
    const { server, port } = await start({ length: 1e9 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kept = await ask(port, { length: 150, seed: 1, piece: 1 }, { agent });
    const endless = await ask(port, { length: 1e9 });
    // On the first one's connection, when that is free; it may have been closed before.
    const after = fetched(port, {}, { agent }).then(
      ({ status }) => status,
      ({ code }) => code,
    );
    const closing = closeServer(server, 500);
    let text = '';
    for await (const part of kept) text += part;
    assert.equal(text, await model.sample('', { length: 150, seed: 1 }));
    await assert.rejects(fetched(port, {}), { code: 'ECONNREFUSED' });
    assert.ok([503, 'ECONNREFUSED', 'ECONNRESET'].includes(await after));
    await assert.rejects(
      async () => {
        for await (const _ of endless);
      },
      { code: 'ECONNRESET' },
    );
    await closing;
    agent.destroy();
  });

  it('as a program says where it listens, and ends well on SIGTERM', async () => {
    const folder = useTemporary();
    const file = join(folder, 'model.safetensors');
    await model.save(file);
    const script = join(__dirname, '..', '..', 'examples', 'server.ts');
    const args = ['--import', 'tsx', script, '--model', file, '--port', '0'];
    const program: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(program, 'exit');
    const [line] = await once(program.stdout as NodeJS.ReadableStream, 'data');
    const port = Number(/^listening on http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(String(line))?.[1]);
    const { text } = await fetched(port, { prompt: 'the', length: 30, seed: 3 });
    assert.equal(text, await model.sample('the', { length: 30, seed: 3 }));
    program.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
});
