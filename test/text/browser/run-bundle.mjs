/**
 * Runs calls in `lib/text.mjs` where there is no Node.js: `run-bundle.mjs CALLS.json`, a list of { make, method, args }, in
 * a context with nothing but what every browser has. Needs --experimental-vm-modules.
 */
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const OF_BROWSERS = { AbortSignal, TextDecoder, TextEncoder, console, performance, queueMicrotask, setTimeout };
const context = vm.createContext({ ...OF_BROWSERS, Intl });
const code = readFileSync(new URL('../../../lib/text.mjs', import.meta.url), 'utf8');
const module = new vm.SourceTextModule(code, { context });
await module.link((name) => {
  throw new Error(`lib/text.mjs loads ${name}`);
});
await module.evaluate();
const text = module.namespace;

/** Values of the other realm as plain ones. */
const plain = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : JSON.parse(JSON.stringify(value)));

const results = JSON.parse(readFileSync(process.argv[2], 'utf8')).map(({ make, method, args }) => {
  try {
    const object = make === undefined ? text : text[make.class][make.by](...make.args);
    return { value: plain(object[method](...args)) };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
});
process.stdout.write(JSON.stringify(results));
