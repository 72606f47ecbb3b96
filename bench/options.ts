/** The options of `npm run bench`. */

import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Names of workloads; undefined is all but the long ones. */
  only: string[] | undefined;
  long: boolean;
  rounds: number;
  /** Of each side in a round. */
  seconds: number;
  threads: number[];
  installPeers: boolean;
  json: string | undefined;
  markdown: string | undefined;
  chart: string | undefined;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name} must be a number above 0, and is ${JSON.stringify(text)}.`);
  return value;
}

function wholeNumber(name: string, text: string): number {
  const value = positive(name, text);
  if (!Number.isInteger(value)) throw new RangeError(`--${name} must be whole, and is ${JSON.stringify(text)}.`);
  return value;
}

export function parseOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      long: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      threads: { type: 'string', default: '1' },
      'install-peers': { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'string' },
      chart: { type: 'string' },
    },
  });
  const { quick, only, long, json, markdown, chart } = values;
  if (chart !== undefined && !/\.(html|svg)$/i.test(chart)) {
    throw new RangeError(`--chart must name a file that ends in .html or .svg, and is ${JSON.stringify(chart)}.`);
  }
  return {
    ...{ long, json, markdown, chart, installPeers: values['install-peers'] },
    only: only?.split(',').map((name) => name.trim().toUpperCase()),
    rounds: wholeNumber('rounds', values.rounds ?? (quick ? '1' : '3')),
    seconds: positive('seconds', values.seconds ?? (quick ? '1' : '2')),
    threads: values.threads.split(',').map((text) => wholeNumber('threads', text.trim())),
  };
}
