/**
 * `npm run test:pairs`: the features of the package crossed pairwise, each configuration held to its invariants.
 *
 *   npm run test:pairs                               all configurations
 *   npm run test:pairs -- --seconds 60 --seed 7      as many as the time allows, in the order of that seed
 *   npm run test:pairs -- --only 12                  one of them
 *
 * One that fails prints a program that repeats it; the others go on.
 */

// Before the addon is loaded: products in bf16 on every processor.
Object.assign(process.env, { UNROLLED_BF16: 'reference' });

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/base/random';
import { allConfigurations, type Configuration } from './factors';
import { checkConfiguration } from './invariants';

/** Use of the random numbers that the order comes from. */
const USE = 1022;

/** Runs one in a folder of its own. */
async function run(configuration: Configuration): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-pairs-'));
  try {
    await checkConfiguration(configuration, (name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function programOf(configuration: Configuration): string {
  return `// repeat.ts in the root of the project: UNROLLED_BF16=reference node --import tsx repeat.ts
import { mkdtempSync } from 'node:fs';
import { checkConfiguration } from './test/pairs/invariants';
const folder = mkdtempSync('/tmp/unrolled-pairs-');
void checkConfiguration(
  ${JSON.stringify(configuration)},
  (name) => \`\${folder}/\${name}\`,
);`;
}

async function main(): Promise<void> {
  const options = { seconds: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } } as const;
  const { seconds = 'Infinity', seed = '0', only } = parseArgs({ options }).values;
  const until = performance.now() + 1000 * Number(seconds);
  const all = allConfigurations();
  const numbers = await new Random(Number(seed), USE).shuffledInTurns([...all.keys()]);
  const order = only === undefined ? numbers : [Number(only)];
  let [tried, failed] = [0, 0];
  for (const number of order) {
    if (performance.now() >= until) break;
    tried++;
    const configuration = all[number] as Configuration;
    try {
      await run(configuration);
    } catch (error) {
      failed++;
      console.log(`\nConfiguration ${number} fails: ${(error as Error).stack}\n\n${programOf(configuration)}\n`);
    }
  }
  console.log(`pairs: ${tried} of ${all.length} configurations, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

void main();
