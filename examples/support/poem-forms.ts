/** Poems of a fixed form, drawn from a model that was told which characters may come where. */

import {
  type GenerationOptions,
  type GenerationStep,
  type LanguageModel,
  UnrolledError,
  type Vocabulary,
} from '../../src/index';

/** 五言绝句: four lines of five characters; `字` stands for any of them. */
const FORM = '字字字字字，字字字字字。\n字字字字字，字字字字字。';
const ANY = '字';

/** Characters of the form, its punctuation and its line end among them. */
export const LENGTH = FORM.length;

/** Where its lines begin. */
const BEGINNINGS = [0, 6, 13, 19];
export const LINES = BEGINNINGS.length;

const HAN = /^\p{Script=Han}$/u;

/** What is taken off the logit of a character each time it is in the poem already: a good poem repeats few. */
const REPEATED = 3;

/** Simplified characters that heads of poems often have, each with the traditional one. */
const TRADITIONAL = new Map(
  (
    '风風云雲无無东東马馬鸟鳥龙龍凤鳳叶葉乡鄉梦夢国國书書长長门門飞飛爱愛欢歡乐樂谢謝灯燈楼樓杨楊兰蘭红紅绿綠' +
    '华華万萬岁歲师師学學会會见見说說话話语語请請谁誰难難边邊远遠还還过過进進连連轻輕双雙声聲听聽电電阳陽阴陰际際' +
    '节節艺藝圆圓满滿湾灣泪淚浅淺济濟鱼魚鸣鳴鸡雞黄黃齐齊头頭体體写寫军軍农農刘劉则則别別动動劳勞励勵医醫卫衛历歷'
  )
    .match(/../gu)
    ?.map((pair) => [...pair] as [string, string]),
);

/** The poems of a text that are all lines of five characters; each is a title, its lines, and an empty line. */
export function fiveCharacterPoems(text: string): string[] {
  const poems = text.split('\n\n').map((poem) => poem.trim().split('\n').slice(1));
  const isFive = (lines: string[]) =>
    lines.length > 0 && lines.every((line) => /^\p{Script=Han}{5}，\p{Script=Han}{5}。$/u.test(line));
  return poems.filter(isFive).map((lines) => lines.join('\n'));
}

/**
 * Refuses a text whose poems a model cannot learn the form from.
 * @throws ERR_UNROLLED_CORPUS_EMPTY where there is none, or none of two lines.
 */
export function requirePoems(poems: readonly string[], name: string): void {
  if (poems.some((poem) => poem.includes('\n'))) return;
  const some = poems.length === 0 ? 'no poem of lines' : 'no poem of two lines or more';
  throw new UnrolledError(
    'ERR_UNROLLED_CORPUS_EMPTY',
    `${name} has ${some} like 秦川雄帝宅，函谷壯皇居。 under a title, with an empty line behind.`,
    { expected: 'poems of two lines or more', received: `${poems.length} poems of one line` },
  );
}

/** Ids of the characters that are no punctuation. */
function hanIds(vocabulary: Vocabulary): Int32Array {
  const ids = Array.from({ length: vocabulary.size }, (_, id) => id);
  return Int32Array.from(ids.filter((id) => HAN.test(vocabulary.token(id))));
}

/**
 * The first characters of the lines of a 藏头诗.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN with what to do, for a character that the poems do not have; ERR_UNROLLED_OPTION_RANGE
 *   for another number of them.
 */
export function headsOf(vocabulary: Vocabulary, text: string): string[] {
  const heads = [...text];
  if (heads.length !== LINES) {
    const message = `--heads must have ${LINES} characters, one for each line, not ${heads.length}.`;
    throw new UnrolledError('ERR_UNROLLED_OPTION_RANGE', message, { option: 'heads' });
  }
  for (const head of heads) {
    if (HAN.test(head) && vocabulary.id(head) !== undefined) continue;
    const traditional = TRADITIONAL.get(head);
    const isKnown = traditional !== undefined && vocabulary.id(traditional) !== undefined;
    const advice = isKnown ? `Write ${traditional} in its place.` : 'Write it as they do, or take another one.';
    throw new UnrolledError(
      'ERR_UNROLLED_UNKNOWN_TOKEN',
      `The poems do not have the character ${JSON.stringify(head)}: they are in traditional characters. ${advice}`,
      { option: 'heads', expected: 'characters of the poems', received: head },
    );
  }
  return heads;
}

/** What a model has to be told so that it writes the form, and begins its lines as is asked. */
export function formOf(vocabulary: Vocabulary, heads: readonly string[] = []): GenerationOptions {
  const han = hanIds(vocabulary);
  return {
    length: LENGTH,
    allow({ position }: GenerationStep) {
      const head = heads[BEGINNINGS.indexOf(position)];
      if (head !== undefined) return [head];
      const character = FORM[position] as string;
      return character === ANY ? han : [character];
    },
    bias({ text }: GenerationStep) {
      const counts = new Map<string, number>();
      for (const character of text) counts.set(character, (counts.get(character) ?? 0) - REPEATED);
      return counts;
    },
  };
}

/** That many poems, each of a seed of its own. */
export function writePoems(
  model: LanguageModel,
  count: number,
  { heads, seed }: { heads?: readonly string[]; seed: number },
): Promise<string[]> {
  const options = { ...formOf(model.vocabulary, heads), temperature: 0.8, topK: 200, seed };
  return model.sampleAll(Array<string>(count).fill(''), options);
}
