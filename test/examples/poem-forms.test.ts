/** The example that writes 五言绝句 and 藏头诗: every poem has the form, whatever the model knows. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fiveCharacterPoems, formOf, headsOf, LENGTH, writePoems } from '../../examples/support/poem-forms';
import { Corpus, LanguageModel } from '../../src/index';
import { runExample } from '../support/kept-process';

const LINES = [
  '秦川雄帝宅，函谷壯皇居。',
  '綺殿千尋起，離宮百雉餘。',
  '連甍遙接漢，飛觀迥凌虛。',
  '雲日隱層闕，風煙出綺疎。',
];
const LONG = '帝京多麗景色兮，函谷。';
const TEXT = [
  `一\n${LINES[0]}\n${LINES[1]}`,
  `二\n${LINES[2]}\n${LONG}`,
  `三\n${LINES.join('\n')}`,
  '四',
  '五\nlatin，words。',
].join('\n\n');
const QUATRAIN = /^(\p{Script=Han}{5})，(\p{Script=Han}{5})。\n(\p{Script=Han}{5})，(\p{Script=Han}{5})。$/u;

describe('examples: poems of a form', () => {
  const poems = fiveCharacterPoems(TEXT);
  const corpus = Corpus.fromDocuments(poems);
  let model: LanguageModel;

  before(() => {
    model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'gru', embedding: 8, hidden: 8 });
  });

  after(() => model.dispose());

  it('are learnt from poems of that form alone', () => {
    assert.deepEqual(poems, [`${LINES[0]}\n${LINES[1]}`, LINES.join('\n')]);
  });

  it('have four lines of five characters and their punctuation, of any model and seed', async () => {
    const written = await writePoems(model, 30, { seed: 4 });
    for (const poem of written) {
      assert.match(poem, QUATRAIN);
      assert.equal([...poem].length, LENGTH);
    }
    assert.equal(new Set(written).size, 30);
    const [best] = await model.beam('', { ...formOf(corpus.vocabulary), beams: 3 });
    assert.match(best?.text ?? '', QUATRAIN);
    assert.ok(best !== undefined && best.score < best.logProbability + 1e-9);
  });

  it('begin their lines as is asked', async () => {
    const heads = headsOf(corpus.vocabulary, '飛雲日風');
    for (const poem of await writePoems(model, 20, { heads, seed: 1 })) {
      const [, ...lines] = QUATRAIN.exec(poem) ?? [];
      assert.equal(lines.map((line) => line[0]).join(''), '飛雲日風');
    }
  });

  it('tell that they are in traditional characters, and what to write instead', () => {
    const code = 'ERR_UNROLLED_UNKNOWN_TOKEN';
    const traditional =
      /^The poems do not have the character "风": they are in traditional characters\. Write 風 in its place\.$/;
    assert.throws(() => headsOf(corpus.vocabulary, '飛云日风'), { code, message: /"云".* Write 雲 in its place\.$/ });
    assert.throws(() => headsOf(corpus.vocabulary, '飛雲日风'), { code, message: traditional });
    // Neither is 馬 in these poems, nor is punctuation a character.
    const other = /they are in traditional characters\. Write it as they do, or take another one\.$/;
    for (const heads of ['飛雲日马', '飛雲日，', '飛雲日x'])
      assert.throws(() => headsOf(corpus.vocabulary, heads), { code, message: other });
    assert.throws(() => headsOf(corpus.vocabulary, '飛雲'), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: '--heads must have 4 characters, one for each line, not 2.',
    });
  });

  it('are printed by the program', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'unrolled-test-'));
    try {
      const file = path.join(folder, 'poems.txt');
      writeFileSync(file, Array(40).fill(TEXT).join('\n\n'));
      const run = (...args: string[]) => runExample('poem-forms', file, '--steps', '1', ...args);
      const { stdout, status } = await run('--poems', '2', '--heads', '飛雲日風');
      assert.equal(status, 0);
      const written = stdout
        .split(/\n\n/)
        .map((poem) => poem.trim())
        .filter((poem) => QUATRAIN.test(poem));
      assert.equal(written.length, 4);
      assert.ok(written.slice(2).every((poem) => poem.startsWith('飛') && poem.includes('，雲')));
      const refused = await run('--heads', '飛雲日风');
      assert.deepEqual([refused.status, /Write 風 in its place/.test(refused.stderr)], [1, true]);
      for (const [text, lacking] of [
        [LINES.map((line) => `題\n${line}`).join('\n\n'), 'no poem of two lines or more like 秦川雄帝宅，'],
        ['題\nlatin', 'no poem of lines like 秦川雄帝宅，'],
      ] as const) {
        writeFileSync(file, text);
        const short = await run('--heads', '秦綺連雲');
        assert.deepEqual([short.status, short.stdout], [1, '']);
        assert.ok(short.stderr.includes(`poems.txt has ${lacking}`), short.stderr);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
