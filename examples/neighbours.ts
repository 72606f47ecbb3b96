/**
 * What the bag of words learned about words it was never told about: those that say the same of a film have vectors near
 * each other. Trains the model of `example:bag-of-words` for it, which takes seconds.
 */

import { requireWritable } from '../src/base/files/files';
import { datasets, type FloatTensor } from '../src/index';
import { type ReportNeighbours, writeReport } from '../src/report';
import { run, wholeNumber } from './run';
import { bagModel, bagsOfWords, trainBags } from './support/bag-of-words';
import { foundAmong, nearestWords, principalPlane, vectorsOf, type WordTable } from './support/neighbours';

const USAGE = {
  help: 'npm run example:neighbours -- [WORD ...] [--seed 0] [--report FILE.html]',
  allowPositionals: true,
  options: { seed: { type: 'string', default: '0' }, report: { type: 'string' } },
} as const;

/** The nearest words as published. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  perfect: [
    ...['amazing', 'incredible', 'superb', 'excellent', 'loved'],
    ...['wonderful', 'highly', 'enjoyable', 'favorite'],
  ],
  terrible: [...['poorly', 'lame', 'disappointing', 'mess', 'fails'], ...['dull', 'avoid', 'worse', 'save']],
};

/** Neighbours that are listed, that published ones are looked for among, and that are on the map. */
const LISTED = 10;
const SEARCHED = 30;

const EPOCHS = 2;

function show(table: WordTable, word: string): void {
  const near = nearestWords(table, word, SEARCHED);
  if (near.length === 0) {
    console.log(`\nNo review has the word "${word}".`);
    return;
  }
  const published = PUBLISHED[word];
  console.log(`\nNearest to "${word}"${published === undefined ? '' : '              published'}`);
  for (const [index, { word: other, distance }] of near.slice(0, LISTED).entries()) {
    console.log(`  ${other.padEnd(20)}${distance.toFixed(3)}   ${published?.[index] ?? ''}`.trimEnd());
  }
  if (published === undefined) return;
  const found = foundAmong(near, published);
  console.log(`  ${found.length} of the ${published.length} published are among our nearest ${SEARCHED}`);
}

/** The words with their neighbours, in the plane in which these spread most. */
function mapOf(table: WordTable, words: readonly string[]): ReportNeighbours {
  const groups = new Map<string, string>();
  for (const word of words) {
    for (const name of [word, ...nearestWords(table, word, SEARCHED).map((near) => near.word)]) {
      if (!groups.has(name)) groups.set(name, `near ${word}`);
    }
  }
  const names = [...groups.keys()];
  const places = principalPlane(vectorsOf(table, names));
  return {
    words: places.map(({ x, y }, i) => ({
      word: names[i] as string,
      x,
      y,
      group: groups.get(names[i] as string) ?? '',
    })),
    lists: words.map((word) => ({ word, neighbours: nearestWords(table, word, LISTED) })),
  };
}

run(USAGE, async ({ values, positionals }) => {
  const seed = wholeNumber('seed', values.seed, 0);
  const { report } = values;
  if (report !== undefined) await requireWritable(report);
  const { train } = await datasets.imdb();
  const bags = bagsOfWords(train);
  const model = bagModel(bags.words.length, seed);
  for await (const { epoch, accuracy = 0, validationAccuracy = 0 } of trainBags(model, bags, EPOCHS)) {
    console.log(
      `epoch ${epoch + 1}: accuracy ${accuracy.toFixed(3)}, on unseen reviews ${validationAccuracy.toFixed(3)}`,
    );
  }
  const table = { words: bags.words, vectors: (await model.parameters())['embedding.weight'] as FloatTensor };
  const words = positionals.length > 0 ? positionals : Object.keys(PUBLISHED);
  for (const word of words) show(table, word);

  if (report === undefined) return;
  const known = words.filter((word) => table.words.includes(word));
  await writeReport(report, { title: 'Words of movie reviews', neighbours: mapOf(table, known) });
  console.log(`\nThe words' map is in ${report}`);
});
