/**
 * Plain English, as far as a machine can check it: no comment begins with "Of", and no message has a phrase from the list
 * below, each of which has a plain word. `npm run lint` runs it.
 */
import { maskCpp, maskTypeScript } from './mutations/mask.mjs';
import { isCpp, readHouse } from './mutations/sites.mjs';

/** Phrases that messages must not have, and the words to use instead. */
const PHRASES = [
  [/\bwhich none\b/, 'which no …'],
  [/\b(?:is|are) to be\b/, 'must be'],
  [/\banew\b/, 'again'],
  [/\bparted\b/, 'split'],
  [/\bso many\b/, 'this many, or the number'],
  [/\bin place of\b/, 'instead of'],
  [/\bgo(?:es)? on\b/, 'continue'],
  [/\bwho(?:so)?ever\b/, 'the subject itself'],
  [/\bbeside\b/, 'next to, together with, besides'],
  [/\btaken for\b/, 'predicted as, read as'],
  [/\bbut for\b/, 'except'],
  [/\bwas asked\b/, 'was requested'],
  [/(?<!\bthere )\bis no [a-z]/i, 'is not a …'],
];

/** Lists of words of the language are not messages. */
const WORD_LISTS = ['src/text/stop-words.ts', 'src/text/chinese-stop-words.ts'];

const COMMENT_BEGINS_WITH_OF = /^\s*(?:\/\/|\/?\*\*?)\s*Of\s/;

/** The text of strings alone; everything else is blank. Lines stay. */
function stringsOf(file, text) {
  const masked = (isCpp(file) ? maskCpp : maskTypeScript)(text);
  return text.replace(/[^\n]/g, (char, at) => (masked[at] === '_' && char !== '_' ? char : ' '));
}

/** The faults of one file, each with its line. */
export function englishFaultsIn(file, text) {
  const faults = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (COMMENT_BEGINS_WITH_OF.test(line))
      faults.push(`${file}:${index + 1}: a comment begins with "Of": name the subject first`);
  }
  if (WORD_LISTS.includes(file)) return faults;
  for (const [index, line] of stringsOf(file, text).split('\n').entries()) {
    for (const [phrase, plain] of PHRASES) {
      const [found] = phrase.exec(line) ?? [];
      if (found !== undefined) faults.push(`${file}:${index + 1}: a message says "${found}"; say ${plain}`);
    }
  }
  return faults;
}

/** The faults of all sources of the package. */
export function englishFaults(root) {
  return [...readHouse(root)].flatMap(([file, text]) => englishFaultsIn(file, text));
}
