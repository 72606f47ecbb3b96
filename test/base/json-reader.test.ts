import assert from 'node:assert/strict';
import { atOnce } from '../../src/base/event-loop';
import { isUtf8InParts, parseJson, readJson } from '../../src/base/json/json-reader';

/** Longer than what is read at once, in one-byte characters, others, and escapes. */
const LONG = 'word "quoted" \\ \n 漢字 \u{1f600} é '.repeat(2000);

const TEXTS: readonly string[] = [
  ...[
    '0',
    '-0',
    '-1.5e+3',
    '1E5',
    '1.0',
    '1e400',
    '5e-324',
    '123456789012345',
    '1234567890123456789',
    '-9007199254740993',
  ],
  ...[
    '""',
    '"a"',
    '"\\u0041\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"\\ud800"',
    '"漢字é\u{1f600}\u007f\u2028"',
    '"\\u0000"',
  ],
  ...['true', 'false', 'null', '[]', '{}', ' [ 1 ,\t2\r\n, [ ] , { } ] ', '[[[[[]]]]]', '[{"a":[true,false,null]}]'],
  ...[
    '{"":0}',
    '{"a":1,"b":{"a":2}}',
    '{"10":1,"2":3,"a":4}',
    '{"__proto__":1,"b":{"__proto__":{"x":1}}}',
    '{"a":1,"a":2}',
  ],
  ...[
    '{"constructor":1,"toString":2}',
    '{"\\u0061":1}',
    `{"${'n'.repeat(10_000)}":1}`,
    `{"a" ${' '.repeat(40_000)}:1}`,
  ],
  ...[LONG, 'x'.repeat(100_000), 'é'.repeat(50_000), '\u{1f600}'.repeat(20_001)].map((text) => JSON.stringify(text)),
  JSON.stringify({ tokens: Array.from({ length: 20_000 }, (_, i) => `token ${i}`), [LONG]: LONG }),
];

const NO_JSON: readonly string[] = [
  ...[
    '',
    ' ',
    '[',
    '{',
    ']',
    '}',
    '"',
    ',',
    ':',
    '01',
    '-',
    '-a',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '--1',
    '1-',
    '1e5.2',
    '0x1',
  ],
  ...[
    '[1,]',
    '[,]',
    '[1 2]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    "'a'",
    '{]',
    '[}',
    '[1]]',
    '1 2',
    '{"a":1 "b":2}',
  ],
  ...[
    '"a',
    '"\\',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12',
    '"\t"',
    '"\n"',
    '"\0"',
    'nul',
    'tru',
    'truex',
    'NaN',
    'undefined',
    '\ufeff1',
  ],
  ...[`"${'x'.repeat(10_000)}`, `"${'x'.repeat(10_000)}\n"`, `{"${'n'.repeat(10_000)}" 1}`, '\u00a01', '[1,\v2]'],
];

const read = (text: string) => atOnce(readJson(Buffer.from(text)));

/** How often work lets the event loop have a turn. */
function turnsOf(work: Generator<void, unknown>): number {
  let turns = 0;
  while (!work.next().done) turns++;
  return turns;
}

describe('the reader of JSON', () => {
  it('reads what JSON.parse reads, to the same values', () => {
    for (const text of TEXTS) {
      const expected: unknown = JSON.parse(text);
      const { value } = read(text);
      assert.deepStrictEqual(value, expected, text.slice(0, 80));
      assert.ok(
        typeof value !== 'object' || Object.getPrototypeOf(value ?? {}) === Object.getPrototypeOf(expected ?? {}),
      );
    }
    assert.ok(Object.is(read('-0').value, -0));
  });

  it('refuses what JSON.parse refuses', () => {
    for (const text of NO_JSON) {
      assert.throws(() => JSON.parse(text), SyntaxError, text);
      assert.throws(() => read(text), SyntaxError, text.slice(0, 80));
    }
  });

  it('reads every part of a text as JSON.parse does, and with every character changed', () => {
    const text = '{"a":[1,-2.5e3,true,"\\u0041\\n"],"b":{"é":null},"a":{}}';
    const outcome = (work: () => unknown) => {
      try {
        return { value: work() };
      } catch {
        return 'refused';
      }
    };
    for (let i = 0; i < text.length; i++) {
      for (const changed of ['', '"', '\\', '0', '-', '.', 'e', ',', ':', '[', ']', '{', '}', ' ', 'u', '\n', 'é']) {
        for (const other of [text.slice(0, i) + changed, text.slice(0, i) + changed + text.slice(i + 1)]) {
          assert.deepStrictEqual(
            outcome(() => read(other).value),
            outcome(() => JSON.parse(other)),
            other,
          );
        }
      }
    }
  });

  it('tells the first name that an object has twice', () => {
    for (const [text, duplicate] of [
      ['{"a":{"b":1},"b":[{"a":1}]}', undefined],
      ['{"a":1,"b":{"c":1,"\\u0063":2},"a":3}', 'c'],
      ['{"a":{"x":"}"}, "\\u0061" :{}}', 'a'],
      [`{"${LONG.length}":1,${JSON.stringify(LONG)}:1,${JSON.stringify(LONG)}:2}`, LONG],
    ] as const) {
      assert.equal(read(text).duplicate, duplicate);
      assert.equal(atOnce(readJson(Buffer.from(text), true)).duplicate, duplicate);
    }
  });

  it('gives an object that is the whole as a map in the order of the text, where it is asked to', () => {
    const { value } = atOnce(readJson(Buffer.from('{"b":{"10":1},"10":2,"__proto__":3,"b":4}'), true));
    assert.deepEqual(
      [...(value as Map<string, unknown>)],
      [
        ['b', 4],
        ['10', 2],
        ['__proto__', 3],
      ],
    );
    assert.deepEqual(atOnce(readJson(Buffer.from('[{}]'), true)).value, [{}]);
  });

  it('lets the event loop have a turn about every 16 KB, whatever they are', () => {
    const length = 1 << 20;
    for (const text of [
      `${' '.repeat(length)}1${' '.repeat(length)}`,
      JSON.stringify('x'.repeat(2 * length)),
      JSON.stringify('\n'.repeat(length)),
      JSON.stringify({ ['é'.repeat(length)]: 1 }),
      JSON.stringify(new Array(length).fill(1)),
      JSON.stringify(Object.fromEntries(Array.from({ length: length / 8 }, (_, i) => [`name ${i}`, {}]))),
      `${'[['.repeat(40_000)}${' '.repeat(2 * length)}${']]'.repeat(40_000)}`,
    ]) {
      const bytes = Buffer.from(text);
      const turns = turnsOf(readJson(bytes));
      assert.ok(turns >= bytes.length / (1 << 14) / 2, `${turns} of ${bytes.length} bytes: ${text.slice(0, 20)}`);
    }
  });

  it('refuses more than 100,000 objects and lists one in another', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    let depth = 0;
    for (let value = read(nested(100_000)).value as unknown[] | undefined; value !== undefined; depth++) {
      value = value[0] as unknown[] | undefined;
    }
    assert.equal(depth, 100_000);
    assert.throws(() => read(nested(100_001)), SyntaxError);
  });

  it('knows UTF-8 wherever its parts end', () => {
    const text = Buffer.from('é漢\u{1f600}a'.repeat(300_000));
    for (const skipped of [0, 2, 5, 9]) assert.equal(atOnce(isUtf8InParts(text.subarray(skipped))), true);
    assert.equal(atOnce(isUtf8InParts(text.subarray(1))), false);
    assert.equal(atOnce(isUtf8InParts(text.subarray(0, -2))), false);
    assert.equal(atOnce(isUtf8InParts(Buffer.alloc(1 << 21, 0x80))), false);
    assert.equal(atOnce(isUtf8InParts(new Uint8Array())), true);
  });

  it('reads long texts with turns, and as JSON.parse does', async () => {
    for (const text of [...TEXTS, JSON.stringify(LONG.repeat(10))]) {
      assert.deepStrictEqual(await parseJson(text), JSON.parse(text));
    }
    // Half a surrogate pair is in no UTF-8, but in a string it can be.
    const halves = JSON.stringify(['x'.repeat(300_000), '-']).replace('-', '\ud800');
    assert.deepStrictEqual(await parseJson(halves), JSON.parse(halves));
    await assert.rejects(parseJson('['), SyntaxError);
    await assert.rejects(parseJson(`[${' '.repeat(300_000)}`), SyntaxError);
  });
});
