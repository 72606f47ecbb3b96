/**
 * The operators: small faults, as people make them. Each finds its places in one line of a masked source
 * (`mask.mjs`), as columns and what is put there. They rest on the formatters: a binary operator has a space on both sides,
 * the `<` of a type has none.
 */

/** An operator that puts something else in the place of what a pattern finds. */
function replacing(pattern, replacement) {
  return function* places({ masked }) {
    for (const { 0: found, index } of masked.matchAll(pattern)) {
      const to = typeof replacement === 'function' ? replacement(found) : replacement[found];
      if (to !== undefined && to !== found) yield { start: index, end: index + found.length, to };
    }
  };
}

/** The column of the bracket that closes the one at `open`; -1 where another line has it. */
function closing(masked, open) {
  let depth = 0;
  for (let at = open; at < masked.length; at++) {
    if ('([{'.includes(masked[at])) depth++;
    else if (')]}'.includes(masked[at]) && --depth === 0) return at;
  }
  return -1;
}

/** A whole number and one, any other number twice; zero is one. */
function otherNumber(found) {
  const [, digits, suffix] = /^([\d_'.e+-]+?)([fFuUlL]*)$/.exec(found) ?? [];
  if (digits === undefined) return undefined;
  const value = Number(digits.replace(/[_']/g, ''));
  const isWhole = /^[\d_']+$/.test(digits);
  const other = String(value === 0 ? 1 : isWhole ? value + 1 : 2 * value);
  return (isWhole || /[.e]/.test(other) ? other : `${other}.0`) + suffix;
}

function* negatedConditions({ masked, raw }) {
  for (const { 0: found, index } of masked.matchAll(/\bif (?:constexpr )?\(/g)) {
    const start = index + found.length;
    const end = closing(masked, start - 1);
    if (end === -1 || /;| = /.test(masked.slice(start, end))) continue;
    yield { start, end, to: `!(${raw.slice(start, end)})` };
  }
}

const NO_CALL =
  /^(?:return|throw|if|for|while|switch|super|else|case|default|catch|function|new|delete|static_assert)\b/;
/** What only saves time is no fault when it is left out. */
const FREE_CALL = /(?:\breserve|shrink_to_fit|\bunref|[pP]refetch|\bpause)\(/;

/** A statement that is one call. */
function* droppedCalls({ masked, before, isNative }) {
  const { 1: lead, 2: call } =
    /^(\s*(?:if \(.*\) )?)((?:await |void )?[\w.$#:[\]()>?!-]*\w\(.*\));\s*$/.exec(masked) ?? [];
  if (call === undefined || NO_CALL.test(call) || FREE_CALL.test(call)) return;
  // In C++ it declares a function.
  if (isNative && call.startsWith('void ')) return;
  const open = masked.indexOf('(', lead.length);
  if (
    / /.test(
      call
        .replace(/^(?:await|void) /, '')
        .slice(0, call.indexOf('('))
        .split('(')[0],
    )
  )
    return;
  if (open === -1 || !isStatement(lead, before)) return;
  yield { start: lead.length, end: lead.length + call.length + 1, to: '{}' };
}

/** Whether what comes after `lead` begins a statement. */
function isStatement(lead, before) {
  return lead.trim() !== '' || before.trim() === '' || /[;{}:]$/.test(before.trimEnd());
}

/** What leaves a function or a loop early. */
function* droppedExits({ masked, before }) {
  const { 1: lead, 2: statement } =
    /^(\s*(?:if \(.*\) )?)((?:return|continue|break|throw)\b.*;)\s*$/.exec(masked) ?? [];
  if (statement === undefined) return;
  const isLast = lead.trim() === '' && /^return ./.test(statement);
  if (isLast || !isStatement(lead, before)) return;
  yield { start: lead.length, end: lead.length + statement.length, to: '{}' };
}

const ARGUMENT = /^(?:[A-Za-z_$][\w$.]*(?:->\w+)*(?:\(\))?(?:\[\w+\])?|\d+)$/;
/** The order of these arguments does not matter. */
const SYMMETRIC = /(?:min|max|hypot|swap|isEqual|equal)$/;

/** Arguments that stand side by side. */
function* swappedArguments({ masked, raw }) {
  for (const { 0: name, index } of masked.matchAll(/(?<!function )[\w$]+\(/g)) {
    const open = index + name.length - 1;
    const end = closing(masked, open);
    if (end === -1 || /^\s*(?:\{|=>|:|const|override)/.test(masked.slice(end + 1))) continue;
    if (/^(?:if|for|while|switch|catch)\($/.test(name) || SYMMETRIC.test(name.slice(0, -1))) continue;
    const list = argumentsOf(masked, open + 1, end);
    for (const [first, second] of list.map((each, number) => [each, list[number + 1]])) {
      if (second === undefined) break;
      const [a, b] = [first, second].map(({ from, until }) => raw.slice(from, until));
      if (a === b || !ARGUMENT.test(a) || !ARGUMENT.test(b)) continue;
      yield { start: first.from, end: second.until, to: `${b}, ${a}` };
    }
  }
}

/** Columns of the arguments of a call. */
function argumentsOf(masked, start, end) {
  const list = [];
  let depth = 0;
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at === end || (depth === 0 && masked[at] === ',')) {
      while (masked[from] === ' ') from++;
      if (at > from) list.push({ from, until: at });
      from = at + 1;
    } else if ('([{'.includes(masked[at])) depth++;
    else if (')]}'.includes(masked[at])) depth--;
  }
  return list;
}

const COMPARISONS = { '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===', '==': '!=', '!=': '==' };
const ARITHMETIC = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=' };
const LOGICAL = { '&&': '||', '||': '&&', '??': '&&' };
const OPPOSITES = { min: 'max', max: 'min', floor: 'ceil', ceil: 'floor', some: 'every', every: 'some' };

/** By name: what each does, and how it finds its places in a line `{ masked, raw, before, isNative }`. */
export const OPERATORS = {
  comparison: {
    does: 'moves a bound by one, or asks for the opposite of equality',
    places: replacing(/(?<= )(?:<=|>=|<|>|[=!]==?)(?= |$)/g, COMPARISONS),
  },
  constant: {
    does: 'adds one to a whole number, doubles any other',
    places: replacing(/(?<![\w.$#'])\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?[fFuUlL]*(?![\w.'])/g, otherNumber),
  },
  arithmetic: {
    does: 'adds for subtracts, multiplies for divides, and the other way round',
    places: replacing(/(?<=[\w)\]] )(?:[-+*/]=|[-+*/%])(?= [\w(.\-!'"`])/g, ARITHMETIC),
  },
  sign: { does: 'drops a minus', places: replacing(/(?<=(?:[=(,?:[]|\breturn) ?)-(?=[\w(.])/g, { '-': '' }) },
  logical: {
    does: 'takes and for or, and the other way round; keeps no default',
    places: replacing(/(?<= )(?:&&|\|\||\?\?)(?= |$)/g, LOGICAL),
  },
  condition: { does: 'negates a condition', places: negatedConditions },
  negation: { does: 'drops a not', places: replacing(/(?<=[( ])!(?=[\w(])/g, { '!': '' }) },
  boolean: {
    does: 'flips true and false',
    places: replacing(/(?<![\w.$])(?:true|false)(?![\w:?])/g, { true: 'false', false: 'true' }),
  },
  call: { does: 'drops a call', places: droppedCalls },
  exit: { does: 'drops an early return, a throw, a break or a continue', places: droppedExits },
  arguments: { does: 'swaps two arguments', places: swappedArguments },
  await: { does: 'does not wait', places: replacing(/(?<!for )\bawait (?!using\b)/g, { 'await ': '' }) },
  opposite: {
    does: 'takes the least for the greatest, up for down, some for every',
    places: replacing(/(?<=\b(?:Math\.|std::)|\.)(?:min|max|floor|ceil|some|every)(?=[(<])/g, OPPOSITES),
  },
};
