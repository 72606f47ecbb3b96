/**
 * Runs programs one after another in this process, which `kept-process.ts` forked: Node.js and the package are loaded once
 * for all of them. A message `{ program, args, mark }` starts one.
 *
 * A run ends when nothing is left to do, as a process does: this process's own channel does not count meanwhile. Then `mark`
 * goes to standard output and to standard error, with the exit status behind it. What a run left behind with the process is
 * taken away. One that ends the process, by `process.exit` or an error that nothing catches, ends this one.
 */

'use strict';

const { createReadStream } = require('node:fs');
const { devNull } = require('node:os');

const { env } = process;
const folder = process.cwd();

/** What a run may add listeners to, with those that are there before. */
const emitters = [process, process.stdout, process.stderr].map((emitter) => ({
  emitter,
  before: () => new Map(emitter.eventNames().map((name) => [name, emitter.rawListeners(name)])),
}));

/** Gives each run a standard input of its own, which is empty. */
function renewInput() {
  let input;
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    get: () => {
      input ??= createReadStream(devNull);
      return input;
    },
  });
}

function start({ program, args, mark }) {
  const listeners = emitters.map(({ emitter, before }) => ({ emitter, before: before() }));
  process.argv = [process.execPath, program, ...args];
  process.env = { ...env };
  process.exitCode = undefined;
  renewInput();
  process.channel.unref();
  process.once('beforeExit', (status) => {
    // What is to be done as a process exits, which this one does not.
    const known = listeners[0].before.get('exit') ?? [];
    for (const listener of process.rawListeners('exit')) if (!known.includes(listener)) listener.call(process, status);
    const exitStatus = process.exitCode ?? status;
    for (const { emitter, before } of listeners) {
      for (const name of emitter.eventNames()) {
        for (const listener of emitter.rawListeners(name)) {
          if (!before.get(name)?.includes(listener)) emitter.removeListener(name, listener);
        }
      }
    }
    if (process.cwd() !== folder) throw new Error(`a program has left ${folder}`);
    process.channel.ref();
    process.stdout.write(`${mark}${exitStatus}\n`);
    process.stderr.write(`${mark}\n`);
  });
  delete require.cache[require.resolve(program)];
  require(program);
}

process.on('message', start);
