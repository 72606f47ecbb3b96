/** What `npm run test:mutations` prints: each mutation with what caught it, and a summary by room and operator. */
import { roomOf } from './sites.mjs';

/** Parts of all that were tried which must be caught at least, of those that could be, and may be equivalent at most. */
const CAUGHT = 0.97;
const EQUIVALENT = 0.05;

export function lineNumber(text, { start }) {
  return text.slice(0, start).split('\n').length;
}

/** Two lines about a mutation: the fault, and what became of it. */
export function describe({ id, file, operator, line, from, to, outcome, by, title, how, seconds, reason }, number) {
  const change = from === '' ? `+ ${to}` : `${from} → ${to === '' ? 'nothing' : to}`;
  const took = seconds === undefined ? '' : ` (${seconds.toFixed(1)} s)`;
  const notes = {
    caught: `${how === 'failed' ? '' : `${how}: `}${by}${title === undefined ? '' : `: ${title}`}`,
    equivalent: reason,
  };
  const what = notes[outcome] ?? by;
  return [
    `${id}  ${file}:${number}  ${operator}  ${change}`,
    `          ${line}`,
    `          ${outcome ?? 'not tried yet'}${what === undefined ? '' : ` — ${what}`}${took}`,
  ].join('\n');
}

const counted = (list, outcome) => list.filter((each) => each.outcome === outcome).length;

function row(list) {
  const [caught, survived, equivalent] = ['caught', 'survived', 'equivalent'].map((outcome) => counted(list, outcome));
  return { tried: caught + survived + equivalent, caught, survived, equivalent };
}

function table(mutations, keyOf) {
  const groups = Map.groupBy?.(mutations, keyOf) ?? new Map();
  if (Map.groupBy === undefined) {
    for (const each of mutations) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  }
  console.table(Object.fromEntries([...groups].sort().map(([key, list]) => [key, row(list)])));
}

/** Prints the summary; whether enough was caught. */
export function summarize(mutations) {
  const judged = mutations.filter(({ outcome }) => ['caught', 'survived', 'equivalent'].includes(outcome));
  if (judged.length > 12) {
    table(judged, ({ file }) => roomOf(file));
    table(judged, ({ operator }) => operator);
  }
  const { tried, caught, survived, equivalent } = row(judged);
  const rest = tried - equivalent;
  const share = rest === 0 ? 0 : (100 * caught) / rest;
  const others = mutations.length - tried;
  console.log(
    `${tried} mutations: ${caught} caught (${share.toFixed(1)} % of ${rest}), ${survived} survived, ${equivalent} equivalent` +
      `${others > 0 ? `; ${others} refused by the compiler or not tried` : ''}.`,
  );
  return survived <= (1 - CAUGHT) * rest && equivalent <= EQUIVALENT * tried && tried > 0;
}
