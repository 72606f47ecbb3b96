/**
 * Runs programs one after another, each in the folder it lies in, and writes what each printed as JSON: a list of
 * `{ output, error? }`. One process for all of them spares each its start.
 */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const results = [];
for (const file of process.argv.slice(2)) {
  const lines = [];
  console.log = (...values) => {
    lines.push(format(...values));
  };
  process.chdir(path.dirname(file));
  let error;
  try {
    await import(pathToFileURL(file).href);
  } catch (thrown) {
    error = format(thrown);
  }
  results.push({ output: `${lines.join('\n').trimEnd()}\n`, error });
}
process.stdout.write(JSON.stringify(results));
